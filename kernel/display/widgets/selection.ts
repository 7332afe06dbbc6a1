import { inspectText } from "../inspect";
import { type Definition, type Options, widgetClass } from "./define";
import { type Style, style } from "./style";
import {
	bool,
	choice,
	int,
	isPlainObject,
	kept,
	list,
	nullable,
	pair,
	same,
	type Trait,
	type TraitsOf,
	text,
} from "./trait";
import { type Enterable, enterable, Widget } from "./widget";

/** What can be chosen: values, `[label, value]` pairs, or values by their labels. */
export type OptionList =
	| readonly unknown[]
	| readonly (readonly [label: string, value: unknown])[]
	| ReadonlyMap<string, unknown>
	| { readonly [label: string]: unknown };

/** The values of a list of options. */
export type ValueOf<O> = O extends readonly (readonly [string, infer V])[]
	? V
	: O extends readonly (infer V)[]
		? V
		: O extends ReadonlyMap<string, infer V>
			? V
			: O[keyof O];

/** Properties to begin with, with the values that the options have. */
type SelectionOptions<W, O, V> = Omit<Options<W>, "options" | "value"> & { options: O; value?: V };

interface Entry {
	label: string;
	value: unknown;
}

function entriesOf(options: OptionList, where: string): Entry[] {
	if (Array.isArray(options)) {
		const pairs =
			options.length > 0 &&
			options.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === "string");
		return options.map((one) => (pairs ? { label: one[0], value: one[1] } : { label: labelOf(one), value: one }));
	}
	const entries = options instanceof Map ? [...options] : isPlainObject(options) ? Object.entries(options) : undefined;
	if (entries === undefined)
		throw new TypeError(`${where}: expected an array, a Map or an object, got ${inspectText(options)}`);
	return entries.map(([label, value]) => ({ label: String(label), value }));
}

function labelOf(value: unknown): string {
	return typeof value === "string" ? value : typeof value === "object" ? inspectText(value) : String(value);
}

function indexOf(entries: Entry[], by: "label" | "value", wanted: unknown, where: string): number {
	const found = entries.findIndex((entry) => same(entry[by], wanted));
	if (found >= 0) return found;
	const known = entries.map((entry) => inspectText(entry[by])).join(", ");
	throw new TypeError(`${where}: expected one of ${known}, got ${inspectText(wanted)}`);
}

function checkIndex(index: number, entries: Entry[], where: string): void {
	if (index >= 0 && index < entries.length) return;
	throw new RangeError(`${where}: expected an index from 0 to ${entries.length - 1}, got ${index}`);
}

type State = Record<string, any>;

interface Choosable extends Enterable {
	/** What can be chosen. A new list chooses its first, where one was chosen before. */
	options: OptionList;
	/** How the options are called. Follows from `options`. */
	optionsLabels: readonly string[];
}
interface Single extends Choosable {
	/** Place of what is chosen; null where nothing is. */
	index: number | null;
	value: unknown;
	/** How what is chosen is called. */
	label: string | null;
}
interface Several extends Choosable {
	/** Places of what is chosen. */
	index: readonly number[];
	value: readonly unknown[];
	/** How what is chosen is called. */
	label: readonly string[];
}
interface DropdownProperties extends Single {
	style: Style<"Description">;
}
interface Rows {
	/** Lines that are seen. Default 5. */
	rows: number;
}
interface SelectProperties extends DropdownProperties, Rows {}
interface RadioButtonsProperties extends DropdownProperties {
	orientation: "vertical" | "horizontal";
}
interface ToggleButtonsProperties extends Single {
	/** The page's colours for a kind of button. */
	buttonStyle: "" | "primary" | "success" | "info" | "warning" | "danger";
	/** Names of Font Awesome icons, one for each option. */
	icons: readonly string[];
	/** Texts that appear when the pointer rests on a button, one for each option. */
	tooltips: readonly string[];
	style: Style<"ToggleButtons">;
}
interface SliderLook {
	orientation: "horizontal" | "vertical";
	/** What of the handle can be moved and where a click counts. Default "drag-tap". */
	behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
	/** Whether the value follows the hand (default) or changes when it lets go. */
	continuousUpdate: boolean;
	/** Whether the label stands beside the slider. Default true. */
	readout: boolean;
	style: Style<"Slider">;
}
interface SelectionSliderProperties extends Single, SliderLook {}
interface SelectMultipleProperties extends Several, Rows {
	style: Style<"Description">;
}
interface SelectionRangeSliderProperties extends Several, SliderLook {}

const choosable: TraitsOf<Choosable> = {
	...enterable,
	options: kept<OptionList>([]),
	optionsLabels: { ...list(text()), key: "_options_labels", derived: true },
};
const single: TraitsOf<Single> = {
	...choosable,
	index: { ...nullable(int(0)), derived: true },
	value: kept<unknown>(null),
	label: { ...kept<string | null>(null), derived: true },
};

/** One of several. */
class Selection extends Widget {
	protected override settle(next: State, given: ReadonlySet<string>, first: boolean): void {
		const where = `[${this.kind.name}]`;
		const entries = entriesOf(next.options, `${where} options`);
		next.optionsLabels = entries.map((entry) => entry.label);
		if (given.has("value"))
			next.index = next.value === null ? null : indexOf(entries, "value", next.value, `${where} value`);
		else if (given.has("label"))
			next.index = next.label === null ? null : indexOf(entries, "label", next.label, `${where} label`);
		else if (!given.has("index") && (first || (given.has("options") && next.index !== null)))
			next.index = entries.length > 0 ? 0 : null;
		if (next.index !== null) checkIndex(next.index, entries, `${where} index`);
		next.value = next.index === null ? null : entries[next.index]!.value;
		next.label = next.index === null ? null : entries[next.index]!.label;
	}
}

/** Several of several. */
class MultipleSelection extends Widget {
	protected override settle(next: State, given: ReadonlySet<string>): void {
		const where = `[${this.kind.name}]`;
		const entries = entriesOf(next.options, `${where} options`);
		next.optionsLabels = entries.map((entry) => entry.label);
		for (const by of ["value", "label"] as const) {
			if (given.has(by)) next.index = next[by].map((one: unknown) => indexOf(entries, by, one, `${where} ${by}`));
		}
		if (given.has("options") && !given.has("index") && !given.has("value") && !given.has("label"))
			next.index = this.unchosen();
		if (entries.length > 0) for (const index of next.index) checkIndex(index, entries, `${where} index`);
		next.value = Object.freeze(next.index.map((index: number) => entries[index]?.value));
		next.label = Object.freeze(next.index.map((index: number) => entries[index]?.label));
	}

	/** What is chosen of a new list. */
	protected unchosen(): number[] {
		return [];
	}
}

const several: TraitsOf<Several> = {
	...choosable,
	index: { ...list(int(0)), derived: true },
	value: kept<readonly unknown[]>([]),
	label: { ...kept<readonly string[]>([]), derived: true },
};

/** A class of widgets whose values have the type of their options. */
interface ChoiceClass<B extends Widget, P, Form extends keyof Forms<never>> {
	new <const O extends OptionList>(
		options: SelectionOptions<B & P, O, Forms<ValueOf<O>>[Form]>,
	): B & Omit<P, "options" | "value"> & { options: O; value: Forms<ValueOf<O>>[Form] };
}

/** What is chosen of options with these values. */
interface Forms<V> {
	one: V | null;
	several: readonly V[];
	range: readonly [V, V];
}

const oneOf = <P extends Single>(definition: Definition<P, never>) =>
	widgetClass<Selection, P>(Selection, definition) as unknown as ChoiceClass<Selection, P, "one">;
const severalOf = <P extends Several>(definition: Definition<P, never>) =>
	widgetClass<MultipleSelection, P>(MultipleSelection, definition) as unknown as ChoiceClass<
		MultipleSelection,
		P,
		"several"
	>;
const rangeOf = <P extends Several>(definition: Definition<P, never>) =>
	severalOf(definition) as unknown as ChoiceClass<MultipleSelection, P, "range">;

/** A list that opens to choose one of several. */
export class Dropdown<const O extends OptionList = OptionList> extends oneOf<DropdownProperties>({
	name: "Dropdown",
	traits: { ...single, style: style("Description") },
})<O> {}

const rows: TraitsOf<Rows> = { rows: int(5) };

/** A list in which one of several is chosen. */
export class Select<const O extends OptionList = OptionList> extends oneOf<SelectProperties>({
	name: "Select",
	traits: { ...single, ...rows, style: style("Description") },
})<O> {}

/** Buttons of which one is chosen, each in a line. */
export class RadioButtons<const O extends OptionList = OptionList> extends oneOf<RadioButtonsProperties>({
	name: "RadioButtons",
	traits: { ...single, orientation: choice("vertical", "horizontal"), style: style("Description") },
})<O> {}

/** Buttons of which one is pressed. */
export class ToggleButtons<const O extends OptionList = OptionList> extends oneOf<ToggleButtonsProperties>({
	name: "ToggleButtons",
	traits: {
		...single,
		buttonStyle: choice("", "primary", "success", "info", "warning", "danger"),
		icons: list(text()),
		tooltips: list(text()),
		style: style("ToggleButtons"),
	},
})<O> {}

const sliderLook: TraitsOf<SliderLook> = {
	orientation: choice("horizontal", "vertical"),
	behavior: choice("drag-tap", "drag-snap", "tap", "drag", "snap"),
	continuousUpdate: bool(true),
	readout: bool(true),
	style: style("Slider"),
};

/** A slider over options. */
export class SelectionSlider<const O extends OptionList = OptionList> extends oneOf<SelectionSliderProperties>({
	name: "SelectionSlider",
	traits: { ...single, ...sliderLook },
})<O> {}

/** A list in which any number of options is chosen. */
export class SelectMultiple<const O extends OptionList = OptionList> extends severalOf<SelectMultipleProperties>({
	name: "SelectMultiple",
	traits: { ...several, ...rows, style: style("Description") },
})<O> {}

/** A slider with two handles over options: `value` holds the first and the last that are meant. */
export class SelectionRangeSlider<
	const O extends OptionList = OptionList,
> extends rangeOf<SelectionRangeSliderProperties>({
	name: "SelectionRangeSlider",
	traits: {
		...several,
		...sliderLook,
		index: { ...(pair(int(0), [0, 0]) as Trait<readonly number[]>), derived: true },
	},
})<O> {
	protected override unchosen(): number[] {
		return [0, 0];
	}
}
