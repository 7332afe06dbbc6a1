import type { Derivative } from "../autograd/node";
import { anyTracked, record } from "../autograd/record";
import { integer, shapeText, wrapDim } from "../core/arguments";
import { type DType, dtypeOf } from "../core/dtype";
import { native, under } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { cast } from "./copy";
import { sliceAlong } from "./slices";
import { atleast1d, atleast2d, tensorList } from "./view";

/* Several tensors made one. */

type DimOption = number | { dim?: number };

function dimOf(dim: DimOption | undefined): number {
	return typeof dim === "object" ? (dim.dim ?? 0) : (dim ?? 0);
}

/** The tensors after one another along dimension `dim` (default 0); their other sizes agree. */
export function cat(tensors: readonly Tensor[], dim?: DimOption): Tensor {
	const list = tensorList("cat", tensors);
	if (list.length === 0) throw new RangeError("[cat] expected at least one tensor");
	return catAlong(list, dimOf(dim));
}

/** @internal */
export function catAlong(tensors: readonly Tensor[], dim: number): Tensor {
	const list = promoted(withoutLegacyEmpties(tensors));
	const at = wrapDim("cat", dim, list[0]!.ndim);
	const handles = list.map((x) => x.handle);
	const out = wrap(native.cat(handles, at));
	if (!anyTracked(list)) return out;
	return record(out, catBackward, list, [], { dim: at, sizes: list.map((x) => x.size(at)) });
}

const catBackward: Derivative = {
	name: "CatBackward0",
	backward(node, grad) {
		const { dim, sizes } = node.attributes as { dim: number; sizes: number[] };
		let start = 0;
		return sizes.map((size, i) => {
			const from = start;
			start += size;
			return node.needs(i) ? sliceAlong(grad, { dim, start: from, end: start, step: 1 }) : null;
		});
	},
};

/** PyTorch lets an empty vector join anything. */
function withoutLegacyEmpties(tensors: readonly Tensor[]): readonly Tensor[] {
	const isEmptyVector = (x: Tensor) => x.numel() === 0 && x.ndim === 1;
	if (!tensors.some(isEmptyVector)) return tensors;
	const rest = tensors.filter((x) => !isEmptyVector(x));
	return rest.length === 0 || rest.every((x) => x.ndim === 1) ? tensors : rest;
}

/** All in the dtype that holds them all. */
function promoted(tensors: readonly Tensor[]): readonly Tensor[] {
	const first = tensors[0]!.dtype;
	if (tensors.every((x) => x.dtype === first)) return tensors;
	const dtype = resultTypeOf(tensors);
	return tensors.map((x) => cast(x, dtype));
}

function resultTypeOf(tensors: readonly Tensor[]): DType {
	// Tensors of no dimensions take part with their dtype's rank only, which the addon knows.
	let joint = tensors[0]!;
	for (const x of tensors.slice(1)) {
		const dtype = dtypeOf(native.resultType(joint.handle, x.handle));
		joint = joint.dtype === dtype ? joint : x.dtype === dtype ? x : cast(joint, dtype);
	}
	return joint.dtype;
}

/** Tensors of one shape along a new dimension `dim` (default 0). */
export function stack(tensors: readonly Tensor[], dim?: DimOption): Tensor {
	const list = tensorList("stack", tensors);
	if (list.length === 0) throw new RangeError("[stack] expected at least one tensor");
	const shape = list[0]!.shape;
	list.forEach((x, i) => {
		if (`${x.shape}` !== `${shape}`) {
			throw new RangeError(
				`[stack] expects tensors of one shape, but tensor 0 is ${shapeText(shape)} and tensor ${i} is ${shapeText(x.shape)}`,
			);
		}
	});
	return stackAlong(list, dimOf(dim));
}

/** @internal */
export function stackAlong(tensors: readonly Tensor[], dim: number): Tensor {
	const list = promoted(tensors);
	const at = wrapDim("stack", integer("stack", "dim", dim), list[0]!.ndim + 1);
	const out = wrap(
		native.cat(
			list.map((x) => native.unsqueeze(x.handle, at)),
			at,
		),
	);
	return anyTracked(list) ? record(out, stackBackward, list, [], at) : out;
}

const stackBackward: Derivative = {
	name: "StackBackward0",
	backward: (node, grad) => grad.unbind(node.attributes as number),
};

/** Joins along the second dimension; vectors along their only one. */
export function hstack(tensors: readonly Tensor[]): Tensor {
	const list = tensorList("hstack", tensors).map(atleast1d);
	return under("hstack", () => catAlong(list, list[0]!.ndim === 1 ? 0 : 1));
}

/** Joins as rows: along the first dimension, vectors made matrices of one row. */
export function vstack(tensors: readonly Tensor[]): Tensor {
	const list = tensorList("vstack", tensors).map(atleast2d);
	return under("vstack", () => catAlong(list, 0));
}

/** Vectors as the columns of a matrix; matrices side by side. */
export function columnStack(tensors: readonly Tensor[]): Tensor {
	const columns = tensorList("columnStack", tensors).map((x) => (x.ndim < 2 ? x.reshape(-1, 1) : x));
	return under("columnStack", () => catAlong(columns, 1));
}

export { cat as concat, cat as concatenate };
