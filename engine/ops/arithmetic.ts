import type { Derivative, Gradient } from "../autograd/node";
import { inPlace, record, tracked, wrote } from "../autograd/record";
import { describe } from "../core/arguments";
import { native, type Operand } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, operand, unbroadcast } from "./broadcast";
import { zerosAs } from "./copy";
import { methods } from "./methods";

/*
 * Sums, products, quotients, powers. Each op: forward, in-place form, derivative; the methods at the end.
 * Operands broadcast against each other and are promoted to a common dtype.
 */

type Operands = { a: Broadcast; b: Broadcast; alpha: number };

/** a + alpha·b; one of them may be a number */
export function add(a: Tensor | Scalar, b: Tensor | Scalar, options: { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	const out = wrap(native.add(left("add", a, b), operand("add", b), alpha));
	if (!tracked(a, b)) return out;
	return record(out, addBackward, [a, b], [], { a: broadcastOf(a, out), b: broadcastOf(b, out), alpha });
}

/** The first operand, which may be a number where the second is a tensor: `sub(1, x)` is Python's `1 - x`. */
function left(op: string, a: Tensor | Scalar, b: Tensor | Scalar): Operand {
	if (a instanceof Tensor) return a.handle;
	if (!(b instanceof Tensor)) {
		throw new TypeError(`[${op}] expected a tensor among the operands, got ${describe(a)} and ${describe(b)}`);
	}
	return operand(op, a);
}

const addBackward: Derivative = {
	name: "AddBackward0",
	backward(node, grad) {
		const { a, b, alpha } = node.attributes as Operands;
		return [
			node.needs(0) ? unbroadcast(grad, a) : null,
			node.needs(1) ? unbroadcast(alpha === 1 ? grad : grad.mul(alpha), b) : null,
		];
	},
};

export function add_(a: Tensor, b: Tensor | Scalar, options: { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	const write = () => native.add(a.handle, operand("add_", b), alpha, a.handle);
	if (wrote("add_", a, b, write)) return a;
	return inPlace("add_", a, [b], write, addBackward, undefined, { a: null, b: broadcastOf(b, a), alpha });
}

/** a − alpha·b; one of them may be a number */
export function sub(a: Tensor | Scalar, b: Tensor | Scalar, options: { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	const out = wrap(native.sub(left("sub", a, b), operand("sub", b), alpha));
	if (!tracked(a, b)) return out;
	return record(out, subBackward, [a, b], [], { a: broadcastOf(a, out), b: broadcastOf(b, out), alpha });
}

const subBackward: Derivative = {
	name: "SubBackward0",
	backward(node, grad) {
		const { a, b, alpha } = node.attributes as Operands;
		return [
			node.needs(0) ? unbroadcast(grad, a) : null,
			node.needs(1) ? unbroadcast(alpha === 1 ? grad.neg() : grad.mul(-alpha), b) : null,
		];
	},
};

export function sub_(a: Tensor, b: Tensor | Scalar, options: { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	const write = () => native.sub(a.handle, operand("sub_", b), alpha, a.handle);
	if (wrote("sub_", a, b, write)) return a;
	return inPlace("sub_", a, [b], write, subBackward, undefined, { a: null, b: broadcastOf(b, a), alpha });
}

/** alpha-scaled b from the left: other − alpha·self */
export function rsub(a: Tensor, b: Tensor | Scalar, options: { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	const out = wrap(native.sub(operand("rsub", b), a.handle, alpha));
	if (!tracked(a, b)) return out;
	return record(out, b instanceof Tensor ? rsubBackward : rsubScalarBackward, [b, a], [], {
		a: broadcastOf(b, out),
		b: broadcastOf(a, out),
		alpha,
	});
}

const rsubBackward: Derivative = { ...subBackward, name: "RsubBackward0" };
const rsubScalarBackward: Derivative = { ...subBackward, name: "RsubBackward1" };

/** An operand is kept only where the other's gradient asks for it. */
function saveForProduct(a: Tensor, b: Tensor | Scalar): Gradient[] {
	return [b instanceof Tensor && b.requiresGrad ? a : null, b instanceof Tensor && a.requiresGrad ? b : null];
}

type Product = { a: Broadcast; b: Broadcast; scalar: Scalar | null };

function productOf(a: Broadcast, b: Tensor | Scalar, out: Tensor): Product {
	return { a, b: broadcastOf(b, out), scalar: b instanceof Tensor ? null : b };
}

/** a · b; one of them may be a number */
export function mul(a: Tensor | Scalar, b: Tensor | Scalar): Tensor {
	if (!(a instanceof Tensor)) {
		left("mul", a, b);
		return mul(b, a);
	}
	const out = wrap(native.mul(a.handle, operand("mul", b)));
	if (!tracked(a, b)) return out;
	return record(out, mulBackward, [a, b], saveForProduct(a, b), productOf(broadcastOf(a, out), b, out));
}

const mulBackward: Derivative = {
	name: "MulBackward0",
	backward(node, grad) {
		const { a, b, scalar } = node.attributes as Product;
		return [
			node.needs(0) ? unbroadcast(grad.mul(scalar === null ? node.saved(1) : node.number(scalar)), a) : null,
			node.needs(1) ? unbroadcast(grad.mul(node.saved(0)), b) : null,
		];
	},
};

export function mul_(a: Tensor, b: Tensor | Scalar): Tensor {
	const write = () => native.mul(a.handle, operand("mul_", b), a.handle);
	if (wrote("mul_", a, b, write)) return a;
	return inPlace("mul_", a, [b], write, mulBackward, () => saveForProduct(a, b), productOf(null, b, a));
}

export interface DivOptions {
	/** "trunc" rounds the quotient towards zero, "floor" down; then no gradient flows. */
	roundingMode?: "trunc" | "floor" | null;
}

/** a / b, one of which may be a number; of integers in the default float dtype */
export function div(a: Tensor | Scalar, b: Tensor | Scalar, options: DivOptions = {}): Tensor {
	const mode = options.roundingMode ?? null;
	if (mode !== null) return roundedDiv(a, b, mode);
	const out = wrap(native.div(left("div", a, b), operand("div", b)));
	if (!tracked(a, b)) return out;
	return record(out, divBackward, [a, b], saveForQuotient(a, b), quotientOf(a, b, out));
}

function saveForQuotient(a: Tensor | Scalar, b: Tensor | Scalar): Gradient[] {
	return [a instanceof Tensor && b instanceof Tensor && b.requiresGrad ? a : null, b instanceof Tensor ? b : null];
}

type Quotient = Product & { dividend: Scalar | null };

function quotientOf(a: Tensor | Scalar, b: Tensor | Scalar, out: Tensor): Quotient {
	return { ...productOf(broadcastOf(a, out), b, out), dividend: a instanceof Tensor ? null : a };
}

const divBackward: Derivative = {
	name: "DivBackward0",
	backward(node, grad) {
		const { a, b, scalar, dividend } = node.attributes as Quotient;
		const divisor = scalar === null ? node.saved(1) : node.number(scalar);
		return [
			node.needs(0) ? unbroadcast(grad.div(divisor), a) : null,
			node.needs(1) ? unbroadcast(grad.neg().mul(div(dividend ?? node.saved(0), divisor).div(divisor)), b) : null,
		];
	},
};

export function div_(a: Tensor, b: Tensor | Scalar, options: DivOptions = {}): Tensor {
	const mode = options.roundingMode ?? null;
	const divisor = operand("div_", b);
	if (mode === null) {
		const write = () => native.div(a.handle, divisor, a.handle);
		if (wrote("div_", a, b, write)) return a;
		return inPlace("div_", a, [b], write, divBackward, () => saveForQuotient(a, b), {
			...productOf(null, b, a),
			dividend: null,
		});
	}
	const kernel = roundedKernel(mode);
	const zero = { a: null, b: broadcastOf(b, a) };
	return inPlace("div_", a, [b], () => kernel(a.handle, divisor, a.handle), roundedDivBackward, undefined, zero);
}

function roundedKernel(mode: string) {
	if (mode === "trunc") return native.truncDivide;
	if (mode === "floor") return native.floorDivide;
	throw new TypeError(`[div] roundingMode must be null, "trunc" or "floor", got ${JSON.stringify(mode)}`);
}

function roundedDiv(a: Tensor | Scalar, b: Tensor | Scalar, mode: string): Tensor {
	const out = wrap(roundedKernel(mode)(left("div", a, b), operand("div", b)));
	if (!tracked(a, b)) return out;
	return record(out, roundedDivBackward, [a, b], [], { a: broadcastOf(a, out), b: broadcastOf(b, out) });
}

/** Steps have no slope. */
const roundedDivBackward: Derivative = {
	name: "DivBackward2",
	backward(node, grad) {
		const { a, b } = node.attributes as Operands;
		return [node.needs(0) ? unbroadcast(zerosAs(grad), a) : null, node.needs(1) ? unbroadcast(zerosAs(grad), b) : null];
	},
};

export function neg(a: Tensor): Tensor {
	const out = wrap(native.neg(a.handle));
	return tracked(a) ? record(out, negBackward, [a]) : out;
}

const negBackward: Derivative = { name: "NegBackward0", backward: (_node, grad) => [grad.neg()] };

export function neg_(a: Tensor): Tensor {
	return inPlace("neg_", a, [], () => native.neg(a.handle, a.handle), negBackward);
}

declare module "../core/tensor" {
	interface Tensor {
		/** self + alpha·other (alpha 1 by default) */
		add(other: Tensor | Scalar, options?: { alpha?: number }): Tensor;
		add_(other: Tensor | Scalar, options?: { alpha?: number }): this;
		/** self − alpha·other */
		sub(other: Tensor | Scalar, options?: { alpha?: number }): Tensor;
		sub_(other: Tensor | Scalar, options?: { alpha?: number }): this;
		mul(other: Tensor | Scalar): Tensor;
		mul_(other: Tensor | Scalar): this;
		/** self / other; of integers in the default float dtype */
		div(other: Tensor | Scalar, options?: DivOptions): Tensor;
		div_(other: Tensor | Scalar, options?: DivOptions): this;
		/** −x */
		neg(): Tensor;
		neg_(): this;
	}
}

methods({
	add(other, options) {
		return add(this, other, options);
	},
	add_(other, options) {
		return add_(this, other, options);
	},
	sub(other, options) {
		return sub(this, other, options);
	},
	sub_(other, options) {
		return sub_(this, other, options);
	},
	mul(other) {
		return mul(this, other);
	},
	mul_(other) {
		return mul_(this, other);
	},
	div(other, options) {
		return div(this, other, options);
	},
	div_(other, options) {
		return div_(this, other, options);
	},
	neg() {
		return neg(this);
	},
	neg_() {
		return neg_(this);
	},
});
