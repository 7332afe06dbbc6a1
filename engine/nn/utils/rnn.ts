import { shapeText } from "../../core/arguments";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { inverse, type Lengths, type PackedSequence, packPaddedSequence, padPackedSequence } from "./packedSequence";

/* Sequences of different lengths in one tensor: padded here, packed in packedSequence.ts. */

export {
	type Lengths,
	PackedSequence,
	type PackOptions,
	type PadOptions,
	packPaddedSequence,
	padPackedSequence,
} from "./packedSequence";

export interface PadSequenceOptions {
	/** `[N, L, …]` instead of `[L, N, …]`. Default false. */
	batchFirst?: boolean;
	/** Default 0. */
	paddingValue?: number;
	/** Where the padding goes. Default "right": behind each sequence. */
	paddingSide?: "left" | "right";
}

/** Sequences `[Lᵢ, …]` as one tensor `[max L, N, …]`, padded. Gradients flow to the sequences. */
export function padSequence(sequences: readonly Tensor[], options: PadSequenceOptions = {}): Tensor {
	const { batchFirst = false, paddingValue = 0, paddingSide = "right" } = options;
	const list = [...sequences];
	const [first] = list;
	if (first === undefined) throw new RangeError("[padSequence] expected at least one sequence, got none");
	for (const [i, sequence] of list.entries()) {
		if (!(sequence instanceof Tensor)) {
			throw new TypeError(`[padSequence] sequence ${i} must be a tensor, got ${quoted(sequence)}`);
		}
		if (sequence.ndim === 0 || `${sequence.shape.slice(1)}` !== `${first.shape.slice(1)}`) {
			throw new RangeError(
				`[padSequence] the sequences must agree in all dimensions but the first, got ${shapeText(first.shape)} and ${shapeText(sequence.shape)}`,
			);
		}
	}
	if (paddingSide !== "left" && paddingSide !== "right") {
		throw new RangeError(`[padSequence] paddingSide should be either "right" or "left", got ${quoted(paddingSide)}`);
	}
	const longest = Math.max(...list.map((sequence) => sequence.size(0)));
	const shape = [list.length, longest, ...first.shape.slice(1)];
	const padded = wrap(native.full(shape, paddingValue, first.dtype.code, first.handle));
	list.forEach((sequence, i) => {
		const length = sequence.size(0);
		const start = paddingSide === "left" ? longest - length : 0;
		padded.select(0, i).narrow(0, start, length).copy_(sequence);
	});
	return batchFirst ? padded : padded.transpose(0, 1).contiguous();
}

/** The sequences that `padSequence` padded, by their lengths. */
export function unpadSequence(padded: Tensor, lengths: Lengths, options: { batchFirst?: boolean } = {}): Tensor[] {
	const batch = options.batchFirst ? padded : padded.transpose(0, 1);
	const list = lengths instanceof Tensor ? (lengths.tolist() as number[]) : lengths;
	if (list.length !== batch.size(0)) {
		throw new RangeError(`[unpadSequence] got ${list.length} lengths for ${batch.size(0)} sequences`);
	}
	return list.map((length, i) => batch.select(0, i).narrow(0, 0, length));
}

/** Packs sequences `[Lᵢ, …]`. Sorted by length, longest first, unless `{enforceSorted: false}`. Gradients flow through. */
export function packSequence(
	sequences: readonly Tensor[],
	options: { /** Default true. */ enforceSorted?: boolean } = {},
): PackedSequence {
	const lengths = sequences.map((sequence) => sequence.size(0));
	return packPaddedSequence(padSequence(sequences), lengths, options);
}

/** The sequences that were packed, in the order in which they were given. */
export function unpackSequence(sequence: PackedSequence): Tensor[] {
	const [padded, lengths] = padPackedSequence(sequence, { batchFirst: true });
	return unpadSequence(padded, lengths, { batchFirst: true });
}

/** The permutation that undoes a permutation (int64); null for null. */
export function invertPermutation(permutation: Tensor | null): Tensor | null {
	return permutation && inverse(permutation);
}
