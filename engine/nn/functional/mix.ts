import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { float32 } from "../../core/dtype";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";

/*
 * Weighted sums along single dimensions. Averages over windows, interpolation and padding by the tensor's own elements are
 * such sums, and their derivatives are those of the transposed matrices.
 */

/** So many matrices are kept: those of some networks. */
const mostKept = 256;
const kept = new Map<string, LineMatrix>();

/** A sparse matrix `[rows, columns]`: row i has entries starts[i] to starts[i + 1]. */
export class LineMatrix {
	#transposed: LineMatrix | null = null;

	constructor(
		readonly starts: Int32Array,
		readonly columns: Int32Array,
		readonly weights: Float64Array,
		/** Number of columns: the size of what it is applied to. */
		readonly size: number,
	) {}

	/** The entries of each row as pairs of column and weight. */
	static of(rows: readonly (readonly (readonly [column: number, weight: number])[])[], size: number): LineMatrix {
		const starts = new Int32Array(rows.length + 1);
		rows.forEach((row, i) => {
			starts[i + 1] = starts[i]! + row.length;
		});
		const entries = rows.flat();
		return new LineMatrix(
			starts,
			Int32Array.from(entries, ([column]) => column),
			Float64Array.from(entries, ([, weight]) => weight),
			size,
		);
	}

	/**
	 * The matrix of a layer that is called again and again, and its transpose: making one takes longer than a card takes to multiply by
	 * it. `key` says everything that `make` depends on.
	 */
	static kept(key: string, make: () => LineMatrix): LineMatrix {
		let found = kept.get(key);
		if (found === undefined) {
			found = make();
			if (kept.size === mostKept) kept.delete(kept.keys().next().value!);
			kept.set(key, found);
		}
		return found;
	}

	/** Entries of a row, on average. */
	get perRow(): number {
		return this.columns.length / (this.starts.length - 1);
	}

	/** The same with all weights times a factor. */
	scaled(factor: number): LineMatrix {
		const weights = this.weights.map((weight) => weight * factor);
		return new LineMatrix(this.starts, this.columns, weights, this.size);
	}

	get transposed(): LineMatrix {
		if (this.#transposed === null) {
			const rows: [number, number][][] = Array.from({ length: this.size }, () => []);
			for (let i = 0; i + 1 < this.starts.length; i++) {
				for (let j = this.starts[i]!; j < this.starts[i + 1]!; j++) rows[this.columns[j]!]!.push([i, this.weights[j]!]);
			}
			this.#transposed = LineMatrix.of(rows, this.starts.length - 1);
			this.#transposed.#transposed = this;
		}
		return this.#transposed;
	}
}

/** The last dimensions of a tensor, each with its matrix. */
type Matrices = readonly LineMatrix[];

const derivatives = new Map<string, Derivative>();

function derivativeOf(name: string): Derivative {
	let found = derivatives.get(name);
	if (found === undefined) {
		const again = name.replace("Backward0", "BackwardBackward0");
		found = {
			name,
			backward: (node, grad) => {
				const matrices = node.attributes as Matrices;
				return [
					mixed(
						again,
						grad,
						matrices.map((matrix) => matrix.transposed),
					),
				];
			},
		};
		derivatives.set(name, found);
	}
	return found;
}

/** So many elements of a plane for one of the result are gathered in one go; of more, one dimension is worked on after the other. */
const mostTogether = 32;

/** Applies a matrix to each of x's last dimensions. `name`: as PyTorch prints the node. */
export function mixed(name: string, x: Tensor, matrices: Matrices): Tensor {
	// Half types are rounded once, at the end.
	let handle = x.dtype.itemsize === 2 ? native.to(x.handle, float32.code) : x.handle;
	const [down, across] = matrices.slice(-2);
	const together = down !== undefined && across !== undefined && down.perRow * across.perRow <= mostTogether;
	const single = together ? matrices.length - 2 : matrices.length;
	for (let i = 0; i < single; i++) {
		const { starts, columns, weights } = matrices[i]!;
		handle = native.mix(handle, i - matrices.length, starts, columns, weights);
	}
	if (together) {
		const [a, b] = [down, across];
		handle = native.mixPlane(handle, a.starts, a.columns, a.weights, b.starts, b.columns, b.weights);
	}
	const out = wrap(x.dtype.itemsize === 2 ? native.to(handle, x.dtype.code) : handle);
	return tracked(x) ? record(out, derivativeOf(name), [x], [], matrices) : out;
}
