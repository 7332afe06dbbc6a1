import { ending } from "../format";
import { ofThisCell } from "../host";
import { widgetClass } from "./define";
import { type Style, style } from "./style";
import { bool, bytes, choice, date, int, nullable, type TraitsOf, text } from "./trait";
import { type Enterable, enterable, Widget } from "./widget";

interface ButtonLook {
	/** The page's colours for a kind of button. */
	buttonStyle: "" | "primary" | "success" | "info" | "warning" | "danger";
	/** Name of a Font Awesome icon, without "fa-". */
	icon: string;
}
interface CheckboxProperties extends Enterable {
	/** Whether it stands below other widgets' fields (default) rather than their descriptions. */
	indent: boolean;
	style: Style<"Checkbox">;
	value: boolean;
}
interface ToggleButtonProperties extends Enterable, ButtonLook {
	style: Style<"ToggleButton">;
	value: boolean;
}
interface ValidProperties extends Enterable {
	/** What stands there where the value is false. */
	readout: string;
	style: Style<"Description">;
	value: boolean;
}
interface ButtonProperties extends ButtonLook {
	/** What stands on it. */
	description: string;
	/** Whether readers cannot press it. Default false. */
	disabled: boolean;
	style: Style<"Button">;
}
interface ColorPickerProperties extends Enterable {
	/** Whether only the colour is shown and not its text. Default false. */
	concise: boolean;
	style: Style<"Description">;
	/** The colour, as CSS writes it. */
	value: string;
}
interface DatePickerProperties extends Enterable {
	min: Date | null;
	max: Date | null;
	/** Days between the dates that may be chosen. Default 1. */
	step: number;
	style: Style<"Description">;
	value: Date | null;
}
interface ImageProperties {
	/** "png", "jpeg", "gif", "svg+xml" … or "url" where the bytes are an address. Default "png". */
	format: string;
	/** Width in pixels, as text. Default: the picture's own. */
	width: string;
	/** Height in pixels, as text. Default: the picture's own. */
	height: string;
	/** The bytes of the file. */
	value: Uint8Array;
}

const buttonLook: TraitsOf<ButtonLook> = {
	buttonStyle: choice("", "primary", "success", "info", "warning", "danger"),
	icon: text(),
};

/** A box to tick. */
export class Checkbox extends widgetClass<Widget, CheckboxProperties, "value">(Widget, {
	name: "Checkbox",
	lead: "value",
	traits: {
		...enterable,
		indent: bool(true),
		style: style("Checkbox"),
		value: bool(false),
	},
}) {}

/** A button that stays pressed. */
export class ToggleButton extends widgetClass<Widget, ToggleButtonProperties, "value">(Widget, {
	name: "ToggleButton",
	lead: "value",
	traits: { ...enterable, ...buttonLook, style: style("ToggleButton"), value: bool(false) },
}) {}

/** A mark for right or wrong. */
export class Valid extends widgetClass<Widget, ValidProperties, "value">(Widget, {
	name: "Valid",
	lead: "value",
	traits: {
		...enterable,
		readout: text("Invalid"),
		style: style("Description"),
		value: bool(false),
	},
}) {}

/** A button: `button.onClick(() => …)`. */
export class Button extends widgetClass<Widget, ButtonProperties>(Widget, {
	name: "Button",
	traits: {
		description: text(),
		disabled: bool(false),
		...buttonLook,
		style: style("Button"),
	},
}) {
	readonly #clicked = new Map<unknown, (button: this) => void>();

	/** Calls `handler` at every click, as a part of the cell that calls `onClick`. Returns a function that ends it. */
	onClick(handler: (button: this) => unknown): () => void {
		this.#clicked.set(handler, ofThisCell(handler));
		return ending(() => void this.#clicked.delete(handler));
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
export class ColorPicker extends widgetClass<Widget, ColorPickerProperties, "value">(Widget, {
	name: "ColorPicker",
	lead: "value",
	traits: {
		...enterable,
		concise: bool(false),
		style: style("Description"),
		value: text("black"),
	},
}) {}

/** A date without a time, at midnight UTC; null where none is chosen. */
export class DatePicker extends widgetClass<Widget, DatePickerProperties, "value">(Widget, {
	name: "DatePicker",
	lead: "value",
	traits: {
		...enterable,
		min: nullable(date()),
		max: nullable(date()),
		step: int(1),
		style: style("Description"),
		value: nullable(date()),
	},
}) {}

/** A picture from the bytes of its file. */
export class Image extends widgetClass<Widget, ImageProperties, "value">(Widget, {
	name: "Image",
	lead: "value",
	traits: {
		format: text("png"),
		width: text(),
		height: text(),
		value: bytes(),
	},
}) {}
