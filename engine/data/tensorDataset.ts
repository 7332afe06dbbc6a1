import { describe, shapeText } from "../core/arguments";
import { Tensor } from "../core/tensor";
import type { Collated } from "./collate";
import { checkIndex, Dataset } from "./dataset";

/**
 * Tensors side by side: item `i` is `[a[i], b[i], …]`. A batch takes one `indexSelect` per tensor.
 *
 * `new TensorDataset(x, y)`; all tensors need the same size in their first dimension.
 */
export class TensorDataset<T extends Tensor[] = Tensor[]> extends Dataset<T> {
	readonly tensors: T;

	constructor(...tensors: T) {
		super();
		if (tensors.length === 0) throw new TypeError("[TensorDataset] expected at least one tensor, got none");
		for (const [i, tensor] of tensors.entries()) {
			if (!(tensor instanceof Tensor)) {
				throw new TypeError(`[TensorDataset] expected tensors, got ${describe(tensor)} as argument ${i}`);
			}
			if (tensor.ndim === 0) {
				throw new RangeError(
					`[TensorDataset] argument ${i} has no dimension to take items along; expected at least one`,
				);
			}
		}
		if (tensors.some((tensor) => tensor.size(0) !== tensors[0]!.size(0))) {
			const sizes = tensors.map(({ shape }) => shapeText(shape)).join(", ");
			throw new RangeError(
				`[TensorDataset] size mismatch between tensors: expected equal first dimensions, got ${sizes}`,
			);
		}
		this.tensors = tensors;
	}

	get length(): number {
		return this.tensors[0]!.size(0);
	}

	/** Views of the tensors' rows. Negative indices count from the end. */
	get(index: number): T {
		const row = checkIndex("TensorDataset", index, this.length);
		return this.tensors.map((tensor) => tensor.select(0, row)) as T;
	}

	override getBatch(indices: Tensor): Collated<T> {
		return this.tensors.map((tensor) => tensor.indexSelect(0, indices.to(tensor.device))) as Collated<T>;
	}
}
