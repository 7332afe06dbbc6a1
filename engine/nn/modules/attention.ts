import { bind, shapeText } from "../../core/arguments";
import { anything, flag, nullable, quoted, real, signature, size } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { multiheadAttention } from "../functional/multiheadAttention";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Linear } from "./linear";
import { Module } from "./module";

/** A Linear, under the name by which PyTorch prints the last projection of attention. */
export class NonDynamicallyQuantizableLinear extends Linear {}

export interface MultiheadAttentionOptions extends FactoryOptions {
	/** Probability of an attention weight to be zeroed while training. Default 0. */
	dropout?: number;
	/** Learn biases of the projections. Default true. */
	bias?: boolean;
	/** Learn one more key and value. Default false. */
	addBiasKv?: boolean;
	/** One more key and value of zeros. Default false. */
	addZeroAttn?: boolean;
	/** Features of the keys. Default embedDim. */
	kdim?: number | null;
	/** Features of the values. Default embedDim. */
	vdim?: number | null;
	/** `[N, L, E]` instead of `[L, N, E]`. Default false. */
	batchFirst?: boolean;
}

export interface AttendOptions {
	/** `[N, S]` (`[S]` without a batch): true, or −∞, hides a key. */
	keyPaddingMask?: Tensor | null;
	/** Give back the weights too. Default true; false is faster. */
	needWeights?: boolean;
	/** `[L, S]` or `[N · numHeads, L, S]`: true hides a key from a query; numbers are added to the scores. */
	attnMask?: Tensor | null;
	/** Weights averaged over the heads. Default true. */
	averageAttnWeights?: boolean;
	/** A hint that attnMask is the causal one. Default false. */
	isCausal?: boolean;
}

export type AttendArguments =
	| [query: Tensor, key: Tensor, value: Tensor, options?: AttendOptions]
	| [
			query: Tensor,
			key: Tensor,
			value: Tensor,
			keyPaddingMask: Tensor | null,
			options?: Omit<AttendOptions, "keyPaddingMask">,
	  ]
	| [options: AttendOptions & { query: Tensor; key: Tensor; value: Tensor }];

const multiheadArguments = signature("MultiheadAttention", {
	embedDim: anything<number>("an integer of at least 1", (value) => Number.isInteger(value) && (value as number) > 0),
	numHeads: anything<number>("an integer of at least 1", (value) => Number.isInteger(value) && (value as number) > 0),
	dropout: real(0),
	bias: flag(true),
	addBiasKv: flag(false),
	addZeroAttn: flag(false),
	kdim: nullable(size()),
	vdim: nullable(size()),
	batchFirst: flag(false),
	...factory,
});

/**
 * Attention of several heads (Vaswani et al., 2017): softmax(Q Kᵀ / √(E / heads)) V for each head, of projected queries,
 * keys and values; the heads side by side are projected once more.
 *
 * Shape: query `[L, N, embedDim]`, key `[S, N, kdim]`, value `[S, N, vdim]` (N first with `batchFirst`, or without N) to
 * `[output, weights]`: output like the query, weights `[N, L, S]` (`[N, numHeads, L, S]` where not averaged), or null.
 */
export class MultiheadAttention extends Module {
	readonly embedDim: number;
	readonly kdim: number;
	readonly vdim: number;
	readonly numHeads: number;
	dropout: number;
	readonly batchFirst: boolean;
	readonly addZeroAttn: boolean;
	/** `[3 · embedDim, embedDim]` for query, key and value; null where kdim or vdim differ */
	inProjWeight: Parameter | null;
	/** `[embedDim, embedDim]`, where kdim or vdim differ */
	qProjWeight: Parameter | null;
	/** `[embedDim, kdim]` */
	kProjWeight: Parameter | null;
	/** `[embedDim, vdim]` */
	vProjWeight: Parameter | null;
	/** `[3 · embedDim]`, or null */
	inProjBias: Parameter | null;
	/** `[1, 1, embedDim]`, or null */
	biasK: Parameter | null;
	biasV: Parameter | null;
	outProj: NonDynamicallyQuantizableLinear;

	constructor(embedDim: number, numHeads: number, options?: MultiheadAttentionOptions);
	constructor(embedDim: number, options: MultiheadAttentionOptions & { numHeads: number });
	constructor(options: MultiheadAttentionOptions & { embedDim: number; numHeads: number });
	constructor(...args: unknown[]) {
		super();
		const { embedDim, numHeads, dropout, bias, addBiasKv, addZeroAttn, kdim, vdim, batchFirst, ...tensor } =
			multiheadArguments(args);
		if (embedDim % numHeads !== 0) {
			throw new RangeError(`[MultiheadAttention] embedDim (${embedDim}) must be divisible by numHeads (${numHeads})`);
		}
		const make = (wanted: boolean, ...shape: number[]) =>
			wanted ? newParameter("MultiheadAttention", shape, tensor) : null;
		this.embedDim = embedDim;
		this.kdim = kdim ?? embedDim;
		this.vdim = vdim ?? embedDim;
		this.numHeads = numHeads;
		this.dropout = dropout;
		this.batchFirst = batchFirst;
		this.addZeroAttn = addZeroAttn;
		const alike = this.kdim === embedDim && this.vdim === embedDim;
		this.inProjWeight = make(alike, 3 * embedDim, embedDim);
		this.qProjWeight = make(!alike, embedDim, embedDim);
		this.kProjWeight = make(!alike, embedDim, this.kdim);
		this.vProjWeight = make(!alike, embedDim, this.vdim);
		this.inProjBias = make(bias, 3 * embedDim);
		this.outProj = new NonDynamicallyQuantizableLinear({
			inFeatures: embedDim,
			outFeatures: embedDim,
			bias,
			...(tensor.device !== null && { device: tensor.device }),
			...(tensor.dtype !== null && { dtype: tensor.dtype }),
		});
		this.biasK = make(addBiasKv, 1, 1, embedDim);
		this.biasV = make(addBiasKv, 1, 1, embedDim);
		this.resetParameters();
	}

	/** Projections of the input Xavier uniform, their biases 0, biasK and biasV Xavier normal. */
	resetParameters(): void {
		for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
			if (weight) init.xavierUniform_(weight);
		}
		if (this.inProjBias) init.zeros_(this.inProjBias);
		if (this.outProj.bias) init.zeros_(this.outProj.bias);
		if (this.biasK) init.xavierNormal_(this.biasK);
		if (this.biasV) init.xavierNormal_(this.biasV);
	}

	forward(...args: AttendArguments): [output: Tensor, weights: Tensor | null] {
		const given = bind<Required<AttendOptions> & { query: Tensor; key: Tensor; value: Tensor }>(
			"MultiheadAttention",
			args,
			["query", "key", "value", "keyPaddingMask", "needWeights", "attnMask", "averageAttnWeights", "isCausal"],
		);
		const { keyPaddingMask = null, needWeights = true, attnMask = null, isCausal = false } = given;
		this._check(given.query, given.key, given.value);
		const [query, key, value] = [given.query!, given.key!, given.value!];
		const batched = query.ndim === 3;
		// One tensor stays one tensor, so that it is projected in one product.
		const seen = new Map<Tensor, Tensor>();
		const byTime = (tensor: Tensor) => {
			let view = seen.get(tensor);
			if (!view) {
				view = !batched ? tensor.unsqueeze(1) : this.batchFirst ? tensor.transpose(0, 1) : tensor;
				seen.set(tensor, view);
			}
			return view;
		};
		const padding = batched ? keyPaddingMask : (keyPaddingMask?.unsqueeze(0) ?? null);
		const options = { keyPaddingMask: padding, attnMask, needWeights, isCausal };
		let [output, weights] = multiheadAttention(this, byTime(query), byTime(key), byTime(value), options);
		if (weights && (given.averageAttnWeights ?? true)) weights = weights.mean(1);
		if (batched) return [this.batchFirst ? output.transpose(0, 1) : output, weights];
		return [output.squeeze(1), weights?.squeeze(0) ?? null];
	}

	/** @internal */
	_check(query: unknown, key: unknown, value: unknown): void {
		const name = "MultiheadAttention";
		for (const [what, tensor] of Object.entries({ query, key, value })) {
			if (!(tensor instanceof Tensor)) throw new TypeError(`[${name}] ${what} must be a tensor, got ${quoted(tensor)}`);
		}
		const [q, k, v] = [query, key, value] as [Tensor, Tensor, Tensor];
		if (q.ndim !== 2 && q.ndim !== 3) {
			throw new RangeError(`[${name}] query should be unbatched 2D or batched 3D, got a ${q.ndim}-D tensor`);
		}
		if (k.ndim !== q.ndim || v.ndim !== q.ndim) {
			throw new RangeError(
				`[${name}] for a ${q.ndim}-D query, expected key and value to be ${q.ndim}-D but found ${k.ndim}-D and ${v.ndim}-D tensors`,
			);
		}
		const widths: [string, Tensor, number][] = [
			["query", q, this.embedDim],
			["key", k, this.kdim],
			["value", v, this.vdim],
		];
		for (const [what, tensor, width] of widths) {
			if (tensor.size(-1) !== width) {
				throw new RangeError(`[${name}] was expecting ${what} features of ${width}, but got ${tensor.size(-1)}`);
			}
		}
		if (`${k.shape.slice(0, -1)}` !== `${v.shape.slice(0, -1)}`) {
			throw new RangeError(
				`[${name}] key shape ${shapeText(k.shape)} does not match value shape ${shapeText(v.shape)}`,
			);
		}
		const batchDim = this.batchFirst ? 0 : 1;
		if (q.ndim === 3 && q.size(batchDim) !== k.size(batchDim)) {
			throw new RangeError(
				`[${name}] query and key have batches of ${q.size(batchDim)} and ${k.size(batchDim)}: they should be the same`,
			);
		}
	}
}
