import { noGrad } from "../../core/gradMode";
import { native } from "../../core/native";
import { Tensor, wrap } from "../../core/tensor";
import { Buffer, Parameter } from "../parameter";
import { UninitializedBuffer, UninitializedParameter } from "../uninitialized";

/** A method with this name makes the copy of an object of its class: Python's `__deepcopy__`. */
export const copyWith: unique symbol = Symbol("gradbook.deepcopy");

/** What a class needs to copy itself. */
export interface Copier {
	copy<V>(value: V): V;
	/** Says what the copy of `original` is, before its parts are copied: they may refer to it. */
	remember<V>(original: object, made: V): V;
}

/**
 * A copy that shares nothing with `value`, as Python's `copy.deepcopy`: modules, tensors, arrays, plain objects, maps,
 * sets and typed arrays, with what occurs twice copied once. Functions and objects of other classes are shared.
 */
export function deepcopy<T>(value: T): T {
	return copy(value, new Map()) as T;
}

type Memo = Map<object, unknown>;

function copy(value: unknown, memo: Memo): unknown {
	if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
	const known = memo.get(value);
	if (known !== undefined) return known;
	if (copyWith in value) {
		const own = (value as { [copyWith](copier: Copier): unknown })[copyWith].bind(value);
		return own({
			copy: (part) => copy(part, memo) as typeof part,
			remember: (from, made) => remember(memo, from, made),
		});
	}
	if (value instanceof Tensor) return remember(memo, value, copyTensor(value));
	if (Array.isArray(value)) {
		const out: unknown[] = [];
		memo.set(value, out);
		for (const item of value) out.push(copy(item, memo));
		return out;
	}
	if (value instanceof Map) {
		const out = remember(memo, value, new Map<unknown, unknown>());
		for (const [key, item] of value) out.set(copy(key, memo), copy(item, memo));
		return out;
	}
	if (value instanceof Set) {
		const out = remember(memo, value, new Set<unknown>());
		for (const item of value) out.add(copy(item, memo));
		return out;
	}
	if (ArrayBuffer.isView(value)) return remember(memo, value, structuredClone(value));
	if (typeof value === "object" && isPlain(value)) {
		const out: Record<string, unknown> = remember(memo, value, Object.create(Object.getPrototypeOf(value)));
		for (const [key, item] of Object.entries(value)) out[key] = copy(item, memo);
		return out;
	}
	return value;
}

function remember<T>(memo: Memo, original: object, made: T): T {
	memo.set(original, made);
	return made;
}

/** Frozen objects (dtypes, constants) need no copy. */
function isPlain(value: object): boolean {
	const prototype = Object.getPrototypeOf(value);
	return !Object.isFrozen(value) && (prototype === null || Object.getPrototypeOf(prototype) === null);
}

function copyTensor(tensor: Tensor): Tensor {
	if (!tensor.isLeaf) {
		throw new Error(
			"[deepcopy] only tensors created explicitly by the user (graph leaves) can be copied: use detach() on this one first",
		);
	}
	if (tensor instanceof UninitializedParameter) {
		const { dtype, device, requiresGrad } = tensor;
		return new UninitializedParameter({ dtype, device, requiresGrad });
	}
	if (tensor instanceof UninitializedBuffer) {
		const { dtype, device, persistent } = tensor;
		return new UninitializedBuffer({ dtype, device, persistent });
	}
	const data = noGrad(() => wrap(native.clone(tensor.handle)));
	if (tensor instanceof Parameter) return new Parameter(data, { requiresGrad: tensor.requiresGrad });
	if (tensor instanceof Buffer) return new Buffer(data, { persistent: tensor.persistent });
	data.requiresGrad_(tensor.requiresGrad);
	if (tensor.grad !== null) data.grad = copyTensor(tensor.grad);
	return data;
}
