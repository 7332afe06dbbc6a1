import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind, describe } from "../core/arguments";
import { type Handle, native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, operand, unbroadcast } from "./broadcast";
import { zerosAs } from "./copy";
import { asMethods } from "./methods";

/* Choosing, bounding and blending: where, clamp, lerp, addcmul, addcdiv. */

type Shapes = readonly Broadcast[];

/** `a` where `condition` is true, else `b`; with the condition alone, the positions where it is true. */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a: Tensor | Scalar, b: Tensor | Scalar): Tensor;
export function where(condition: Tensor, a?: Tensor | Scalar, b?: Tensor | Scalar): Tensor | Tensor[] {
	if (!(condition instanceof Tensor)) {
		throw new TypeError(`[where] condition must be a bool tensor, got ${describe(condition)}`);
	}
	if (a === undefined || b === undefined) return wrap(native.nonzero(condition.handle)).unbind(1);
	if (condition.dtype.name !== "bool") {
		throw new TypeError(`[where] condition must be a bool tensor, got ${condition.dtype}`);
	}
	const out = wrap(native.where(condition.handle, operand("where", a), operand("where", b)));
	if (!tracked(a, b)) return out;
	return record(out, whereBackward, [condition, a, b], [condition], [broadcastOf(a, out), broadcastOf(b, out)]);
}

const whereBackward: Derivative = {
	name: "WhereBackward0",
	backward(node, grad) {
		const [a, b] = node.attributes as [Broadcast, Broadcast];
		const condition = node.saved(0);
		return [
			null,
			node.needs(1) ? unbroadcast(where(condition, grad, 0), a) : null,
			node.needs(2) ? unbroadcast(where(condition, 0, grad), b) : null,
		];
	},
};

/** start + weight · (end − start) */
export function lerp(start: Tensor, end: Tensor, weight: Tensor | Scalar): Tensor {
	const out = wrap(native.lerp(start.handle, end.handle, operand("lerp", weight)));
	if (!tracked(start, end, weight)) return out;
	const shapes = [start, end, weight].map((x) => broadcastOf(x, out));
	return record(
		out,
		lerpOf(weight),
		[start, end, weight],
		lerpSaved(start, end, weight),
		lerpAttributes(weight, shapes),
	);
}

function lerp_<T extends Tensor>(start: T, end: Tensor, weight: Tensor | Scalar): T {
	const by = operand("lerp_", weight);
	const write = () => native.lerp(start.handle, end.handle, by, start.handle);
	const shapes = [null, broadcastOf(end, start), broadcastOf(weight, start)];
	const saved = () => lerpSaved(start, end, weight);
	return inPlace("lerp_", start, [end, weight], write, lerpOf(weight), saved, lerpAttributes(weight, shapes));
}

interface Lerp {
	weight: Scalar | null;
	shapes: Shapes;
}

function lerpAttributes(weight: Tensor | Scalar, shapes: Shapes): Lerp {
	return { weight: weight instanceof Tensor ? null : weight, shapes };
}

function lerpSaved(start: Tensor, end: Tensor, weight: Tensor | Scalar): (Tensor | null)[] {
	if (!(weight instanceof Tensor)) return [null, null, null];
	return weight.requiresGrad ? [start, end, weight] : [null, null, weight];
}

function lerpOf(weight: Tensor | Scalar): Derivative {
	return weight instanceof Tensor ? lerpTensorBackward : lerpBackward;
}

const lerpBackward: Derivative = {
	name: "LerpBackward0",
	backward(node, grad) {
		const { weight, shapes } = node.attributes as Lerp;
		const by = weight ?? node.saved(2);
		const rest = by instanceof Tensor ? by.neg().add(1) : 1 - Number(by);
		return [
			node.needs(0) ? unbroadcast(grad.mul(rest), shapes[0]!) : null,
			node.needs(1) ? unbroadcast(grad.mul(by), shapes[1]!) : null,
			node.needs(2) ? unbroadcast(grad.mul(node.saved(1).sub(node.saved(0))), shapes[2]!) : null,
		];
	},
};

const lerpTensorBackward: Derivative = { ...lerpBackward, name: "LerpBackward1" };

type ValueOption = number | { value?: number };

function factorOf(option: ValueOption): number {
	return typeof option === "number" ? option : (option.value ?? 1);
}

interface Scaled {
	value: number;
	shapes: Shapes;
}

/** x + value · a · b */
export function addcmul(x: Tensor, a: Tensor, b: Tensor, options: ValueOption = 1): Tensor {
	const value = factorOf(options);
	const out = wrap(native.addcmul(x.handle, a.handle, b.handle, value));
	if (!tracked(x, a, b)) return out;
	const shapes = [x, a, b].map((input) => broadcastOf(input, out));
	return record(out, addcmulBackward, [x, a, b], [a, b], { value, shapes });
}

function addcmul_<T extends Tensor>(x: T, a: Tensor, b: Tensor, options: ValueOption = 1): T {
	const value = factorOf(options);
	const write = () => native.addcmul(x.handle, a.handle, b.handle, value, x.handle);
	const shapes = [null, broadcastOf(a, x), broadcastOf(b, x)];
	return inPlace("addcmul_", x, [a, b], write, addcmulBackward, () => [a, b], { value, shapes });
}

const addcmulBackward: Derivative = {
	name: "AddcmulBackward0",
	backward(node, grad) {
		const { value, shapes } = node.attributes as Scaled;
		const scaled = value === 1 ? grad : grad.mul(value);
		return [
			node.needs(0) ? unbroadcast(grad, shapes[0]!) : null,
			node.needs(1) ? unbroadcast(scaled.mul(node.saved(1)), shapes[1]!) : null,
			node.needs(2) ? unbroadcast(scaled.mul(node.saved(0)), shapes[2]!) : null,
		];
	},
};

/** x + value · a / b */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options: ValueOption = 1): Tensor {
	const value = factorOf(options);
	const out = wrap(native.addcdiv(x.handle, a.handle, b.handle, value));
	if (!tracked(x, a, b)) return out;
	const shapes = [x, a, b].map((input) => broadcastOf(input, out));
	return record(out, addcdivBackward, [x, a, b], [a, b], { value, shapes });
}

function addcdiv_<T extends Tensor>(x: T, a: Tensor, b: Tensor, options: ValueOption = 1): T {
	const value = factorOf(options);
	const write = () => native.addcdiv(x.handle, a.handle, b.handle, value, x.handle);
	const shapes = [null, broadcastOf(a, x), broadcastOf(b, x)];
	return inPlace("addcdiv_", x, [a, b], write, addcdivBackward, () => [a, b], { value, shapes });
}

const addcdivBackward: Derivative = {
	name: "AddcdivBackward0",
	backward(node, grad) {
		const { value, shapes } = node.attributes as Scaled;
		const [a, b] = [node.saved(0), node.saved(1)];
		const scaled = grad.mul(value).div(b);
		return [
			node.needs(0) ? unbroadcast(grad, shapes[0]!) : null,
			node.needs(1) ? unbroadcast(scaled, shapes[1]!) : null,
			node.needs(2) ? unbroadcast(scaled.neg().mul(a.div(b)), shapes[2]!) : null,
		];
	},
};

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
		const inside = Number.isNaN(low) ? x.le(high) : Number.isNaN(high) ? x.ge(low) : x.ge(low).logicalAnd(x.le(high));
		return [where(inside, grad, 0)];
	},
};

function boundTensor(x: Tensor, bound: Bound): Tensor | null {
	if (bound === null || bound === undefined) return null;
	return bound instanceof Tensor ? bound : wrap(native.full([], bound, x.dtype.code));
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

const clampTensorsBackward: Derivative = {
	name: "ClampBackward0",
	backward(node, grad) {
		const shapes = node.attributes as Shapes;
		const [x, low, high] = node.savedTensors.map((tensor, i) => (tensor === null ? null : node.saved(i)));
		const over = high ? x!.gt(high) : null;
		const under = low ? x!.lt(low) : null;
		// Where the bounds cross the upper one wins.
		const crossed = low && high ? low.gt(high) : null;
		const byHigh = over && crossed ? over.logicalOr(crossed) : over;
		const byLow = under && byHigh ? under.logicalAnd(byHigh.logicalNot()) : under;
		const bounded = byHigh && byLow ? byHigh.logicalOr(byLow) : (byHigh ?? byLow)!;
		return [
			node.needs(0) ? unbroadcast(where(bounded, 0, grad), shapes[0]!) : null,
			node.needs(1) ? unbroadcast(where(byLow!, grad, 0), shapes[1]!) : null,
			node.needs(2) ? unbroadcast(where(byHigh!, grad, 0), shapes[2]!) : null,
		];
	},
};

const clampMinBackward: Derivative = { ...clampBackward, name: "ClampMinBackward0" };
const clampMaxBackward: Derivative = { ...clampBackward, name: "ClampMaxBackward0" };

export function clampMin(x: Tensor, min: number | Tensor): Tensor {
	if (min instanceof Tensor) return clamp(x, min);
	const out = wrap(native.clamp(x.handle, min, Number.NaN));
	return tracked(x) ? record(out, clampMinBackward, [x], [x], [min, Number.NaN]) : out;
}

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

/** Rounded to the nearest integer, halves to the even one; with `decimals`, to so many digits after the point. */
export function round(x: Tensor, options: { decimals?: number } = {}): Tensor {
	const { decimals = 0 } = bind<{ decimals: number }>("round", [options], [], ["decimals"]);
	const out = wrap(decimals === 0 ? native.round(x.handle) : native.roundDecimals(x.handle, decimals));
	return tracked(x) ? record(out, decimals === 0 ? roundBackward : roundDecimalsBackward, [x]) : out;
}

function round_<T extends Tensor>(x: T, options: { decimals?: number } = {}): T {
	const { decimals = 0 } = bind<{ decimals: number }>("round_", [options], [], ["decimals"]);
	const write = () =>
		decimals === 0 ? native.round(x.handle, x.handle) : native.roundDecimals(x.handle, decimals, x.handle);
	return inPlace("round_", x, [], write, decimals === 0 ? roundBackward : roundDecimalsBackward);
}

const roundBackward: Derivative = { name: "RoundBackward0", backward: (_node, grad) => [zerosAs(grad)] };
const roundDecimalsBackward: Derivative = { ...roundBackward, name: "RoundBackward1" };

export { clamp as clip };

declare module "../core/tensor" {
	interface Tensor {
		/** Self where `condition` is true, else `other`. */
		where(condition: Tensor, other: Tensor | Scalar): Tensor;
		/** self + weight · (end − self) */
		lerp(end: Tensor, weight: Tensor | Scalar): Tensor;
		lerp_(end: Tensor, weight: Tensor | Scalar): this;
		/** self + value · a · b */
		addcmul(a: Tensor, b: Tensor, options?: ValueOption): Tensor;
		addcmul_(a: Tensor, b: Tensor, options?: ValueOption): this;
		/** self + value · a / b */
		addcdiv(a: Tensor, b: Tensor, options?: ValueOption): Tensor;
		addcdiv_(a: Tensor, b: Tensor, options?: ValueOption): this;
		/** Bounded by `min` and `max`, numbers or tensors; NaN stays NaN. `x.clamp(0, 1)`, `x.clamp({max: 1})` */
		clamp(...args: ClampArguments): Tensor;
		clamp_(...args: ClampArguments): this;
		clip(...args: ClampArguments): Tensor;
		clip_(...args: ClampArguments): this;
		clampMin(min: number | Tensor): Tensor;
		clampMin_(min: number | Tensor): this;
		clampMax(max: number | Tensor): Tensor;
		clampMax_(max: number | Tensor): this;
		/** NaN and the infinities replaced by numbers. */
		nanToNum(...args: NanToNumArguments): Tensor;
		nanToNum_(...args: NanToNumArguments): this;
		/** Rounded to the nearest integer, halves to the even one; with `decimals`, to so many digits. */
		round(options?: { decimals?: number }): Tensor;
		round_(options?: { decimals?: number }): this;
	}
}

asMethods({
	where: (x, condition: Tensor, other: Tensor | Scalar) => where(condition, x, other),
	lerp,
	lerp_,
	addcmul,
	addcmul_,
	addcdiv,
	addcdiv_,
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
	round,
	round_,
});
