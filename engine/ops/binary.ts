import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { autocastState } from "../core/autocast";
import { type Handle, native, type Operand } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, operand, unbroadcast } from "./broadcast";
import { raisedOnCards } from "./castPolicy";
import { zerosAs } from "./copy";
import { asMethods } from "./methods";
import { underivable } from "./underivable";

/*
 * Pointwise functions of two tensors, or of a tensor and a number, as one table: kernel, and the slope in each operand.
 * A row gives the function and the method; `pow`, `remainder` and others get their in-place form as well.
 */

/** A method for each row. */
export interface BinaryMethods {
	/** self to the power of `other` */
	pow(exponent: Tensor | Scalar | { exponent: Tensor | Scalar }): Tensor;
	/** What is left of the division; the sign follows the divisor. */
	remainder(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** What is left of the division; the sign follows the dividend. */
	fmod(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The larger; NaN wins. */
	maximum(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The smaller; NaN wins. */
	minimum(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The larger; NaN loses. */
	fmax(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The smaller; NaN loses. */
	fmin(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The angle of the point (other, self). */
	atan2(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** √(self² + other²) */
	hypot(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** ln(eˢᵉˡᶠ + eᵒᵗʰᵉʳ) */
	logaddexp(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** log₂(2ˢᵉˡᶠ + 2ᵒᵗʰᵉʳ) */
	logaddexp2(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** self · ln(other), 0 where self is 0 */
	xlogy(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
	/** The size of self with the sign of `other`. */
	copysign(other: Tensor | Scalar | { other: Tensor | Scalar }): Tensor;
}

type Name = keyof BinaryMethods;
type Functions = { readonly [K in Name]: (a: Tensor, b: Tensor | Scalar) => Tensor };
type Value = Tensor | Scalar;

/** The slope in one operand, from the gradient, both operands and the result. */
type Slope = (grad: Tensor, a: Value, b: Value, result: () => Tensor) => Tensor;

interface Row {
	kernel: (a: Operand, b: Operand, out?: Handle) => Handle;
	slopes: readonly [Slope, Slope];
	/** The graph node by what the operands are. */
	node: (a: Value, b: Value) => string;
}

const asIs = (name: string) => () => name;
/** PyTorch counts: tensor and number 0, two tensors 1, number and tensor 2. */
const counted = (name: string) => (a: Value, b: Value) =>
	`${name}${!(b instanceof Tensor) ? 0 : a instanceof Tensor ? 1 : 2}`;

/** The one that loses gets nothing; equals share the gradient; beside a NaN both get all of it. */
function shared(loses: (a: Tensor, b: Value) => Tensor): readonly [Slope, Slope] {
	const slope = (grad: Tensor, own: Tensor, other: Value) =>
		grad.div(2).where(own.eq(other), grad).maskedFill(loses(own, other), 0);
	return [(grad, a, b) => slope(grad, tensor(a, grad), b), (grad, a, b) => slope(grad, tensor(b, grad), a)];
}

/** As `shared`, but a NaN gets nothing beside a number, and of two NaN the first gets all. */
function sharedByNumbers(loses: (a: Tensor, b: Value) => Tensor): readonly [Slope, Slope] {
	const slope = (grad: Tensor, own: Tensor, other: Tensor, first: boolean) => {
		const nan = first ? own.isnan().logicalAnd(other.isnan().logicalNot()) : own.isnan();
		return grad.div(2).where(own.eq(other), grad).maskedFill(loses(own, other).logicalOr(nan), 0);
	};
	return [
		(grad, a, b) => slope(grad, tensor(a, grad), tensor(b, grad), true),
		(grad, a, b) => slope(grad, tensor(b, grad), tensor(a, grad), false),
	];
}

/** @internal A number as a tensor that promotes as the number does. */
export function tensor(value: Value, like: Tensor): Tensor {
	return value instanceof Tensor ? value : wrap(native.full([], value, like.dtype.code, like.handle));
}

const rows: { readonly [K in Name]: Row } = {
	pow: {
		kernel: native.pow,
		node: counted("PowBackward"),
		slopes: [powBase, powExponent],
	},
	remainder: {
		kernel: native.remainder,
		node: (_a, b) => (b instanceof Tensor ? "RemainderBackward1" : "RemainderBackward0"),
		slopes: [(grad) => grad, (grad, a, b) => grad.neg().mul(tensor(a, grad).div(b, { roundingMode: "floor" }))],
	},
	fmod: {
		kernel: native.fmod,
		node: (_a, b) => (b instanceof Tensor ? "FmodBackward1" : "FmodBackward0"),
		slopes: [(grad) => grad, (grad, a, b) => grad.neg().mul(tensor(a, grad).div(b, { roundingMode: "trunc" }))],
	},
	maximum: { kernel: native.maximum, node: asIs("MaximumBackward0"), slopes: shared((a, b) => a.lt(b)) },
	minimum: { kernel: native.minimum, node: asIs("MinimumBackward0"), slopes: shared((a, b) => a.gt(b)) },
	fmax: { kernel: native.fmax, node: asIs("FmaxBackward0"), slopes: sharedByNumbers((a, b) => a.lt(b)) },
	fmin: { kernel: native.fmin, node: asIs("FminBackward0"), slopes: sharedByNumbers((a, b) => a.gt(b)) },
	atan2: {
		kernel: native.atan2,
		node: asIs("Atan2Backward0"),
		slopes: [
			(grad, a, b) => grad.mul(b).mul(inverseSquares(a, b, grad)),
			(grad, a, b) => grad.mul(tensor(a, grad).neg()).mul(inverseSquares(a, b, grad)),
		],
	},
	hypot: {
		kernel: native.hypot,
		node: asIs("HypotBackward0"),
		slopes: [
			(grad, a, _b, result) => grad.mul(tensor(a, grad).div(result())),
			(grad, _a, b, result) => grad.mul(tensor(b, grad).div(result())),
		],
	},
	logaddexp: {
		kernel: native.logaddexp,
		node: asIs("LogaddexpBackward0"),
		slopes: [
			(grad, a, b) => grad.mul(tensor(a, grad).sub(b).sigmoid()),
			(grad, a, b) => grad.mul(tensor(b, grad).sub(a).sigmoid()),
		],
	},
	logaddexp2: {
		kernel: native.logaddexp2,
		node: asIs("Logaddexp2Backward0"),
		slopes: [
			(grad, a, b) => grad.mul(tensor(a, grad).sub(b).mul(Math.LN2).sigmoid()),
			(grad, a, b) => grad.mul(tensor(b, grad).sub(a).mul(Math.LN2).sigmoid()),
		],
	},
	xlogy: {
		kernel: native.xlogy,
		node: (a, b) => `XlogyBackward${!(b instanceof Tensor) ? 2 : a instanceof Tensor ? 0 : 1}`,
		slopes: [
			(grad, a, b) => {
				const log = tensor(b, grad).log();
				// Where 0 · ln(b) was 0 the slope is 0 too.
				return grad.mul(log.maskedFill(tensor(a, grad).eq(0).logicalAnd(tensor(b, grad).le(0)), 0));
			},
			(grad, a, b) => grad.mul(tensor(a, grad).div(b)),
		],
	},
	copysign: {
		kernel: native.copysign,
		node: (_a, b) => `CopysignBackward${b instanceof Tensor ? 0 : 1}`,
		slopes: [
			(grad, a, _b, result) => {
				const ratio = result().div(a).detach();
				return grad.mul(ratio.maskedFill(tensor(a, grad).eq(0), 0));
			},
			(grad) => zerosAs(grad),
		],
	},
};

function inverseSquares(a: Value, b: Value, grad: Tensor): Tensor {
	const [x, y] = [tensor(a, grad), tensor(b, grad)];
	return x.mul(x).add(y.mul(y)).reciprocal();
}

function powBase(grad: Tensor, a: Value, b: Value): Tensor {
	const base = tensor(a, grad);
	if (!(b instanceof Tensor)) {
		const exponent = Number(b);
		if (exponent === 0) return zerosAs(grad);
		return grad.mul(exponent === 2 ? base.mul(2) : base.pow(exponent - 1).mul(exponent));
	}
	return grad.mul(b.mul(base.pow(b.sub(1)))).maskedFill(b.eq(0), 0);
}

/** 0 where 0 is raised to a power that is not negative. */
function powExponent(grad: Tensor, a: Value, b: Value, result: () => Tensor): Tensor {
	const base = tensor(a, grad);
	const exponent = tensor(b, grad);
	const flat = base.eq(0).logicalAnd(exponent.ge(0));
	return grad.mul(result().mul(base.log())).maskedFill(flat, 0);
}

interface Attributes {
	/** The operands that are numbers; null where a tensor was saved. */
	numbers: readonly [Scalar | null, Scalar | null];
	shapes: readonly [Broadcast, Broadcast];
}

function numbersOf(a: Value, b: Value): Attributes["numbers"] {
	return [a instanceof Tensor ? null : a, b instanceof Tensor ? null : b];
}

function tensorsOf(a: Value, b: Value): (Tensor | null)[] {
	return [a instanceof Tensor ? a : null, b instanceof Tensor ? b : null];
}

/** @internal The function of a row and its in-place form. */
export function define(name: string, { kernel, slopes, node: nodeName }: Row) {
	const backward: Derivative["backward"] = (node, grad) => {
		const { numbers, shapes } = node.attributes as Attributes;
		const a = numbers[0] ?? node.saved(0);
		const b = numbers[1] ?? node.saved(1);
		// Computed again rather than kept: few slopes ask for it.
		const result = () => apply(a, b);
		return slopes.map((slope, i) => (node.needs(i) ? unbroadcast(slope(grad, a, b, result), shapes[i]!) : null));
	};
	const derivatives = new Map<string, Derivative>();
	const derivativeFor = (a: Value, b: Value): Derivative => {
		const title = nodeName(a, b);
		let found = derivatives.get(title);
		if (found === undefined) {
			found = { name: title, backward };
			derivatives.set(title, found);
		}
		return found;
	};
	const apply = (a: Value, b: Value): Tensor => {
		const out = wrap(kernel(operand(name, a), operand(name, b)));
		if (!tracked(a, b)) return out;
		const attributes = { numbers: numbersOf(a, b), shapes: [broadcastOf(a, out), broadcastOf(b, out)] };
		return record(out, derivativeFor(a, b), [a, b], tensorsOf(a, b), attributes);
	};
	const applyInPlace = <T extends Tensor>(a: T, b: Value): T => {
		const write = () => kernel(a.handle, operand(`${name}_`, b), a.handle);
		const attributes = { numbers: numbersOf(a, b), shapes: [null, broadcastOf(b, a)] };
		return inPlace(`${name}_`, a, [b], write, derivativeFor(a, b), () => tensorsOf(a, b), attributes);
	};
	return { apply, applyInPlace };
}

/** The rows of which PyTorch has an in-place form. */
const inPlaceNames = ["pow", "remainder", "fmod", "atan2", "hypot", "xlogy", "copysign"] as const;
type InPlaceMethods = { [K in (typeof inPlaceNames)[number] as `${K}_`]: BinaryMethods[K] };

/** Autocast raises powers on cards. */
function raisedPower(plain: (a: Value, b: Value) => Tensor) {
	return (a: Value, b: Value) => (autocastState.active ? raisedOnCards(plain, a, b) : plain(a, b));
}

const functions = {} as Record<Name, (a: Value, b: Value) => Tensor>;
for (const name of Object.keys(rows) as Name[]) {
	const { apply: plain, applyInPlace } = define(name, rows[name]);
	const apply = name === "pow" ? raisedPower(plain) : plain;
	functions[name] = apply;
	asMethods({ [name]: apply });
	if ((inPlaceNames as readonly string[]).includes(name)) asMethods({ [`${name}_`]: applyInPlace });
}

export const {
	remainder,
	fmod,
	maximum,
	minimum,
	fmax,
	fmin,
	atan2,
	hypot,
	logaddexp,
	logaddexp2,
	copysign,
}: Functions = functions;

/** `base` to the power of `exponent`; one of them may be a number. */
export function pow(base: Tensor | Scalar, exponent: Tensor | Scalar): Tensor {
	return functions.pow(oneTensor("pow", base, exponent), exponent);
}

/** x · ln(y), 0 where x is 0; one of them may be a number. */
export function xlogy(x: Tensor | Scalar, y: Tensor | Scalar): Tensor {
	return functions.xlogy(oneTensor("xlogy", x, y), y);
}

function oneTensor(op: string, a: Value, b: Value): Value {
	if (a instanceof Tensor || b instanceof Tensor) return a;
	throw new TypeError(`[${op}] one of the operands must be a tensor, got ${String(a)} and ${String(b)}`);
}

/** The quotient rounded down; a gradient through it is refused, as in PyTorch: `div` with `roundingMode` has one, of zeros. */
export function floorDivide(a: Tensor | Scalar, b: Tensor | Scalar): Tensor {
	const out = wrap(native.floorDivide(operand("floorDivide", a), operand("floorDivide", b)));
	return out.isFloatingPoint() && tracked(a, b) ? record(out, floorDivideBackward, [a, b]) : out;
}

function floorDivide_<T extends Tensor>(a: T, b: Tensor | Scalar): T {
	const write = () => native.floorDivide(a.handle, operand("floorDivide_", b), a.handle);
	return inPlace("floorDivide_", a, [b], write, floorDivideBackward);
}

const floorDivideBackward = underivable("floorDivide");

declare module "../core/tensor" {
	interface Tensor extends BinaryMethods, InPlaceMethods {
		/** The quotient rounded down; no gradient. */
		floorDivide(other: Tensor | Scalar): Tensor;
		floorDivide_(other: Tensor | Scalar): this;
	}
}

asMethods({ floorDivide, floorDivide_ });
