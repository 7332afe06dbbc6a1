import { widgetClass } from "./define";
import { type Style, style } from "./style";
import { bool, choice, float, int, nullable, pair, type TraitsOf, text } from "./trait";
import { type Described, described, type Enterable, enterable, Widget } from "./widget";

/*
 * Sliders, number fields and progress bars. A value beyond its limits is moved to the nearer one; a smallest value above
 * the largest throws a RangeError.
 */

type State = Record<string, any>;

function checkLimits(name: string, { min, max }: State): void {
	if (min > max) throw new RangeError(`[${name}] min ${min} is larger than max ${max}`);
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** One number between limits. */
class Bounded extends Widget {
	protected override settle(next: State): void {
		checkLimits(this.kind.name, next);
		next.value = clamp(next.value, next.min, next.max);
	}
}

/** A lower and an upper number between limits. */
class BoundedRange extends Widget {
	protected override settle(next: State, given: ReadonlySet<string>, first: boolean): void {
		checkLimits(this.kind.name, next);
		const { min, max } = next;
		if (first && !given.has("value")) next.value = [0.75 * min + 0.25 * max, 0.25 * min + 0.75 * max];
		const [lower, upper] = next.value as [number, number];
		if (lower > upper) throw new RangeError(`[${this.kind.name}] value: lower ${lower} is larger than upper ${upper}`);
		const whole = this.kind.name.startsWith("Int") ? Math.trunc : (value: number) => value;
		next.value = Object.freeze([whole(clamp(lower, min, max)), whole(clamp(upper, min, max))]);
	}
}

interface Oriented {
	orientation: "horizontal" | "vertical";
}
interface Slider extends Enterable, Oriented {
	/** What of the handle can be moved and where a click counts. Default "drag-tap". */
	behavior: "drag-tap" | "drag-snap" | "tap" | "drag" | "snap";
	/** Whether the value follows the hand (default) or changes when it lets go. */
	continuousUpdate: boolean;
	/** Whether the value stands beside the slider. Default true. */
	readout: boolean;
	/** How the value is written, in d3's format language. */
	readoutFormat: string;
	style: Style<"Slider">;
}
interface Limits {
	/** Smallest value. Default 0. */
	min: number;
	/** Largest value. Default 100. */
	max: number;
}
interface Stepped {
	/** Distance from one value to the next. */
	step: number;
}
interface Valued {
	value: number;
}
interface SliderProperties extends Slider, Limits, Stepped, Valued {}

const orientation = { orientation: choice("horizontal", "vertical") };
const slider = (format: string): TraitsOf<Slider> => ({
	...enterable,
	...orientation,
	behavior: choice("drag-tap", "drag-snap", "tap", "drag", "snap"),
	continuousUpdate: bool(true),
	readout: bool(true),
	readoutFormat: text(format),
	style: style("Slider"),
});
const intLimits: TraitsOf<Limits> = { min: int(0), max: int(100) };
const floatLimits: TraitsOf<Limits> = { min: float(0), max: float(100) };

/** A slider over whole numbers. */
export class IntSlider extends widgetClass<Bounded, SliderProperties, "value">(Bounded, {
	name: "IntSlider",
	lead: "value",
	traits: { ...slider("d"), ...intLimits, step: int(1), value: int(0) },
}) {}

/** A slider over numbers. */
export class FloatSlider extends widgetClass<Bounded, SliderProperties, "value">(Bounded, {
	name: "FloatSlider",
	lead: "value",
	traits: { ...slider(".2f"), ...floatLimits, step: float(0.1), value: float(0) },
}) {}

interface LogSliderProperties extends Slider, Valued {
	/** Default 10. */
	base: number;
	/** Smallest exponent. Default 0. */
	min: number;
	/** Largest exponent. Default 4. */
	max: number;
	/** Step of the exponent. Default 0.1. */
	step: number;
}

/** A slider over powers: `min`, `max` and `step` are exponents of `base`, `value` is the power itself. */
export class FloatLogSlider extends widgetClass<Widget, LogSliderProperties, "value">(Widget, {
	name: "FloatLogSlider",
	lead: "value",
	traits: {
		...slider(".3g"),
		base: float(10),
		min: float(0),
		max: float(4),
		step: float(0.1),
		value: float(1),
	},
}) {
	protected override settle(next: State): void {
		checkLimits("FloatLogSlider", next);
		if (!(next.base > 0)) throw new RangeError(`[FloatLogSlider] base: expected a number above 0, got ${next.base}`);
		next.value = clamp(next.value, next.base ** next.min, next.base ** next.max);
	}
}

interface RangeProperties extends Slider, Limits, Stepped {
	/** The lower and the upper value. */
	value: readonly [lower: number, upper: number];
}

/** A slider with two handles, over whole numbers: `value` is `[lower, upper]`. */
export class IntRangeSlider extends widgetClass<BoundedRange, RangeProperties, "value">(BoundedRange, {
	name: "IntRangeSlider",
	lead: "value",
	traits: { ...slider("d"), ...intLimits, step: int(1), value: pair(int(0), [25, 75]) },
}) {}

/** A slider with two handles: `value` is `[lower, upper]`. */
export class FloatRangeSlider extends widgetClass<BoundedRange, RangeProperties, "value">(BoundedRange, {
	name: "FloatRangeSlider",
	lead: "value",
	traits: { ...slider(".2f"), ...floatLimits, step: float(0.1), value: pair(float(0), [25, 75]) },
}) {}

interface Field extends Enterable {
	/** Whether the value follows each key, or changes when the field is left (default). */
	continuousUpdate: boolean;
	style: Style<"Description">;
}
interface IntField extends Field, Stepped, Valued {}
interface FloatField extends Field, Valued {
	/** Distance from one value to the next; null for any. */
	step: number | null;
}
interface BoundedIntField extends IntField, Limits {}
interface BoundedFloatField extends FloatField, Limits {}

const field: TraitsOf<Field> = { ...enterable, continuousUpdate: bool(false), style: style("Description") };

/** A field for a whole number. */
export class IntText extends widgetClass<Widget, IntField, "value">(Widget, {
	name: "IntText",
	lead: "value",
	traits: { ...field, step: int(1), value: int(0) },
}) {}

/** A field for a number. */
export class FloatText extends widgetClass<Widget, FloatField, "value">(Widget, {
	name: "FloatText",
	lead: "value",
	traits: { ...field, step: nullable(float(0)), value: float(0) },
}) {}

/** A field for a whole number between limits. */
export class BoundedIntText extends widgetClass<Bounded, BoundedIntField, "value">(Bounded, {
	name: "BoundedIntText",
	view: "IntTextView",
	lead: "value",
	traits: { ...field, ...intLimits, step: int(1), value: int(0) },
}) {}

/** A field for a number between limits. */
export class BoundedFloatText extends widgetClass<Bounded, BoundedFloatField, "value">(Bounded, {
	name: "BoundedFloatText",
	view: "FloatTextView",
	lead: "value",
	traits: { ...field, ...floatLimits, step: nullable(float(0)), value: float(0) },
}) {}

interface Bar extends Described, Oriented {
	/** The page's colours for a kind of bar. */
	barStyle: "" | "success" | "info" | "warning" | "danger";
	style: Style<"Progress">;
}
interface ProgressProperties extends Bar, Limits, Valued {}

const bar: TraitsOf<Bar> = {
	...described,
	...orientation,
	barStyle: choice("", "success", "info", "warning", "danger"),
	style: style("Progress"),
};

/** A bar that fills, by whole numbers. For loops, `progress` needs no widget. */
export class IntProgress extends widgetClass<Bounded, ProgressProperties, "value">(Bounded, {
	name: "IntProgress",
	view: "ProgressView",
	lead: "value",
	traits: { ...bar, ...intLimits, value: int(0) },
}) {}

/** A bar that fills. */
export class FloatProgress extends widgetClass<Bounded, ProgressProperties, "value">(Bounded, {
	name: "FloatProgress",
	view: "ProgressView",
	lead: "value",
	traits: { ...bar, ...floatLimits, value: float(0) },
}) {}

interface PlayProperties extends Enterable, Limits, Stepped, Valued {
	/** Milliseconds between two steps. Default 100. */
	interval: number;
	playing: boolean;
	/** Whether it begins again at the end. Default false. */
	repeat: boolean;
	/** Whether readers can change that. Default true. */
	showRepeat: boolean;
	style: Style<"Description">;
}

/** An animation's buttons: counts `value` up while it plays. Link it with a slider: `jslink([play, "value"], [slider, "value"])`. */
export class Play extends widgetClass<Bounded, PlayProperties, "value">(Bounded, {
	name: "Play",
	lead: "value",
	traits: {
		...enterable,
		...intLimits,
		interval: int(100),
		playing: bool(false),
		repeat: bool(false),
		showRepeat: bool(true),
		step: int(1),
		style: style("Description"),
		value: int(0),
	},
}) {}
