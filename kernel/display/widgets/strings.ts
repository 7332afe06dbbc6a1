import { widgetClass } from "./define";
import { style } from "./style";
import { bool, int, list, nullable, text } from "./trait";
import { described, enterable, Widget } from "./widget";

/** What a page shows where there is no text, so that the field keeps its height. */
const nothing = "\u200b";
const placeholder = {
	/** What stands in the empty field. */
	placeholder: text(nothing),
};
const field = {
	...enterable,
	...placeholder,
	/** Whether the value follows each key (default), or changes when the field is left. */
	continuousUpdate: bool(true),
	style: style("Text"),
	value: text(),
};

/** A field for a line of text. */
export class Text extends widgetClass(Widget, { name: "Text", lead: "value", traits: field }) {}

/** A field for lines of text. */
export class Textarea extends widgetClass(Widget, {
	name: "Textarea",
	lead: "value",
	traits: {
		...field,
		/** Lines that are seen. Default: the page's. */
		rows: nullable(int(0)),
	},
}) {}

/** A field for a text that is not shown. A saved widget state holds it all the same. */
export class Password extends widgetClass(Widget, { name: "Password", lead: "value", traits: field }) {
	override toString(): string {
		return `Password(value='${"•".repeat(this.value.length)}')`;
	}
}

/** A field for a line of text with suggestions. */
export class Combobox extends widgetClass(Widget, {
	name: "Combobox",
	lead: "value",
	traits: {
		...field,
		/** Suggestions. */
		options: list(text()),
		/** Whether only a suggestion may be entered. Default false. */
		ensureOption: bool(false),
	},
}) {}

/** HTML as it stands: nothing in it is escaped. */
export class HTML extends widgetClass(Widget, {
	name: "HTML",
	lead: "value",
	traits: { ...described, ...placeholder, style: style("HTML"), value: text() },
}) {}

/** HTML as it stands, with formulas between `$`. */
export class HTMLMath extends widgetClass(Widget, {
	name: "HTMLMath",
	lead: "value",
	traits: { ...described, ...placeholder, style: style("HTMLMath"), value: text() },
}) {}

/** A line of text, with formulas between `$`. */
export class Label extends widgetClass(Widget, {
	name: "Label",
	lead: "value",
	traits: { ...described, ...placeholder, style: style("Label"), value: text() },
}) {}
