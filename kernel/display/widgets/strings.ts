import { widgetClass } from "./define";
import { type Style, style } from "./style";
import { bool, int, list, nullable, type TraitsOf, text } from "./trait";
import { type Described, described, type Enterable, enterable, Widget } from "./widget";

/** What a page shows where there is no text, so that the field keeps its height. */
const nothing = "\u200b";
interface Placeholder {
	/** What stands in the empty field. */
	placeholder: string;
}
interface FieldProperties extends Enterable, Placeholder {
	/** Whether the value follows each key (default), or changes when the field is left. */
	continuousUpdate: boolean;
	style: Style<"Text">;
	value: string;
}
interface TextareaProperties extends FieldProperties {
	/** Lines that are seen. Default: the page's. */
	rows: number | null;
}
interface ComboboxProperties extends FieldProperties {
	/** Suggestions. */
	options: readonly string[];
	/** Whether only a suggestion may be entered. Default false. */
	ensureOption: boolean;
}
interface Shown<K extends "HTML" | "HTMLMath" | "Label"> extends Described, Placeholder {
	style: Style<K>;
	value: string;
}

const placeholder: TraitsOf<Placeholder> = { placeholder: text(nothing) };
const field: TraitsOf<FieldProperties> = {
	...enterable,
	...placeholder,
	continuousUpdate: bool(true),
	style: style("Text"),
	value: text(),
};
const shown = { ...described, ...placeholder, value: text() };

/** A field for a line of text. */
export class Text extends widgetClass<Widget, FieldProperties, "value">(Widget, {
	name: "Text",
	lead: "value",
	traits: field,
}) {}

/** A field for lines of text. */
export class Textarea extends widgetClass<Widget, TextareaProperties, "value">(Widget, {
	name: "Textarea",
	lead: "value",
	traits: {
		...field,
		rows: nullable(int(0)),
	},
}) {}

/** A field for a text that is not shown. A saved widget state holds it all the same. */
export class Password extends widgetClass<Widget, FieldProperties, "value">(Widget, {
	name: "Password",
	lead: "value",
	traits: field,
}) {
	override toString(): string {
		return `Password(value='${"•".repeat(this.value.length)}')`;
	}
}

/** A field for a line of text with suggestions. */
export class Combobox extends widgetClass<Widget, ComboboxProperties, "value">(Widget, {
	name: "Combobox",
	lead: "value",
	traits: {
		...field,
		options: list(text()),
		ensureOption: bool(false),
	},
}) {}

/** HTML as it stands: nothing in it is escaped. */
export class HTML extends widgetClass<Widget, Shown<"HTML">, "value">(Widget, {
	name: "HTML",
	lead: "value",
	traits: { ...shown, style: style("HTML") },
}) {}

/** HTML as it stands, with formulas between `$`. */
export class HTMLMath extends widgetClass<Widget, Shown<"HTMLMath">, "value">(Widget, {
	name: "HTMLMath",
	lead: "value",
	traits: { ...shown, style: style("HTMLMath") },
}) {}

/** A line of text, with formulas between `$`. */
export class Label extends widgetClass<Widget, Shown<"Label">, "value">(Widget, {
	name: "Label",
	lead: "value",
	traits: { ...shown, style: style("Label") },
}) {}
