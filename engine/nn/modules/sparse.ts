import { noGrad } from "../../core/gradMode";
import { boolean, float } from "../../core/pythonText";
import { flag, integer, nullable, real, signature, size, tensor } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { embedding } from "../functional/embedding";
import * as init from "../init";
import { Parameter } from "../parameter";
import { Module } from "./module";

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
export class Embedding extends Module {
	readonly numEmbeddings: number;
	readonly embeddingDim: number;
	readonly paddingIdx: number | null;
	readonly maxNorm: number | null;
	readonly normType: number;
	readonly scaleGradByFreq: boolean;
	/** `[numEmbeddings, embeddingDim]` */
	weight: Parameter;

	constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingOptions);
	constructor(numEmbeddings: number, embeddingDim: number, paddingIdx: number | null, options?: EmbeddingOptions);
	constructor(options: EmbeddingOptions & { numEmbeddings: number; embeddingDim: number });
	constructor(...args: unknown[]) {
		super();
		const given = embeddingArguments(args);
		const { numEmbeddings, embeddingDim, paddingIdx, weight } = given;
		if (paddingIdx !== null && !(paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)) {
			throw new RangeError(`[Embedding] paddingIdx must be within numEmbeddings ${numEmbeddings}, got ${paddingIdx}`);
		}
		this.numEmbeddings = numEmbeddings;
		this.embeddingDim = embeddingDim;
		this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
		this.maxNorm = given.maxNorm;
		this.normType = given.normType;
		this.scaleGradByFreq = given.scaleGradByFreq;
		if (weight === null) {
			this.weight = newParameter("Embedding", [numEmbeddings, embeddingDim], given);
			this.resetParameters();
		} else {
			if (`${weight.shape}` !== `${[numEmbeddings, embeddingDim]}`) {
				throw new RangeError(
					`[Embedding] shape [${weight.shape}] of weight does not match numEmbeddings ${numEmbeddings} and embeddingDim ${embeddingDim}`,
				);
			}
			this.weight = new Parameter(weight);
		}
	}

	/** An embedding of given vectors `[rows, dim]`; learned further only with `{freeze: false}`. */
	static fromPretrained(
		embeddings: Tensor,
		options?: Omit<EmbeddingOptions, keyof FactoryOptions> & { freeze?: boolean },
	): Embedding;
	static fromPretrained(...args: unknown[]): Embedding {
		const { embeddings, freeze, ...options } = pretrainedArguments(args);
		if (embeddings.ndim !== 2) {
			throw new RangeError(
				`[Embedding.fromPretrained] embeddings is expected to be 2-dimensional, got shape [${embeddings.shape}]`,
			);
		}
		const [numEmbeddings, embeddingDim] = embeddings.shape as [number, number];
		const made = new Embedding({ numEmbeddings, embeddingDim, ...options, weight: embeddings } as EmbeddingOptions & {
			numEmbeddings: number;
			embeddingDim: number;
		});
		made.weight.requiresGrad_(!freeze);
		return made;
	}

	resetParameters(): void {
		init.normal_(this.weight);
		const padding = this.paddingIdx;
		if (padding !== null) noGrad(() => this.weight.select(0, padding).zero_());
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
