import { boolean, float } from "../../core/pythonText";
import { flag, integer, nullable, real, signature, size, tensor } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory } from "../factory";
import { embedding } from "../functional/embedding";
import { sizesOf, Table } from "./table";

export interface EmbeddingOptions extends FactoryOptions {
	/** A row that begins as zeros and is not learned. Negative ones count from the end. */
	paddingIdx?: number | null;
	/** Rows with a larger norm are scaled down to it when they are looked up. */
	maxNorm?: number | null;
	/** The p of that norm. Default 2. */
	normType?: number;
	/** Divide gradients by how often a row was looked up. Default false. */
	scaleGradByFreq?: boolean;
}

const embeddingArguments = signature("Embedding", {
	numEmbeddings: size(),
	embeddingDim: size(),
	paddingIdx: nullable(integer()),
	maxNorm: nullable(real()),
	normType: real(2),
	scaleGradByFreq: flag(false),
	weight: nullable(tensor()),
	...factory,
});

const pretrainedArguments = signature("Embedding.fromPretrained", {
	embeddings: tensor(),
	freeze: flag(true),
	paddingIdx: nullable(integer()),
	maxNorm: nullable(real()),
	normType: real(2),
	scaleGradByFreq: flag(false),
});

/**
 * A table of vectors, looked up by index.
 *
 * Shape: indices of any shape to `[…, embeddingDim]`. The weight begins as N(0, 1), with zeros at `paddingIdx`.
 */
export class Embedding extends Table {
	readonly maxNorm: number | null;
	readonly normType: number;
	readonly scaleGradByFreq: boolean;

	constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingOptions);
	constructor(numEmbeddings: number, embeddingDim: number, paddingIdx: number | null, options?: EmbeddingOptions);
	constructor(numEmbeddings: number, options: EmbeddingOptions & { embeddingDim: number });
	constructor(options: EmbeddingOptions & { numEmbeddings: number; embeddingDim: number });
	constructor(...args: unknown[]) {
		const given = embeddingArguments(args);
		super(given);
		this.maxNorm = given.maxNorm;
		this.normType = given.normType;
		this.scaleGradByFreq = given.scaleGradByFreq;
	}

	/** An embedding of given vectors `[rows, dim]`; learned further only with `{freeze: false}`. */
	static fromPretrained(
		embeddings: Tensor,
		options?: Omit<EmbeddingOptions, keyof FactoryOptions> & { freeze?: boolean },
	): Embedding;
	static fromPretrained(...args: unknown[]): Embedding {
		const { embeddings, freeze, ...options } = pretrainedArguments(args);
		const given = { ...sizesOf("Embedding", embeddings), ...options, weight: embeddings };
		const made = new Embedding(given as EmbeddingOptions & { numEmbeddings: number; embeddingDim: number });
		made.weight.requiresGrad_(!freeze);
		return made;
	}

	forward(input: Tensor): Tensor {
		return embedding(input, this.weight, this);
	}

	override extraRepr(): string {
		const { numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
		let text = `${numEmbeddings}, ${embeddingDim}`;
		if (paddingIdx !== null) text += `, padding_idx=${paddingIdx}`;
		if (maxNorm !== null) text += `, max_norm=${float(maxNorm)}`;
		if (normType !== 2) text += `, norm_type=${float(normType)}`;
		if (scaleGradByFreq) text += `, scale_grad_by_freq=${boolean(scaleGradByFreq)}`;
		return text;
	}
}
