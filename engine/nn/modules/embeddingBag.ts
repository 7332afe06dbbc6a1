import { boolean, float, string } from "../../core/pythonText";
import { choice, flag, integer, nullable, real, signature, size, tensor } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory } from "../factory";
import { type BagMode, embeddingBag } from "../functional/embeddingBag";
import { sizesOf, Table } from "./table";

export interface EmbeddingBagModuleOptions extends FactoryOptions {
	/** Rows with a larger norm are scaled down to it when they are looked up. */
	maxNorm?: number | null;
	/** The p of that norm. Default 2. */
	normType?: number;
	/** Divide gradients by how often a row was looked up. Not for "max". Default false. */
	scaleGradByFreq?: boolean;
	/** What becomes of the rows of a bag. Default "mean". */
	mode?: BagMode;
	/** The last offset is where the last bag ends. Default false. */
	includeLastOffset?: boolean;
	/** A row that counts for nothing. Negative ones count from the end. */
	paddingIdx?: number | null;
}

const modes = choice(["sum", "mean", "max"] as const, "mean");
const bagArguments = signature("EmbeddingBag", {
	numEmbeddings: size(),
	embeddingDim: size(),
	maxNorm: nullable(real()),
	normType: real(2),
	scaleGradByFreq: flag(false),
	mode: modes,
	weight: nullable(tensor()),
	includeLastOffset: flag(false),
	paddingIdx: nullable(integer()),
	...factory,
});
const pretrainedArguments = signature("EmbeddingBag.fromPretrained", {
	embeddings: tensor(),
	freeze: flag(true),
	maxNorm: nullable(real()),
	normType: real(2),
	scaleGradByFreq: flag(false),
	mode: modes,
	includeLastOffset: flag(false),
	paddingIdx: nullable(integer()),
});

/**
 * Sums, means or maxima of rows of a table, without keeping the rows.
 *
 * Shape: indices `[N, L]`, or `[n]` with `offsets` `[N]` where each bag begins, to `[N, embeddingDim]`. The weight begins as
 * N(0, 1), with zeros at `paddingIdx`.
 */
export class EmbeddingBag extends Table {
	readonly maxNorm: number | null;
	readonly normType: number;
	readonly scaleGradByFreq: boolean;
	readonly mode: BagMode;
	readonly includeLastOffset: boolean;

	constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingBagModuleOptions);
	constructor(numEmbeddings: number, options: EmbeddingBagModuleOptions & { embeddingDim: number });
	constructor(options: EmbeddingBagModuleOptions & { numEmbeddings: number; embeddingDim: number });
	constructor(...args: unknown[]) {
		const given = bagArguments(args);
		super(given);
		this.maxNorm = given.maxNorm;
		this.normType = given.normType;
		this.scaleGradByFreq = given.scaleGradByFreq;
		this.mode = given.mode;
		this.includeLastOffset = given.includeLastOffset;
	}

	/** Bags of given vectors `[rows, dim]`; learned further only with `{freeze: false}`. */
	static fromPretrained(
		embeddings: Tensor,
		options?: Omit<EmbeddingBagModuleOptions, keyof FactoryOptions> & { freeze?: boolean },
	): EmbeddingBag;
	static fromPretrained(...args: unknown[]): EmbeddingBag {
		const { embeddings, freeze, ...options } = pretrainedArguments(args);
		const given = { ...sizesOf("EmbeddingBag", embeddings), ...options, weight: embeddings };
		const made = new EmbeddingBag(given as EmbeddingBagModuleOptions & { numEmbeddings: number; embeddingDim: number });
		made.weight.requiresGrad_(!freeze);
		return made;
	}

	forward(input: Tensor, offsets: Tensor | null = null, perSampleWeights: Tensor | null = null): Tensor {
		const { maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx } = this;
		const options = { maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx, perSampleWeights };
		return embeddingBag(input, this.weight, offsets, options);
	}

	override extraRepr(): string {
		const { numEmbeddings, embeddingDim, maxNorm, normType, scaleGradByFreq, mode, paddingIdx } = this;
		let text = `${numEmbeddings}, ${embeddingDim}`;
		if (maxNorm !== null) text += `, max_norm=${float(maxNorm)}`;
		if (normType !== 2) text += `, norm_type=${float(normType)}`;
		if (scaleGradByFreq) text += `, scale_grad_by_freq=${boolean(scaleGradByFreq)}`;
		text += `, mode=${string(mode)}`;
		if (paddingIdx !== null) text += `, padding_idx=${paddingIdx}`;
		return text;
	}
}
