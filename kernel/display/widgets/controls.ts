import { ofThisCell } from "../host";
import { widgetClass } from "./define";
import { style } from "./style";
import { bool, bytes, choice, date, int, nullable, text } from "./trait";
import { enterable, Widget } from "./widget";

const buttonStyle = {
	/** The page's colours for a kind of button. */
	buttonStyle: choice("", "primary", "success", "info", "warning", "danger"),
	/** Name of a Font Awesome icon, without "fa-". */
	icon: text(),
};

/** A box to tick. */
export class Checkbox extends widgetClass(Widget, {
	name: "Checkbox",
	lead: "value",
	traits: {
		...enterable,
		/** Whether it stands below other widgets' fields (default) rather than their descriptions. */
		indent: bool(true),
		style: style("Checkbox"),
		value: bool(false),
	},
}) {}

/** A button that stays pressed. */
export class ToggleButton extends widgetClass(Widget, {
	name: "ToggleButton",
	lead: "value",
	traits: { ...enterable, ...buttonStyle, style: style("ToggleButton"), value: bool(false) },
}) {}

/** A mark for right or wrong. */
export class Valid extends widgetClass(Widget, {
	name: "Valid",
	lead: "value",
	traits: {
		...enterable,
		/** What stands there where the value is false. */
		readout: text("Invalid"),
		style: style("Description"),
		value: bool(false),
	},
}) {}

/** A button: `button.onClick(() => …)`. */
export class Button extends widgetClass(Widget, {
	name: "Button",
	traits: {
		description: text(),
		disabled: bool(false),
		...buttonStyle,
		style: style("Button"),
	},
}) {
	readonly #clicked = new Map<unknown, (button: this) => void>();

	/** Calls `handler` at every click, as a part of the cell that calls `onClick`. Returns a function that ends it. */
	onClick(handler: (button: this) => unknown): () => void {
		this.#clicked.set(handler, ofThisCell(handler));
		return () => void this.#clicked.delete(handler);
	}

	/** The same as `onClick`. */
	on(event: "click", handler: (button: this) => unknown): () => void {
		if (event !== "click") throw new TypeError(`[Button] on: expected "click", got "${event}"`);
		return this.onClick(handler);
	}

	/** Does what a click does. */
	click(): void {
		for (const handler of [...this.#clicked.values()]) handler(this);
	}

	protected override receiveCustom(content: Record<string, unknown>): void {
		if (content.event === "click") this.click();
	}
}

/** A colour, as CSS writes it. */
export class ColorPicker extends widgetClass(Widget, {
	name: "ColorPicker",
	lead: "value",
	traits: {
		...enterable,
		/** Whether only the colour is shown and not its text. Default false. */
		concise: bool(false),
		style: style("Description"),
		value: text("black"),
	},
}) {}

/** A date without a time, at midnight UTC; null where none is chosen. */
export class DatePicker extends widgetClass(Widget, {
	name: "DatePicker",
	lead: "value",
	traits: {
		...enterable,
		min: nullable(date()),
		max: nullable(date()),
		/** Days between the dates that may be chosen. Default 1. */
		step: int(1),
		style: style("Description"),
		value: nullable(date()),
	},
}) {}

/** A picture from the bytes of its file. */
export class Image extends widgetClass(Widget, {
	name: "Image",
	lead: "value",
	traits: {
		/** "png", "jpeg", "gif", "svg+xml" … or "url" where the bytes are an address. Default "png". */
		format: text("png"),
		/** Size in pixels, as text. Default: the picture's own. */
		width: text(),
		height: text(),
		value: bytes(),
	},
}) {}
