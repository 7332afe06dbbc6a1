import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { describe } from "../core/arguments";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, operand, unbroadcast } from "./broadcast";
import { cloneFor } from "./copy";
import { catAlong } from "./join";
import { asMethods } from "./methods";
import { broadcastShapes } from "./view";

/* Elements chosen by a bool tensor. */

function maskTensor(op: string, mask: Tensor): Tensor {
	if (!(mask instanceof Tensor)) throw new TypeError(`[${op}] mask must be a bool tensor, got ${describe(mask)}`);
	if (mask.dtype.name !== "bool") throw new TypeError(`[${op}] mask must be a bool tensor, got ${mask.dtype}`);
	return mask;
}

function checkFill(op: string, value: Tensor | Scalar): void {
	if (value instanceof Tensor && value.ndim !== 0) {
		throw new RangeError(`[${op}] takes a number or a tensor of no dimensions as value, got ${value.ndim} dimensions`);
	}
}

/** `value` where `mask` (broadcast) is true, else the element. */
function maskedFill_<T extends Tensor>(x: T, mask: Tensor, value: Tensor | Scalar): T {
	maskTensor("maskedFill_", mask);
	checkFill("maskedFill_", value);
	const given = operand("maskedFill_", value);
	const write = () => native.maskedFill_(x.handle, mask.handle, given);
	return inPlace("maskedFill_", x, [value], write, maskedFillOf(value), () => [mask], {
		a: null,
		value: broadcastOf(value, x),
	});
}

/** `value` where `mask` (broadcast) is true, else the element. */
export function maskedFill(x: Tensor, mask: Tensor, value: Tensor | Scalar): Tensor {
	maskTensor("maskedFill", mask);
	checkFill("maskedFill", value);
	const out = wrap(native.maskedFill(x.handle, mask.handle, operand("maskedFill", value)));
	if (!tracked(x, value)) return out;
	return record(out, maskedFillOf(value), [x, value], [mask], {
		a: broadcastOf(x, out),
		value: broadcastOf(value, out),
	});
}

function maskedFillOf(value: Tensor | Scalar): Derivative {
	return value instanceof Tensor ? maskedFillTensorBackward : maskedFillBackward;
}

const maskedFillBackward: Derivative = {
	name: "MaskedFillBackward0",
	backward(node, grad) {
		const { a, value } = node.attributes as { a: Broadcast; value: Broadcast };
		const mask = node.saved(0);
		return [
			node.needs(0) ? unbroadcast(maskedFill(grad, mask, 0), a) : null,
			node.needs(1) ? unbroadcast(maskedFill(grad, mask.logicalNot(), 0), value) : null,
		];
	},
};

const maskedFillTensorBackward: Derivative = { ...maskedFillBackward, name: "MaskedFillBackward1" };

/** The elements where `mask` is true, both broadcast, as a vector. */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
	maskTensor("maskedSelect", mask);
	const out = wrap(native.maskedSelect(x.handle, mask.handle));
	return tracked(x) ? record(out, maskedSelectBackward, [x], [mask], x.shape) : out;
}

const maskedSelectBackward: Derivative = {
	name: "MaskedSelectBackward0",
	backward(node, grad) {
		const shape = node.attributes as number[];
		const mask = node.saved(0);
		const full = broadcastShapes(shape, mask.shape);
		const zeros = wrap(native.full(full, 0, grad.dtype.code, grad.handle));
		const placed = maskedScatter(zeros, mask.expand(full), grad);
		return [unbroadcast(placed, { shape, dtype: grad.dtype.code })];
	},
};

/** Writes the elements of `source`, in order, where `mask` is true. */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
	return maskedScatter_(cloneFor(x, mask, source), mask, source);
}

function maskedScatter_<T extends Tensor>(x: T, mask: Tensor, source: Tensor): T {
	const full = wrap(native.expand(maskTensor("maskedScatter_", mask).handle, x.shape));
	const flat = source.reshape(-1);
	const write = () => {
		const count = native.item(native.sum(full.handle, null, false, -1));
		if (count > native.numel(flat.handle)) {
			throw new RangeError(`[maskedScatter_] source has ${flat.numel()} elements, the mask asks for ${count}`);
		}
		native.indexPut_(x.handle, [full.handle], native.slice(flat.handle, 0, 0, count, 1), false);
	};
	return inPlace("maskedScatter_", x, [flat], write, maskedScatterBackward, () => [full], flat.numel());
}

const maskedScatterBackward: Derivative = {
	name: "MaskedScatterBackward0",
	backward(node, grad) {
		const mask = node.saved(0);
		return [
			node.needs(0) ? maskedFill(grad, mask, 0) : null,
			node.needs(1) ? placedInOrder(grad, mask, node.attributes as number) : null,
		];
	},
};

/** The masked elements in order, then zeros for what of the source was not used. */
function placedInOrder(grad: Tensor, mask: Tensor, count: number): Tensor {
	const used = maskedSelect(grad, mask);
	const rest = count - used.numel();
	return rest === 0 ? used : catAlong([used, wrap(native.full([rest], 0, used.dtype.code, used.handle))], 0);
}

/** Positions of the elements that are not 0: one row each, or with `asTuple` one vector for each dimension. */
export function nonzero(x: Tensor, options?: { asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options: { asTuple?: boolean } = {}): Tensor | Tensor[] {
	if (!options.asTuple) return wrap(native.nonzero(x.handle));
	// A scalar counts as a vector of one here.
	return wrap(native.nonzero(x.ndim === 0 ? native.reshape(x.handle, [1]) : x.handle)).unbind(1);
}

/** Positions of the elements that are not 0, one row each. */
export function argwhere(x: Tensor): Tensor {
	return wrap(native.nonzero(x.handle));
}

declare module "../core/tensor" {
	interface Tensor {
		/** `value` where `mask` (broadcast) is true, else the element. */
		maskedFill(mask: Tensor, value: Tensor | Scalar): Tensor;
		maskedFill_(mask: Tensor, value: Tensor | Scalar): this;
		/** The elements where `mask` is true, both broadcast, as a vector. */
		maskedSelect(mask: Tensor): Tensor;
		/** Writes the elements of `source`, in order, where `mask` is true. */
		maskedScatter(mask: Tensor, source: Tensor): Tensor;
		maskedScatter_(mask: Tensor, source: Tensor): this;
		/** Positions of the elements that are not 0: one row each, or with `asTuple` one vector for each dimension. */
		nonzero(options?: { asTuple?: false }): Tensor;
		nonzero(options: { asTuple: true }): Tensor[];
		/** Positions of the elements that are not 0, one row each. */
		argwhere(): Tensor;
	}
}

asMethods({
	maskedFill,
	maskedFill_,
	maskedSelect,
	maskedScatter,
	maskedScatter_,
	nonzero: nonzero as never,
	argwhere,
});
