import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind } from "../core/arguments";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, unbroadcast } from "./broadcast";
import { asMethods } from "./methods";
import { where } from "./ternary";

/* Bounding: clamp, and replacing what is not finite. */

type Shapes = readonly Broadcast[];

type Bound = Tensor | number | null | undefined;

export interface ClampOptions {
	min?: Bound;
	max?: Bound;
}

type ClampArguments = [options: ClampOptions] | [min: Bound, max?: Bound] | [min: Bound, options: { max?: Bound }];

/** Bounded by `min` and `max`, numbers or tensors; NaN stays NaN. */
export function clamp(x: Tensor, ...args: ClampArguments): Tensor {
	const { min, max } = bounds("clamp", args);
	if (min instanceof Tensor || max instanceof Tensor) return clampByTensors(x, min, max);
	const [low, high] = [min ?? Number.NaN, max ?? Number.NaN];
	const out = wrap(native.clamp(x.handle, low, high));
	return tracked(x) ? record(out, clampBackward, [x], [x], [low, high]) : out;
}

function clamp_<T extends Tensor>(x: T, ...args: ClampArguments): T {
	const { min, max } = bounds("clamp_", args);
	if (min instanceof Tensor || max instanceof Tensor) {
		const by = { a: boundTensor(x, min), b: boundTensor(x, max) };
		const write = () => clampKernel(x.handle, by.a?.handle, by.b?.handle, x.handle);
		const shapes = [null, broadcastOf(by.a ?? 0, x), broadcastOf(by.b ?? 0, x)];
		return inPlace("clamp_", x, [by.a, by.b], write, clampTensorsBackward, () => [x, by.a, by.b], shapes);
	}
	const [low, high] = [min ?? Number.NaN, max ?? Number.NaN];
	const write = () => native.clamp(x.handle, low, high, x.handle);
	return inPlace("clamp_", x, [], write, clampBackward, () => [x], [low, high]);
}

function bounds(op: string, args: readonly unknown[]): ClampOptions {
	const given = args.map((value) => value ?? undefined);
	const last = given.findLastIndex((value) => value !== undefined);
	// An absent minimum before a maximum must keep its place.
	const options = bind<{ min: Bound; max: Bound }>(op, given.slice(0, last + 1), ["min", "max"]);
	if (options.min === undefined && options.max === undefined) {
		throw new TypeError(`[${op}] at least one of min and max must be given`);
	}
	return options;
}

const clampBackward: Derivative = {
	name: "ClampBackward1",
	backward(node, grad) {
		const [low, high] = node.attributes as [number, number];
		const x = node.saved(0);
		if (!tracked(grad)) return [wrap(native.clampBackward(grad.handle, x.handle, low, high))];
		const above = Number.isNaN(low) ? null : x.gt(low);
		const below = Number.isNaN(high) ? null : x.lt(high);
		const inside = above && below ? above.logicalAnd(below) : (above ?? below)!;
		return [where(inside, grad, 0)];
	},
};

const clampMinBackward: Derivative = { ...clampBackward, name: "ClampMinBackward0" };
const clampMaxBackward: Derivative = { ...clampBackward, name: "ClampMaxBackward0" };

function boundTensor(x: Tensor, bound: Bound): Tensor | null {
	if (bound === null || bound === undefined) return null;
	return bound instanceof Tensor ? bound : wrap(native.full([], bound, x.dtype.code, x.handle));
}

function clampKernel(x: Handle, min: Handle | undefined, max: Handle | undefined, out?: Handle): Handle {
	if (min === undefined) return native.minimum(x, max!, out);
	const raised = native.maximum(x, min, max === undefined ? out : undefined);
	return max === undefined ? raised : native.minimum(raised, max, out);
}

function clampByTensors(x: Tensor, min: Bound, max: Bound): Tensor {
	const [low, high] = [boundTensor(x, min), boundTensor(x, max)];
	const out = wrap(clampKernel(x.handle, low?.handle, high?.handle));
	if (!tracked(x, low, high)) return out;
	const shapes = [x, low ?? 0, high ?? 0].map((input) => broadcastOf(input, out));
	return record(out, clampTensorsBackward, [x, low, high], [x, low, high], shapes);
}

/** Between the bounds the gradient is the tensor's, beyond them the bound's; on a bound they share it. */
const clampTensorsBackward: Derivative = {
	name: "ClampBackward0",
	backward(node, grad) {
		const shapes = node.attributes as Shapes;
		const [x, low, high] = node.savedTensors.map((tensor, i) => (tensor === null ? null : node.saved(i)));
		const slopes = low && high ? slopesBetween(grad, x!, low, high) : slopesOfOne(grad, x!, low ?? null, high ?? null);
		return slopes.map((slope, i) => (slope !== null && node.needs(i) ? unbroadcast(slope, shapes[i]!) : null));
	},
};

/** With one bound it is a maximum or a minimum, with their slopes. */
function slopesOfOne(grad: Tensor, x: Tensor, low: Tensor | null, high: Tensor | null): (Tensor | null)[] {
	const bound = (low ?? high)!;
	const shared = grad.div(2).where(x.eq(bound), grad);
	const [under, over] = [x.lt(bound), x.gt(bound)];
	const ofX = shared.maskedFill(low ? under : over, 0);
	const ofBound = shared.maskedFill(low ? over : under, 0);
	return low ? [ofX, ofBound, null] : [ofX, null, ofBound];
}

function slopesBetween(grad: Tensor, x: Tensor, low: Tensor, high: Tensor): Tensor[] {
	const half = grad.div(2);
	// Where the bounds cross, the upper one wins everywhere.
	const crossed = low.gt(high);
	const apart = low.lt(high);
	const onLow = x.eq(low).logicalAnd(apart);
	const onHigh = x.eq(high).logicalAnd(apart);
	const under = x.lt(low).logicalAnd(crossed.logicalNot());
	const over = x.gt(high).logicalOr(crossed);
	const beyond = under.logicalOr(over).logicalAnd(x.isnan().logicalNot());
	return [
		half.where(onLow.logicalOr(onHigh), grad).maskedFill(beyond, 0),
		where(under, grad, where(onLow, half, 0)),
		where(over, grad, where(onHigh, half, 0)),
	];
}

/** Not below `min`. */
export function clampMin(x: Tensor, min: number | Tensor): Tensor {
	if (min instanceof Tensor) return clamp(x, min);
	const out = wrap(native.clamp(x.handle, min, Number.NaN));
	return tracked(x) ? record(out, clampMinBackward, [x], [x], [min, Number.NaN]) : out;
}

/** Not above `max`. */
export function clampMax(x: Tensor, max: number | Tensor): Tensor {
	if (max instanceof Tensor) return clamp(x, null, max);
	const out = wrap(native.clamp(x.handle, Number.NaN, max));
	return tracked(x) ? record(out, clampMaxBackward, [x], [x], [Number.NaN, max]) : out;
}

export interface NanToNumOptions {
	/** For NaN. Default 0. */
	nan?: number;
	/** For infinity. Default: the dtype's largest number. */
	posinf?: number | null;
	/** For minus infinity. Default: the dtype's smallest number. */
	neginf?: number | null;
}

const largest: Partial<Record<string, number>> = {
	float64: Number.MAX_VALUE,
	float32: 3.4028234663852886e38,
	float16: 65504,
	bfloat16: 3.3895313892515355e38,
};

function nanToNumArguments(x: Tensor, args: readonly unknown[]): [number, number, number] {
	const { nan = 0, posinf, neginf } = bind<NanToNumOptions>("nanToNum", args, ["nan", "posinf", "neginf"]);
	const most = largest[x.dtype.name] ?? 0;
	return [nan, posinf ?? most, neginf ?? -most];
}

type NanToNumArguments = [options?: NanToNumOptions] | [nan: number, posinf?: number, neginf?: number];

/** NaN and the infinities replaced by numbers. */
export function nanToNum(x: Tensor, ...args: NanToNumArguments): Tensor {
	const out = wrap(native.nanToNum(x.handle, ...nanToNumArguments(x, args)));
	return tracked(x) ? record(out, nanToNumBackward, [x], [x]) : out;
}

function nanToNum_<T extends Tensor>(x: T, ...args: NanToNumArguments): T {
	const values = nanToNumArguments(x, args);
	return inPlace(
		"nanToNum_",
		x,
		[],
		() => native.nanToNum(x.handle, ...values, x.handle),
		nanToNumBackward,
		() => [x],
	);
}

const nanToNumBackward: Derivative = {
	name: "NanToNumBackward0",
	backward: (node, grad) => [where(node.saved(0).isfinite(), grad, 0)],
};

export { clamp as clip };

declare module "../core/tensor" {
	interface Tensor {
		/** Bounded by `min` and `max`, numbers or tensors; NaN stays NaN. `x.clamp(0, 1)`, `x.clamp({max: 1})` */
		clamp(...args: ClampArguments): Tensor;
		clamp_(...args: ClampArguments): this;
		/** Another name of `clamp`. */
		clip(...args: ClampArguments): Tensor;
		/** Another name of `clamp_`. */
		clip_(...args: ClampArguments): this;
		clampMin(min: number | Tensor): Tensor;
		clampMin_(min: number | Tensor): this;
		clampMax(max: number | Tensor): Tensor;
		clampMax_(max: number | Tensor): this;
		/** NaN and the infinities replaced by numbers. */
		nanToNum(...args: NanToNumArguments): Tensor;
		nanToNum_(...args: NanToNumArguments): this;
	}
}

asMethods({
	clamp,
	clamp_,
	clip: clamp,
	clip_: clamp_,
	clampMin,
	clampMin_: (x, min: number | Tensor) => clamp_(x, min),
	clampMax,
	clampMax_: (x, max: number | Tensor) => clamp_(x, null, max),
	nanToNum,
	nanToNum_,
});
