import { shapeText } from "../../core/arguments";
import { noGrad } from "../../core/gradMode";
import type { Tensor } from "../../core/tensor";
import { newParameter } from "../factory";
import * as init from "../init";
import { Parameter } from "../parameter";
import { Module } from "./module";

type Factory = Parameters<typeof newParameter>[2];

interface Given extends Factory {
	numEmbeddings: number;
	embeddingDim: number;
	paddingIdx: number | null;
	weight: Tensor | null;
}

/** A table of vectors: what Embedding and EmbeddingBag share. */
export abstract class Table extends Module {
	readonly numEmbeddings: number;
	readonly embeddingDim: number;
	readonly paddingIdx: number | null;
	/** `[numEmbeddings, embeddingDim]` */
	weight: Parameter;

	constructor(given: Given) {
		super();
		const { numEmbeddings, embeddingDim, paddingIdx, weight } = given;
		const name = new.target.name;
		if (paddingIdx !== null && !(paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)) {
			throw new RangeError(`[${name}] paddingIdx must be within numEmbeddings ${numEmbeddings}, got ${paddingIdx}`);
		}
		this.numEmbeddings = numEmbeddings;
		this.embeddingDim = embeddingDim;
		this.paddingIdx = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
		if (weight === null) {
			this.weight = newParameter(name, [numEmbeddings, embeddingDim], given);
			this.resetParameters();
			return;
		}
		if (`${weight.shape}` !== `${[numEmbeddings, embeddingDim]}`) {
			throw new RangeError(
				`[${name}] shape ${shapeText(weight.shape)} of weight does not match numEmbeddings ${numEmbeddings} and embeddingDim ${embeddingDim}`,
			);
		}
		this.weight = new Parameter(weight);
	}

	resetParameters(): void {
		init.normal_(this.weight);
		const padding = this.paddingIdx;
		if (padding !== null) noGrad(() => this.weight.select(0, padding).zero_());
	}
}

/** @internal The sizes of a table of given vectors. */
export function sizesOf(name: string, embeddings: Tensor): { numEmbeddings: number; embeddingDim: number } {
	if (embeddings.ndim !== 2) {
		throw new RangeError(
			`[${name}.fromPretrained] embeddings is expected to be 2-dimensional, got shape ${shapeText(embeddings.shape)}`,
		);
	}
	const [numEmbeddings, embeddingDim] = embeddings.shape as [number, number];
	return { numEmbeddings, embeddingDim };
}
