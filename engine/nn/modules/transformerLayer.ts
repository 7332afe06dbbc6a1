import { bind } from "../../core/arguments";
import { anything, flag, type Placed, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory } from "../factory";
import { gelu, relu } from "../functional/activation";
import { GLU } from "./activation";
import { MultiheadAttention } from "./attention";
import { Dropout } from "./dropout";
import { SwiGLU } from "./gated";
import { Linear } from "./linear";
import { Module } from "./module";
import { LayerNorm } from "./normalization";

/* The layers of transformers (Vaswani et al., 2017). */

/** A name, a function of a tensor, or a module; SwiGLU and GLU get a first linear layer that is twice as wide. */
export type TransformerActivation = "relu" | "gelu" | ((input: Tensor) => Tensor) | Module;

export interface TransformerLayerOptions extends FactoryOptions {
	/** Width of the two linear layers' middle. Default 2048. */
	dimFeedforward?: number;
	/** Default 0.1. */
	dropout?: number;
	/** Default "relu". */
	activation?: TransformerActivation;
	/** Default 1e-5. */
	layerNormEps?: number;
	/** `[N, L, E]` instead of `[L, N, E]`. Default false. */
	batchFirst?: boolean;
	/** Normalise before attention and linear layers instead of after them. Default false. */
	normFirst?: boolean;
	/** Learn biases. Default true. */
	bias?: boolean;
}

type LayerArguments =
	| [dModel: number, nhead: number, options?: TransformerLayerOptions]
	| Placed<
			[dModel: number, nhead: number, dimFeedforward: number, dropout: number],
			["dModel", "nhead", "dimFeedforward", "dropout"],
			TransformerLayerOptions & { dModel: number; nhead: number }
	  >;

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const isActivation = (value: unknown) => value === "relu" || value === "gelu" || typeof value === "function";

/** @internal Of the arguments that layers and Transformer share. */
export const layerRules = {
	dimFeedforward: anything<number>("an integer of at least 1", isCount, 2048),
	dropout: real(0.1),
	activation: anything<TransformerActivation>('"relu", "gelu", a function or a module', isActivation, "relu"),
	layerNormEps: real(1e-5),
	batchFirst: flag(false),
	normFirst: flag(false),
	bias: flag(true),
	...factory,
};
const rules = {
	dModel: anything<number>("an integer of at least 1", isCount),
	nhead: anything<number>("an integer of at least 1", isCount),
	...layerRules,
};
const encoderArguments = signature("TransformerEncoderLayer", rules);
const decoderArguments = signature("TransformerDecoderLayer", rules);

type Given = ReturnType<typeof encoderArguments>;

function tensorOptions({ device, dtype }: Given): FactoryOptions {
	return { ...(device !== null && { device }), ...(dtype !== null && { dtype }) };
}

function attentionOf(given: Given): MultiheadAttention {
	const { dModel, nhead, dropout, batchFirst, bias } = given;
	return new MultiheadAttention(dModel, nhead, { dropout, batchFirst, bias, ...tensorOptions(given) });
}

function normOf(given: Given): LayerNorm {
	return new LayerNorm(given.dModel, { eps: given.layerNormEps, bias: given.bias, ...tensorOptions(given) });
}

function activationOf(given: TransformerActivation): (input: Tensor) => Tensor {
	if (given === "relu") return (input) => relu(input);
	if (given === "gelu") return (input) => gelu(input);
	return given as (input: Tensor) => Tensor;
}

/** The linear layers around the activation. */
function linearsOf(given: Given): [Linear, Linear] {
	const { dModel, dimFeedforward, activation, bias } = given;
	const gated = activation instanceof SwiGLU || activation instanceof GLU;
	const options = { bias, ...tensorOptions(given) };
	return [
		new Linear(dModel, gated ? 2 * dimFeedforward : dimFeedforward, options),
		new Linear(dimFeedforward, dModel, options),
	];
}

export interface EncoderMasks {
	/** `[L, L]` or `[N · nhead, L, L]`: true hides, numbers are added to the scores. */
	srcMask?: Tensor | null;
	/** `[N, L]`: true hides a position. */
	srcKeyPaddingMask?: Tensor | null;
	/** A hint that srcMask is the causal one. Default false. */
	isCausal?: boolean;
}

export type EncoderLayerArguments =
	| [src: Tensor, options?: EncoderMasks]
	| [src: Tensor, srcMask: Tensor | null, options?: Omit<EncoderMasks, "srcMask">];

/**
 * Self-attention and two linear layers, each with dropout, a way around it and a layer normalisation.
 *
 * Shape: `[L, N, dModel]` (`[N, L, dModel]` with `batchFirst`, or without N) to the same.
 */
export class TransformerEncoderLayer extends Module {
	selfAttn: MultiheadAttention;
	linear1: Linear;
	dropout: Dropout;
	linear2: Linear;
	readonly normFirst: boolean;
	norm1: LayerNorm;
	norm2: LayerNorm;
	dropout1: Dropout;
	dropout2: Dropout;
	activation: (input: Tensor) => Tensor;

	constructor(...args: LayerArguments) {
		super();
		const given = encoderArguments(args);
		this.selfAttn = attentionOf(given);
		[this.linear1, this.linear2] = linearsOf(given);
		this.dropout = new Dropout(given.dropout);
		this.normFirst = given.normFirst;
		this.norm1 = normOf(given);
		this.norm2 = normOf(given);
		this.dropout1 = new Dropout(given.dropout);
		this.dropout2 = new Dropout(given.dropout);
		this.activation = activationOf(given.activation);
	}

	forward(...args: EncoderLayerArguments): Tensor {
		const given = bind<Required<EncoderMasks> & { src: Tensor }>("TransformerEncoderLayer", args, [
			"src",
			"srcMask",
			"srcKeyPaddingMask",
			"isCausal",
		]);
		const { srcMask: attnMask = null, srcKeyPaddingMask: keyPaddingMask = null, isCausal = false } = given;
		const attend = (x: Tensor) =>
			this.dropout1(this.selfAttn(x, x, x, { attnMask, keyPaddingMask, isCausal, needWeights: false })[0]);
		const feed = (x: Tensor) => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
		const src = given.src!;
		if (this.normFirst) {
			const x = src.add(attend(this.norm1(src)));
			return x.add(feed(this.norm2(x)));
		}
		const x = this.norm1(src.add(attend(src)));
		return this.norm2(x.add(feed(x)));
	}
}

export interface DecoderMasks {
	/** `[L, L]` or `[N · nhead, L, L]` for the target's self-attention: true hides, numbers are added. */
	tgtMask?: Tensor | null;
	/** `[L, S]` or `[N · nhead, L, S]` for the attention to the memory. */
	memoryMask?: Tensor | null;
	/** `[N, L]`: true hides a position of the target. */
	tgtKeyPaddingMask?: Tensor | null;
	/** `[N, S]`: true hides a position of the memory. */
	memoryKeyPaddingMask?: Tensor | null;
	/** A hint that tgtMask is the causal one. Default false. */
	tgtIsCausal?: boolean;
	/** The same of memoryMask. Default false. */
	memoryIsCausal?: boolean;
}

export type DecoderArguments =
	| [tgt: Tensor, memory: Tensor, options?: DecoderMasks]
	| [tgt: Tensor, memory: Tensor, tgtMask: Tensor | null, options?: Omit<DecoderMasks, "tgtMask">];

/** @internal Names in Python's order. */
export const decoderNames = [
	"tgt",
	"memory",
	"tgtMask",
	"memoryMask",
	"tgtKeyPaddingMask",
	"memoryKeyPaddingMask",
	"tgtIsCausal",
	"memoryIsCausal",
] as const;

/**
 * Self-attention, attention to an encoder's memory and two linear layers, each with dropout, a way around it and a layer
 * normalisation.
 *
 * Shape: target `[L, N, dModel]` and memory `[S, N, dModel]` (N first with `batchFirst`, or without N) to the target's.
 */
export class TransformerDecoderLayer extends Module {
	selfAttn: MultiheadAttention;
	multiheadAttn: MultiheadAttention;
	linear1: Linear;
	dropout: Dropout;
	linear2: Linear;
	readonly normFirst: boolean;
	norm1: LayerNorm;
	norm2: LayerNorm;
	norm3: LayerNorm;
	dropout1: Dropout;
	dropout2: Dropout;
	dropout3: Dropout;
	activation: (input: Tensor) => Tensor;

	constructor(...args: LayerArguments) {
		super();
		const given = decoderArguments(args);
		this.selfAttn = attentionOf(given);
		this.multiheadAttn = attentionOf(given);
		[this.linear1, this.linear2] = linearsOf(given);
		this.dropout = new Dropout(given.dropout);
		this.normFirst = given.normFirst;
		this.norm1 = normOf(given);
		this.norm2 = normOf(given);
		this.norm3 = normOf(given);
		this.dropout1 = new Dropout(given.dropout);
		this.dropout2 = new Dropout(given.dropout);
		this.dropout3 = new Dropout(given.dropout);
		this.activation = activationOf(given.activation);
	}

	forward(...args: DecoderArguments): Tensor {
		const given = bind<Required<DecoderMasks> & { tgt: Tensor; memory: Tensor }>(
			"TransformerDecoderLayer",
			args,
			decoderNames,
		);
		const memory = given.memory!;
		const own = {
			attnMask: given.tgtMask ?? null,
			keyPaddingMask: given.tgtKeyPaddingMask ?? null,
			isCausal: given.tgtIsCausal ?? false,
			needWeights: false,
		};
		const other = {
			attnMask: given.memoryMask ?? null,
			keyPaddingMask: given.memoryKeyPaddingMask ?? null,
			isCausal: given.memoryIsCausal ?? false,
			needWeights: false,
		};
		const attend = (x: Tensor) => this.dropout1(this.selfAttn(x, x, x, own)[0]);
		const remember = (x: Tensor) => this.dropout2(this.multiheadAttn(x, memory, memory, other)[0]);
		const feed = (x: Tensor) => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
		const tgt = given.tgt!;
		if (this.normFirst) {
			const x = tgt.add(attend(this.norm1(tgt)));
			const y = x.add(remember(this.norm2(x)));
			return y.add(feed(this.norm3(y)));
		}
		const x = this.norm1(tgt.add(attend(tgt)));
		const y = this.norm2(x.add(remember(x)));
		return this.norm3(y.add(feed(y)));
	}
}
