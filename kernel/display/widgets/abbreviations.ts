import { inspectText } from "../inspect";
import { Checkbox } from "./controls";
import { Model } from "./model";
import { FloatSlider, IntSlider } from "./numbers";
import { Dropdown, type OptionList, type ValueOf } from "./selection";
import { Text } from "./strings";
import { isPlainObject } from "./trait";
import { Widget } from "./widget";

/** A value for `interact`'s function that no control changes. */
export class Fixed<T> {
	/** Tells its type from that of widgets, which have values too. */
	declare protected readonly fixed: true;
	constructor(readonly value: T) {}
}

/** Passes a value to `interact`'s function as it is, without a control. */
export function fixed<T>(value: T): Fixed<T> {
	return new Fixed(value);
}

/** A widget with a value. */
export type ValueWidget<V = any> = Widget & { value: V };

/**
 * What stands for a control: a widget with a value; `[min, max]` or `[min, max, step]` for a slider (over whole numbers
 * where all are whole); true or false for a box to tick; a number for a slider around it; a string for a text field; any
 * other array, a Map or an object of values by their labels for a list to choose from; `fixed(value)` for no control.
 */
export type Abbreviation = ValueWidget | Fixed<unknown> | boolean | number | string | OptionList;

/** The values that a control gives. */
export type ValueFor<A> =
	A extends Fixed<infer V>
		? V
		: A extends Widget & { optionsLabels: unknown; value: infer V }
			? Exclude<V, null>
			: A extends Widget & { value: infer V }
				? V
				: A extends boolean
					? boolean
					: A extends number
						? number
						: A extends string
							? string
							: A extends readonly [number, number] | readonly [number, number, number]
								? number
								: A extends OptionList
									? ValueOf<A>
									: never;

interface ControlOptions {
	/** Whether values follow the hand. */
	continuousUpdate: boolean;
}

/** The control that an abbreviation stands for. Throws where it stands for none. */
export function controlFor(name: string, abbreviation: unknown, options: ControlOptions): ValueWidget | Fixed<unknown> {
	const control = make(name, abbreviation, options);
	if (control instanceof Widget && control.property("description") === "") control.set({ description: name } as never);
	return control;
}

function make(name: string, given: unknown, { continuousUpdate }: ControlOptions): ValueWidget | Fixed<unknown> {
	if (given instanceof Fixed) return given;
	if (given instanceof Model) {
		if (given instanceof Widget && "value" in given.kind.traits) return given as ValueWidget;
		throw new TypeError(`[interact] ${name}: ${given.kind.name} has no value`);
	}
	if (typeof given === "boolean") return new Checkbox(given);
	if (typeof given === "string") return new Text(given, { continuousUpdate });
	if (typeof given === "number") return numberSlider(name, given, continuousUpdate);
	if (Array.isArray(given) && isRange(given)) return rangeSlider(name, given, continuousUpdate);
	if (Array.isArray(given) || given instanceof Map || isPlainObject(given)) {
		const dropdown = new Dropdown({ options: given as OptionList });
		if (dropdown.index !== null) return dropdown;
		throw new TypeError(`[interact] ${name}: expected at least one value to choose from`);
	}
	throw new TypeError(
		`[interact] ${name}: expected a widget, [min, max, step], an array or object of choices, true or false, a number or a string, got ${inspectText(given)}`,
	);
}

const isRange = (given: unknown[]): given is [number, number] | [number, number, number] =>
	(given.length === 2 || given.length === 3) && given.every((one) => typeof one === "number");

/** A slider around a value: from its negative to its triple, as ipywidgets makes it. */
function numberSlider(name: string, value: number, continuousUpdate: boolean): ValueWidget<number> {
	if (!Number.isFinite(value)) throw new TypeError(`[interact] ${name}: expected a number, got ${value}`);
	const [min, max] = value === 0 ? [0, 1] : value > 0 ? [-value, 3 * value] : [3 * value, -value];
	const options = { value, min, max, continuousUpdate };
	return Number.isInteger(value) ? new IntSlider(options) : new FloatSlider(options);
}

/** Decimals of a step that a readout shows. */
const mostDecimals = 8;

/** A slider that begins in the middle, on a step. */
function rangeSlider(
	name: string,
	[min, max, step]: [number, number, number?],
	continuousUpdate: boolean,
): ValueWidget<number> {
	if (!(min < max)) {
		throw new RangeError(
			`[interact] ${name}: expected [min, max] with min below max, got [${min}, ${max}]${asChoice([min, max, step])}`,
		);
	}
	if (step !== undefined && !(step > 0))
		throw new RangeError(`[interact] ${name}: expected a step above 0, got ${step}`);
	if (step !== undefined && step > max - min) {
		throw new RangeError(
			`[interact] ${name}: the step ${step} is larger than the range from ${min} to ${max}${asChoice([min, max, step])}`,
		);
	}
	const whole = [min, max, step ?? 1].every(Number.isInteger);
	const middle = min + (Number.isInteger(min) && Number.isInteger(max) ? Math.floor((max - min) / 2) : (max - min) / 2);
	const value = step === undefined ? middle : min + Math.trunc((middle - min) / step) * step;
	const options = { value, min, max, continuousUpdate, ...(step === undefined ? {} : { step }) };
	if (whole) return new IntSlider(options);
	const decimals = Math.max(...[min, step ?? 0.01].map(decimalsOf));
	return new FloatSlider({ ...options, readoutFormat: `.${Math.min(decimals, mostDecimals)}f` });
}

function asChoice(numbers: (number | undefined)[]): string {
	return `; for a choice of these numbers pass new Dropdown({ options: [${numbers.filter((one) => one !== undefined).join(", ")}] })`;
}

function decimalsOf(value: number): number {
	const [digits = "", exponent = "0"] = String(value).split("e");
	return Math.max(0, (digits.split(".")[1]?.length ?? 0) - Number(exponent));
}
