import { flag, integer, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { cosineSimilarity, pairwiseDistance } from "../functional/distance";
import { Module } from "./module";

export interface PairwiseDistanceOptions {
	/** Degree of the norm. Default 2. */
	p?: number;
	/** Added to the difference. Default 1e-6. */
	eps?: number;
	/** Keep the last dimension, with size 1. Default false. */
	keepdim?: boolean;
}

const pairwiseArguments = signature("PairwiseDistance", { p: real(2), eps: real(1e-6), keepdim: flag(false) });

/** |x₁ − x₂ + eps|ₚ along the last dimension */
export class PairwiseDistance extends Module {
	readonly norm: number;
	readonly eps: number;
	readonly keepdim: boolean;

	constructor(p: number, options?: Omit<PairwiseDistanceOptions, "p">);
	constructor(options?: PairwiseDistanceOptions);
	constructor(...args: unknown[]) {
		super();
		const { p, eps, keepdim } = pairwiseArguments(args);
		this.norm = p;
		this.eps = eps;
		this.keepdim = keepdim;
	}

	forward(x1: Tensor, x2: Tensor): Tensor {
		return pairwiseDistance(x1, x2, { p: this.norm, eps: this.eps, keepdim: this.keepdim });
	}
}

export interface CosineSimilarityOptions {
	/** Default 1. */
	dim?: number;
	/** Least norm. Default 1e-8. */
	eps?: number;
}

const cosineArguments = signature("CosineSimilarity", { dim: integer(1), eps: real(1e-8) });

/** x₁·x₂ / (|x₁|·|x₂|) along `dim` */
export class CosineSimilarity extends Module {
	readonly dim: number;
	readonly eps: number;

	constructor(dim: number, options?: Omit<CosineSimilarityOptions, "dim">);
	constructor(options?: CosineSimilarityOptions);
	constructor(...args: unknown[]) {
		super();
		const { dim, eps } = cosineArguments(args);
		this.dim = dim;
		this.eps = eps;
	}

	forward(x1: Tensor, x2: Tensor): Tensor {
		return cosineSimilarity(x1, x2, this);
	}
}
