import { shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import type { Tensor } from "../core/tensor";
import { loweredOnCards } from "./castPolicy";
import { bmm } from "./matrix";
import { tensorList } from "./view";

/*
 * Einstein's summation: letters name dimensions, equal letters go together, letters missing from the result are summed
 * over. Two operands at a time, each pair one stack of matrix products.
 */

interface Labelled {
	tensor: Tensor;
	/** A letter for each dimension; those that "..." covers are "0", "1", … counted from the last. */
	labels: string[];
}

/** `einsum("ij,jk->ik", a, b)`; without "->" the result has the letters that occur once, in alphabetical order. */
export function einsum(equation: string, ...operands: Tensor[] | [operands: readonly Tensor[]]): Tensor {
	const tensors = tensorList("einsum", Array.isArray(operands[0]) ? operands[0] : operands);
	// On the CPU its products are lowered, and nothing where it has none.
	if (autocastState.active && tensors[0]?.device.type === "cuda") return loweredOnCards(einsum, equation, tensors);
	const [left, right] = equation.replaceAll(" ", "").split("->") as [string, string | undefined];
	const terms = left.split(",");
	if (terms.length !== tensors.length) {
		throw new RangeError(`[einsum] the equation "${equation}" names ${terms.length} operands, got ${tensors.length}`);
	}
	const inputs = terms.map((term, i) => traced(labelled(term, tensors[i]!, equation), equation));
	const result = resultLabels(right, inputs, terms, equation);
	checkSizes(inputs, equation);
	let joined = inputs[0]!;
	for (let i = 1; i < inputs.length; i++) {
		const needed = new Set([...result, ...inputs.slice(i + 1).flatMap((input) => input.labels)]);
		joined = contracted(joined, inputs[i]!, needed);
	}
	const kept = summed(joined, new Set(result));
	return permuted(
		kept.tensor,
		result.map((label) => kept.labels.indexOf(label)),
	);
}

function permuted(x: Tensor, order: readonly number[]): Tensor {
	return order.every((dim, i) => dim === i) ? x : x.permute([...order]);
}

function labelled(term: string, tensor: Tensor, equation: string): Labelled {
	const parts = term.split("...");
	if (parts.length > 2 || !/^[a-zA-Z]*$/.test(parts.join(""))) {
		throw new RangeError(`[einsum] "${term}" in "${equation}": expected letters and at most one "..."`);
	}
	const covered = tensor.ndim - parts.join("").length;
	if (parts.length === 1 ? covered !== 0 : covered < 0) {
		throw new RangeError(
			`[einsum] "${term}" in "${equation}" does not fit an operand of shape ${shapeText(tensor.shape)}`,
		);
	}
	const middle = Array.from({ length: covered }, (_, i) => String(covered - 1 - i));
	return { tensor, labels: [...parts[0]!, ...(parts.length === 2 ? middle : []), ...(parts[1] ?? "")] };
}

/** Letters that occur twice in one operand take its diagonal. */
function traced({ tensor, labels }: Labelled, equation: string): Labelled {
	let x = tensor;
	const left = [...labels];
	for (let i = 0; i < left.length; i++) {
		for (let j = left.lastIndexOf(left[i]!); j > i; j = left.lastIndexOf(left[i]!)) {
			if (x.size(i) !== x.size(j)) {
				throw new RangeError(`[einsum] "${left[i]}" in "${equation}" names sizes ${x.size(i)} and ${x.size(j)}`);
			}
			x = x.diagonal(0, i, j).movedim(-1, i);
			left.splice(j, 1);
		}
	}
	return { tensor: x, labels: left };
}

function resultLabels(right: string | undefined, inputs: Labelled[], terms: string[], equation: string): string[] {
	const all = inputs.flatMap((input) => input.labels);
	const covered = [...new Set(all)].filter((label) => /\d/.test(label)).sort((a, b) => Number(b) - Number(a));
	if (right === undefined) {
		const letters = [...terms.join("").replaceAll(/[.,]/g, "")];
		const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
		return [...covered, ...once.sort()];
	}
	const parts = right.split("...");
	const labels = [...parts[0]!, ...(parts.length === 2 ? covered : []), ...(parts[1] ?? "")];
	for (const label of labels) {
		if (!all.includes(label))
			throw new RangeError(`[einsum] "${label}" of the result is in no operand of "${equation}"`);
	}
	if (new Set(labels).size !== labels.length) {
		throw new RangeError(`[einsum] a letter stands twice in the result of "${equation}"`);
	}
	return labels;
}

function checkSizes(inputs: readonly Labelled[], equation: string): void {
	const sizes = new Map<string, number>();
	for (const { tensor, labels } of inputs) {
		labels.forEach((label, dim) => {
			const size = tensor.size(dim);
			const known = sizes.get(label) ?? 1;
			if (known !== 1 && size !== 1 && known !== size) {
				throw new RangeError(
					`[einsum] "${label}" in "${equation}" names sizes ${known} and ${size}, which do not broadcast`,
				);
			}
			sizes.set(label, Math.max(known, size));
		});
	}
}

/** Summed over the labels that are not kept. */
function summed({ tensor, labels }: Labelled, kept: ReadonlySet<string>): Labelled {
	const gone = labels.map((label, dim) => (kept.has(label) ? -1 : dim)).filter((dim) => dim >= 0);
	if (gone.length === 0) return { tensor, labels };
	return { tensor: tensor.sum(gone), labels: labels.filter((label) => kept.has(label)) };
}

/** One stack of matrix products: (shared, left, inside) times (shared, inside, right). */
function contracted(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
	// A size 1 that the other broadcasts is no partner in a product.
	const matches = (label: string) =>
		b.labels.includes(label) && a.tensor.size(a.labels.indexOf(label)) === b.tensor.size(b.labels.indexOf(label));
	const common = a.labels.filter(matches);
	const inside = common.filter((label) => !needed.has(label));
	const shared = a.labels.filter((label) => b.labels.includes(label) && !inside.includes(label));
	const left = summed(a, new Set([...needed, ...b.labels]));
	const right = summed(b, new Set([...needed, ...a.labels]));
	const own = (x: Labelled, other: Labelled) => x.labels.filter((label) => !other.labels.includes(label));
	const [ofA, ofB] = [own(left, right), own(right, left)];
	if (inside.length === 0) return elementwise(left, right, [...shared, ...ofA, ...ofB], needed);
	const sizeOf = (label: string) =>
		Math.max(...[left, right].map((x) => (x.labels.includes(label) ? x.tensor.size(x.labels.indexOf(label)) : 1)));
	const product = (labels: readonly string[]) => labels.reduce((all, label) => all * sizeOf(label), 1);
	const arranged = (x: Labelled, order: readonly string[], shape: [number, number, number]) => {
		const moved = permuted(
			x.tensor,
			order.map((label) => x.labels.indexOf(label)),
		);
		const full = shared.map(sizeOf);
		return moved.expand([...full, ...moved.shape.slice(full.length)]).reshape(shape);
	};
	const shape = [product(shared), product(ofA), product(inside), product(ofB)] as const;
	const matrices = bmm(
		arranged(left, [...shared, ...ofA, ...inside], [shape[0], shape[1], shape[2]]),
		arranged(right, [...shared, ...inside, ...ofB], [shape[0], shape[2], shape[3]]),
	);
	const labels = [...shared, ...ofA, ...ofB];
	const both = { tensor: matrices.reshape(labels.map(sizeOf)), labels };
	return summed(both, needed);
}

/** Nothing to sum over: each operand broadcast to all labels. */
function elementwise(a: Labelled, b: Labelled, labels: string[], needed: ReadonlySet<string>): Labelled {
	const spread = ({ tensor, labels: own }: Labelled) => {
		const there = labels.filter((label) => own.includes(label));
		const moved = permuted(
			tensor,
			there.map((label) => own.indexOf(label)),
		);
		return moved.reshape(labels.map((label) => (own.includes(label) ? tensor.size(own.indexOf(label)) : 1)));
	};
	return summed({ tensor: spread(a).mul(spread(b)), labels }, needed);
}
