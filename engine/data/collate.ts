import { describe, shapeText } from "../core/arguments";
import { Tensor } from "../core/tensor";
import { fromTypedArray, tensor } from "../ops/create";
import type { TypedArray } from "../ops/data";
import { stack } from "../ops/join";

/**
 * The type of a batch of `T`s: tensors, numbers, bigints, booleans and typed arrays become a tensor with one more
 * dimension, strings an array of strings, tuples and objects are batched member by member.
 */
export type Collated<T> = T extends Tensor | number | bigint | boolean | TypedArray
	? Tensor
	: T extends string
		? string[]
		: T extends readonly unknown[]
			? { -readonly [K in keyof T]: Collated<T[K]> }
			: T extends object
				? { [K in keyof T]: Collated<T[K]> }
				: never;

/**
 * Makes one batch of many items, as PyTorch's `default_collate`: tensors of one shape are stacked along a new first
 * dimension; tuples, arrays and objects are batched member by member; strings stay as they are, in an array.
 *
 * Plain numbers become a tensor of the default float dtype, as in `torch.tensor([1, 2])`, whole or not, so that the dtype
 * never depends on what happens to be in a batch; a class index is best given as a bigint or an int64 tensor (int64).
 * Booleans give bool.
 */
export function defaultCollate<T>(items: readonly T[]): Collated<T> {
	return collate(items, "") as Collated<T>;
}

/** Typed arrays become tensors, also inside of arrays and plain objects; everything else stays as it is. */
export function defaultConvert(data: unknown): unknown {
	switch (kindOf(data)) {
		case "typed array":
			return fromTypedArray(data as TypedArray);
		case "array":
			return (data as unknown[]).map(defaultConvert);
		case "object":
			return Object.fromEntries(Object.entries(data as object).map(([key, item]) => [key, defaultConvert(item)]));
		default:
			return data;
	}
}

function collate(items: readonly unknown[], where: string): unknown {
	const first = items[0];
	if (items.length === 0) throw new RangeError("[defaultCollate] there is no batch of no items");
	const wrong = items.find((item) => kindOf(item) !== kindOf(first));
	if (items.some((item) => kindOf(item) !== kindOf(first))) {
		throw new TypeError(
			`[defaultCollate] items${where} differ in kind: ${describe(first)} and ${describe(wrong)}; expected one kind in a batch`,
		);
	}
	switch (kindOf(first)) {
		case "tensor":
			return stackAlike(items as Tensor[], where);
		case "number":
			return tensor(items as number[]);
		case "bigint":
			return tensor(items as bigint[]);
		case "boolean":
			return tensor(items as boolean[]);
		case "string":
			return [...items];
		case "typed array":
			return stackAlike(
				(items as TypedArray[]).map((item) => fromTypedArray(item)),
				where,
			);
		case "array":
			return collateArrays(items as unknown[][], where);
		case "object":
			return collateObjects(items as Record<string, unknown>[], where);
		default:
			throw new TypeError(
				`[defaultCollate] a batch can be made of tensors, numbers, bigints, booleans, strings, typed arrays, and of ` +
					`tuples, arrays and plain objects of these; found ${describe(first)}${where}. Pass a collateFn for anything else.`,
			);
	}
}

type Kind = "tensor" | "number" | "bigint" | "boolean" | "string" | "typed array" | "array" | "object" | "other";

function kindOf(item: unknown): Kind {
	switch (typeof item) {
		case "number":
		case "bigint":
		case "boolean":
		case "string":
			return typeof item as Kind;
		case "object": {
			if (item === null) return "other";
			if (item instanceof Tensor) return "tensor";
			if (Array.isArray(item)) return "array";
			if (ArrayBuffer.isView(item) && !(item instanceof DataView)) return "typed array";
			const prototype = Object.getPrototypeOf(item);
			// A plain object, also one that a notebook's own realm has made.
			return prototype === null || Object.getPrototypeOf(prototype) === null ? "object" : "other";
		}
		default:
			return "other";
	}
}

function stackAlike(tensors: Tensor[], where: string): Tensor {
	const shape = tensors[0]!.shape;
	for (const [i, { shape: other }] of tensors.entries()) {
		if (other.length !== shape.length || other.some((size, dim) => size !== shape[dim])) {
			throw new RangeError(
				`[defaultCollate] tensors of a batch must have one shape: got ${shapeText(shape)} for item 0 and ${shapeText(other)} for item ` +
					`${i}${where}. Pass a collateFn that pads them (nn.utils.rnn.padSequence).`,
			);
		}
	}
	return stack(tensors, 0);
}

function collateArrays(items: unknown[][], where: string): unknown[] {
	const length = items[0]!.length;
	const odd = items.findIndex((item) => item.length !== length);
	if (odd >= 0) {
		throw new RangeError(
			`[defaultCollate] arrays of a batch must be of equal size: got ${length} for item 0 and ${items[odd]!.length} ` +
				`for item ${odd}${where}`,
		);
	}
	return Array.from({ length }, (_, i) =>
		collate(
			items.map((item) => item[i]),
			`${where} at [${i}]`,
		),
	);
}

function collateObjects(items: Record<string, unknown>[], where: string): Record<string, unknown> {
	const keys = Object.keys(items[0]!);
	return Object.fromEntries(
		keys.map((key) => {
			const odd = items.findIndex((item) => !(key in item));
			if (odd >= 0) throw new TypeError(`[defaultCollate] item ${odd} has no "${key}"${where}, which item 0 has`);
			return [
				key,
				collate(
					items.map((item) => item[key]),
					`${where} at "${key}"`,
				),
			];
		}),
	);
}
