import { inPlace, record, tracked } from "../autograd/record";
import { describe } from "../core/arguments";
import { float64 } from "../core/dtype";
import { type Handle, native, type Operand } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { pow } from "./binary";
import { operand } from "./broadcast";
import { cast } from "./copy";
import { asMethods } from "./methods";
import { underivable } from "./underivable";

/* Pointwise functions of two tensors that are seldom needed, and tests of single elements. */

type Kernel = (a: Operand, b: Operand, out?: Handle) => Handle;
type Pair = (a: Tensor, b: Tensor) => Tensor;

function withoutSlope(
	op: string,
	kernel: Kernel,
): { apply: Pair; applyInPlace: <T extends Tensor>(a: T, b: Tensor) => T } {
	const derivative = underivable(op);
	const given = (b: Tensor) => {
		if (!(b instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(b)}`);
		return b.handle;
	};
	const check = (a: Tensor, b: Tensor) => {
		given(a);
		given(b);
		if (op === "heaviside" && a.dtype !== b.dtype) {
			throw new TypeError(
				`[heaviside] is not implemented for tensors with different dtypes, got ${a.dtype} and ${b.dtype}`,
			);
		}
		if ((op === "gcd" || op === "lcm") && a.dtype.name === "bool" && b.dtype.name === "bool") {
			throw new TypeError(`[${op}] is not implemented for bool tensors`);
		}
	};
	return {
		apply(a, b) {
			check(a, b);
			const out = wrap(kernel(a.handle, b.handle));
			return out.isFloatingPoint() && tracked(a, b) ? record(out, derivative, [a, b]) : out;
		},
		applyInPlace(a, b) {
			check(a, b);
			return inPlace(`${op}_`, a, [b], () => kernel(a.handle, b.handle, a.handle), derivative);
		},
	};
}

const steps = withoutSlope("heaviside", (a, b, out) => {
	if (native.dtype(a as Handle) !== native.dtype(b as Handle)) {
		throw new TypeError("[heaviside] expects tensors of one dtype");
	}
	return native.heaviside(a, b, out);
});
const neighbours = withoutSlope("nextafter", native.nextafter);
const divisors = withoutSlope("gcd", native.gcd);
const multiples = withoutSlope("lcm", native.lcm);

/** 0 where x is negative (or NaN), 1 where it is positive, `values` (broadcast) where it is 0. */
export const heaviside: Pair = steps.apply;
/** The next number of the dtype from x towards `other`. */
export const nextafter: Pair = neighbours.apply;
/** The greatest common divisor of integers; that of 0 and n is |n|. */
export const gcd: Pair = divisors.apply;
/** The least common multiple of integers; 0 where one of them is. */
export const lcm: Pair = multiples.apply;

/** x · 2^other */
export function ldexp(x: Tensor, other: Tensor): Tensor {
	return x.mul(other.exp2());
}

/** `base` to the power of `exponent` in float64; one of them may be a number. */
export function floatPower(base: Tensor | Scalar, exponent: Tensor | Scalar): Tensor {
	const wide = (value: Tensor | Scalar) => (value instanceof Tensor ? cast(value, float64) : value);
	return pow(wide(base), wide(exponent));
}

function floatPower_<T extends Tensor>(x: T, exponent: Tensor | Scalar): T {
	if (x.dtype !== float64) {
		throw new TypeError(`[floatPower_] the base given to floatPower_ has dtype ${x.dtype} but needs torch.float64`);
	}
	x.pow_(exponent instanceof Tensor ? cast(exponent, float64) : exponent);
	return x;
}

/** Whether the sign bit is set, as in negative numbers and -0. */
export function signbit(x: Tensor): Tensor {
	return wrap(native.signbit(x.handle));
}

/** Whether each element is +∞. */
export function isposinf(x: Tensor): Tensor {
	return wrap(native.eq(x.handle, Number.POSITIVE_INFINITY));
}

/** Whether each element is −∞. */
export function isneginf(x: Tensor): Tensor {
	return wrap(native.eq(x.handle, Number.NEGATIVE_INFINITY));
}

/** Whether each element is real: all are, there being no complex numbers here. */
export function isreal(x: Tensor): Tensor {
	return wrap(native.full(x.shape, true, 8, x.handle));
}

export interface IsinOptions {
	/** Accepted as PyTorch does, where it saves a check for repeated values; changes nothing here. */
	assumeUnique?: boolean;
	/** Whether each element is *not* among them. Default false. */
	invert?: boolean;
}

/** Whether each element is among `testElements`; a NaN never is. */
export function isin(elements: Tensor | Scalar, testElements: Tensor | Scalar, options: IsinOptions = {}): Tensor {
	const x = elementsOf(elements, testElements);
	const among = elementsOf(testElements, elements).detach().reshape(-1);
	const { invert = false } = options;
	if (among.numel() === 0) return wrap(native.full(x.shape, invert, 8, x.handle));
	const sorted = among.sort().values;
	const place = wrap(native.searchsorted(sorted.handle, native.contiguous(x.handle), false));
	const found = sorted.take(place.clamp(0, among.numel() - 1)).eq(x.detach());
	return invert ? found.logicalNot() : found;
}

function elementsOf(value: Tensor | Scalar, other: Tensor | Scalar): Tensor {
	if (value instanceof Tensor) return value;
	if (!(other instanceof Tensor)) throw new TypeError("[isin] one of the arguments must be a tensor, got two numbers");
	return wrap(native.full([], operand("isin", value) as Scalar, other.dtype.code, other.handle));
}

declare module "../core/tensor" {
	interface Tensor {
		/** 0 where self is negative, 1 where it is positive, `values` (broadcast) where it is 0. */
		heaviside(values: Tensor): Tensor;
		heaviside_(values: Tensor): this;
		/** The next number of the dtype towards `other`. */
		nextafter(other: Tensor): Tensor;
		nextafter_(other: Tensor): this;
		/** The greatest common divisor of integers. */
		gcd(other: Tensor): Tensor;
		gcd_(other: Tensor): this;
		/** The least common multiple of integers. */
		lcm(other: Tensor): Tensor;
		lcm_(other: Tensor): this;
		/** self · 2^other */
		ldexp(other: Tensor): Tensor;
		ldexp_(other: Tensor): this;
		/** self to the power of `exponent`, in float64 */
		floatPower(exponent: Tensor | Scalar): Tensor;
		floatPower_(exponent: Tensor | Scalar): this;
		/** Whether the sign bit is set, as in negative numbers and -0. */
		signbit(): Tensor;
		isposinf(): Tensor;
		isneginf(): Tensor;
		isreal(): Tensor;
	}
}

asMethods({
	heaviside,
	heaviside_: steps.applyInPlace,
	nextafter,
	nextafter_: neighbours.applyInPlace,
	gcd,
	gcd_: divisors.applyInPlace,
	lcm,
	lcm_: multiples.applyInPlace,
	ldexp,
	ldexp_: (x, other: Tensor) => x.mul_(other.exp2()),
	floatPower,
	floatPower_,
	signbit,
	isposinf,
	isneginf,
	isreal,
});
