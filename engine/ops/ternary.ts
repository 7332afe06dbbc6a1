import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { describe } from "../core/arguments";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, operand, unbroadcast } from "./broadcast";
import { nonzero } from "./masks";
import { asMethods } from "./methods";

/* Choosing and blending: where, lerp, addcmul, addcdiv. */

type Shapes = readonly Broadcast[];

/** `a` where `condition` is true, else `b`; with the condition alone, the positions where it is true. */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a: Tensor | Scalar, b: Tensor | Scalar): Tensor;
export function where(condition: Tensor, a?: Tensor | Scalar, b?: Tensor | Scalar): Tensor | Tensor[] {
	if (!(condition instanceof Tensor)) {
		throw new TypeError(`[where] condition must be a bool tensor, got ${describe(condition)}`);
	}
	if (a === undefined || b === undefined) return nonzero(condition, { asTuple: true });
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
});
