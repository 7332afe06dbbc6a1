import type { Derivative } from "../autograd/node";
import { inPlace } from "../autograd/record";
import { bind, tensorArgument } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { noGrad } from "../core/gradMode";
import { type Handle, native, type Operand } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { operand } from "./broadcast";
import { zerosAs } from "./copy";
import { asMethods } from "./methods";

/* Comparisons, logic and bits: results without a gradient, so one table does. */

/** A method for each row; the functions and the in-place methods follow from it. */
export interface CompareMethods {
	/** self = other, element by element */
	eq(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self ≠ other, element by element */
	ne(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self < other, element by element */
	lt(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self ≤ other, element by element */
	le(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self > other, element by element */
	gt(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self ≥ other, element by element */
	ge(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** Whether both are true (not 0). */
	logicalAnd(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** Whether one of both is true (not 0). */
	logicalOr(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** Whether just one of both is true (not 0). */
	logicalXor(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self & other, of integers and bool */
	bitwiseAnd(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self | other, of integers and bool */
	bitwiseOr(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self ^ other, of integers and bool */
	bitwiseXor(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self · 2^other, of integers */
	bitwiseLeftShift(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self / 2^other rounded down, of integers */
	bitwiseRightShift(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
}

/** Tests of each element. */
export interface TestMethods {
	/** Whether each element is NaN. */
	isnan(): Tensor;
	/** Whether each element is ∞ or −∞. */
	isinf(): Tensor;
	/** Whether each element is neither infinite nor NaN. */
	isfinite(): Tensor;
	/** Whether each element is 0 (false). */
	logicalNot(): Tensor;
	/** Each bit turned over, of integers; of bool: not. */
	bitwiseNot(): Tensor;
}

type Name = keyof CompareMethods;
type Kernel = (a: Operand, b: Operand, out?: Handle) => Handle;
type Functions = { readonly [K in Name]: (a: Tensor, b: Tensor | Scalar) => Tensor };
type InPlaceMethods = { [K in Name as `${K}_`]: CompareMethods[K] };

const rows: { readonly [K in Name]: Kernel } = {
	eq: native.eq,
	ne: native.ne,
	lt: native.lt,
	le: native.le,
	gt: native.gt,
	ge: native.ge,
	logicalAnd: native.logicalAnd,
	logicalOr: native.logicalOr,
	logicalXor: native.logicalXor,
	bitwiseAnd: native.bitwiseAnd,
	bitwiseOr: native.bitwiseOr,
	bitwiseXor: native.bitwiseXor,
	bitwiseLeftShift: native.bitwiseLeftShift,
	bitwiseRightShift: native.bitwiseRightShift,
};

/** In place these leave a tensor's history as it is, as in PyTorch: `x.logicalNot_()` may be a leaf that wants a gradient. */
const silent = new Set<string>(["logicalAnd", "logicalOr", "logicalXor"]);

const flat = { backward: (_node: unknown, grad: Tensor) => [zerosAs(grad)] };

const functions = {} as Record<Name, (a: Tensor, b: Tensor | Scalar) => Tensor>;
for (const name of Object.keys(rows) as Name[]) {
	const kernel = rows[name] as Kernel;
	const apply = (a: Tensor, b: Tensor | Scalar) => wrap(kernel(a.handle, operand(name, b)));
	const node = `${name[0]!.toUpperCase()}${name.slice(1)}Backward`;
	const byNumber: Derivative = { ...flat, name: `${node}0` };
	const byTensor: Derivative = { ...flat, name: `${node}1` };
	functions[name] = (a, b) => apply(tensorArgument(name, "the first argument", a), b);
	Object.defineProperty(Tensor.prototype, name, {
		value: function (this: Tensor, b: Tensor | Scalar) {
			return apply(this, b);
		},
		writable: true,
		configurable: true,
	});
	Object.defineProperty(Tensor.prototype, `${name}_`, {
		value: function (this: Tensor, b: Tensor | Scalar) {
			const write = () => kernel(this.handle, operand(`${name}_`, b), this.handle);
			if (silent.has(name)) return written(`${name}_`, this, write);
			return inPlace(`${name}_`, this, [], write, b instanceof Tensor ? byTensor : byNumber);
		},
		writable: true,
		configurable: true,
	});
}

export const {
	eq,
	ne,
	lt,
	le,
	gt,
	ge,
	logicalAnd,
	logicalOr,
	logicalXor,
	bitwiseAnd,
	bitwiseOr,
	bitwiseXor,
	bitwiseLeftShift,
	bitwiseRightShift,
}: Functions = functions;

const tests: { readonly [K in keyof TestMethods]: (x: Handle) => Handle } = {
	isnan: native.isnan,
	isinf: native.isinf,
	isfinite: native.isfinite,
	logicalNot: native.logicalNot,
	bitwiseNot: native.bitwiseNot,
};

type Tests = { readonly [K in keyof TestMethods]: (x: Tensor) => Tensor };

const testFunctions = Object.fromEntries(
	Object.entries(tests).map(([name, kernel]) => [
		name,
		(x: Tensor) => wrap(kernel(tensorArgument(name, "the argument", x).handle)),
	]),
) as unknown as Tests;

export const { isnan, isinf, isfinite, logicalNot, bitwiseNot }: Tests = testFunctions;

export interface CloseOptions {
	/** Relative tolerance. Default 1e-5. */
	rtol?: number;
	/** Absolute tolerance. Default 1e-8. */
	atol?: number;
	/** Whether NaN equals NaN. Default false. */
	equalNan?: boolean;
}

type CloseArguments = [options?: CloseOptions] | [rtol: number, options?: CloseOptions] | [rtol: number, atol: number];

function closeOptions(op: string, args: readonly unknown[]): Required<CloseOptions> {
	return { rtol: 1e-5, atol: 1e-8, equalNan: false, ...bind<CloseOptions>(op, args, ["rtol", "atol", "equalNan"]) };
}

/** Whether |a − b| ≤ atol + rtol·|b| for all elements. */
export function allclose(a: Tensor, b: Tensor, ...options: CloseArguments): boolean {
	const { rtol, atol, equalNan } = closeOptions("allclose", options);
	return native.allclose(a.handle, tensorArgument("allclose", "other", b).handle, rtol, atol, equalNan);
}

/** Whether |a − b| ≤ atol + rtol·|b|, element by element. */
export function isclose(a: Tensor, b: Tensor, ...options: CloseArguments): Tensor {
	const { rtol, atol, equalNan } = closeOptions("isclose", options);
	let [x, y] = [a.handle, tensorArgument("isclose", "other", b).handle];
	if (a.dtype !== b.dtype)
		throw new TypeError(`[isclose] expected tensors of one dtype, got ${a.dtype} and ${b.dtype}`);
	let close = native.eq(x, y);
	if (equalNan) close = native.logicalOr(close, native.logicalAnd(native.isnan(x), native.isnan(y)));
	if (!a.isFloatingPoint()) [x, y] = [x, y].map((each) => native.to(each, getDefaultDtype().code)) as [Handle, Handle];
	const allowed = native.add(native.mul(native.abs(y), rtol), atol, 1);
	const difference = native.abs(native.sub(x, y, 1));
	const near = native.logicalAnd(native.isfinite(difference), native.le(difference, allowed));
	return wrap(native.logicalOr(close, near));
}

/** Same shape and elements. */
export function equal(a: Tensor, b: Tensor): boolean {
	return native.equal(a.handle, tensorArgument("equal", "other", b).handle);
}

declare module "../core/tensor" {
	interface Tensor extends CompareMethods, InPlaceMethods, TestMethods {
		/** Whether |self − other| ≤ atol + rtol·|other| for all elements (rtol 1e-5, atol 1e-8). */
		allclose(other: Tensor, ...options: CloseArguments): boolean;
		/** Whether |self − other| ≤ atol + rtol·|other|, element by element. */
		isclose(other: Tensor, ...options: CloseArguments): Tensor;
		logicalNot_(): this;
		bitwiseNot_(): this;
		/** Same shape and elements. */
		equal(other: Tensor): boolean;
	}
}

const notInPlace = (name: string, kernel: (x: Handle, out?: Handle) => Handle) => {
	const derivative = { ...flat, name: "NotImplemented" };
	return <T extends Tensor>(x: T): T => inPlace(name, x, [], () => kernel(x.handle, x.handle), derivative);
};

function written<T extends Tensor>(op: string, x: T, write: () => void): T {
	using _ = noGrad();
	return inPlace(op, x, [], write, { ...flat, name: "NotImplemented" });
}

asMethods({
	allclose,
	isclose,
	equal,
	isnan,
	isinf,
	isfinite,
	logicalNot,
	logicalNot_: (x) => written("logicalNot_", x, () => native.logicalNot(x.handle, x.handle)),
	bitwiseNot,
	bitwiseNot_: notInPlace("bitwiseNot_", native.bitwiseNot),
});
