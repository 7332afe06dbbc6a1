import { bind } from "../../core/arguments";
import { getDefaultDtype } from "../../core/defaults";
import { type DeviceLike, getDefaultDevice } from "../../core/device";
import type { DType } from "../../core/dtype";
import { anything, flag, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { full } from "../../ops";
import { factory } from "../factory";
import * as init from "../init";
import { ModuleList } from "./container";
import { Module } from "./module";
import { LayerNorm } from "./normalization";
import {
	type DecoderArguments,
	type DecoderMasks,
	decoderNames,
	layerRules,
	TransformerDecoderLayer,
	TransformerEncoderLayer,
	type TransformerLayerOptions,
} from "./transformerLayer";

/* Stacks of transformer layers, and both stacks together. */

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const count = (fallback?: number) => anything<number>("an integer of at least 1", isCount, fallback);
const stackRules = {
	numLayers: anything<number>("an integer of at least 0", (value) => Number.isInteger(value) && (value as number) >= 0),
	norm: nullable(anything<Module>("a module", (value) => value instanceof Module)),
};
const encoderArguments = signature("TransformerEncoder", {
	encoderLayer: anything<TransformerEncoderLayer>("a module", (value) => value instanceof Module),
	...stackRules,
	enableNestedTensor: flag(true),
	maskCheck: flag(true),
});
const decoderArguments = signature("TransformerDecoder", {
	decoderLayer: anything<TransformerDecoderLayer>("a module", (value) => value instanceof Module),
	...stackRules,
});

export interface StackOptions {
	/** A normalisation of the result. Default none. */
	norm?: Module | null;
}

export interface EncoderStackOptions extends StackOptions {
	/** Whether PyTorch leaves padded positions out in inference. Here they always get values; nothing else depends on it. */
	enableNestedTensor?: boolean;
	/** Whether PyTorch looks at the mask for that. Nothing depends on it here. */
	maskCheck?: boolean;
}

export interface StackMasks {
	/** `[L, L]` or `[N · nhead, L, L]`: true hides, numbers are added to the scores. */
	mask?: Tensor | null;
	/** `[N, L]`: true hides a position. */
	srcKeyPaddingMask?: Tensor | null;
	/** A hint that the mask is the causal one. Default false. */
	isCausal?: boolean | null;
}

export type EncoderArguments =
	| [src: Tensor, options?: StackMasks]
	| [src: Tensor, mask: Tensor | null, options?: Omit<StackMasks, "mask">];

/** `numLayers` copies of an encoder layer, one after the other. */
export class TransformerEncoder extends Module {
	layers: ModuleList;
	readonly numLayers: number;
	norm: Module | null;

	constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, norm?: Module | null);
	constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, options?: EncoderStackOptions);
	constructor(encoderLayer: TransformerEncoderLayer, options: EncoderStackOptions & { numLayers: number });
	constructor(options: EncoderStackOptions & { encoderLayer: TransformerEncoderLayer; numLayers: number });
	constructor(...args: unknown[]) {
		super();
		const { encoderLayer, numLayers, norm } = encoderArguments(args);
		this.layers = new ModuleList(Array.from({ length: numLayers }, () => encoderLayer.clone()));
		this.numLayers = numLayers;
		this.norm = norm;
	}

	/** Masks are `mask`, `srcKeyPaddingMask` and `isCausal`; positions that are hidden get values all the same. */
	forward(...args: EncoderArguments): Tensor {
		const given = bind<Required<StackMasks> & { src: Tensor }>("TransformerEncoder", args, [
			"src",
			"mask",
			"srcKeyPaddingMask",
			"isCausal",
		]);
		const { mask: srcMask = null, srcKeyPaddingMask = null } = given;
		let output = given.src!;
		for (const layer of this.layers) {
			output = (layer as TransformerEncoderLayer)(output, {
				srcMask,
				srcKeyPaddingMask,
				isCausal: given.isCausal ?? false,
			});
		}
		return this.norm === null ? output : this.norm(output);
	}
}

/** `numLayers` copies of a decoder layer, one after the other. */
export class TransformerDecoder extends Module {
	layers: ModuleList;
	readonly numLayers: number;
	norm: Module | null;

	constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, norm?: Module | null);
	constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, options?: StackOptions);
	constructor(decoderLayer: TransformerDecoderLayer, options: StackOptions & { numLayers: number });
	constructor(options: StackOptions & { decoderLayer: TransformerDecoderLayer; numLayers: number });
	constructor(...args: unknown[]) {
		super();
		const { decoderLayer, numLayers, norm } = decoderArguments(args);
		this.layers = new ModuleList(Array.from({ length: numLayers }, () => decoderLayer.clone()));
		this.numLayers = numLayers;
		this.norm = norm;
	}

	forward(...args: DecoderArguments): Tensor {
		const { tgt, memory, ...masks } = bind<Required<DecoderMasks> & { tgt: Tensor; memory: Tensor }>(
			"TransformerDecoder",
			args,
			decoderNames,
		);
		let output = tgt!;
		for (const layer of this.layers) output = (layer as TransformerDecoderLayer)(output, memory!, masks);
		return this.norm === null ? output : this.norm(output);
	}
}

export interface TransformerOptions extends TransformerLayerOptions {
	/** Features. Default 512. */
	dModel?: number;
	/** Heads. Default 8. */
	nhead?: number;
	/** Default 6. */
	numEncoderLayers?: number;
	/** Default 6. */
	numDecoderLayers?: number;
	/** Instead of the encoder that would be made. */
	customEncoder?: Module | null;
	customDecoder?: Module | null;
}

export interface TransformerMasks {
	srcMask?: Tensor | null;
	tgtMask?: Tensor | null;
	memoryMask?: Tensor | null;
	srcKeyPaddingMask?: Tensor | null;
	tgtKeyPaddingMask?: Tensor | null;
	memoryKeyPaddingMask?: Tensor | null;
	srcIsCausal?: boolean | null;
	tgtIsCausal?: boolean | null;
	memoryIsCausal?: boolean;
}

export type TransformerArguments =
	| [src: Tensor, tgt: Tensor, options?: TransformerMasks]
	| [
			src: Tensor,
			tgt: Tensor,
			srcMask: Tensor | null,
			tgtMask: Tensor | null,
			options?: Omit<TransformerMasks, "srcMask" | "tgtMask">,
	  ];

const { dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst, bias } = layerRules;
const oneModule = () => nullable(anything<Module>("a module", (value) => value instanceof Module));
const transformerArguments = signature("Transformer", {
	dModel: count(512),
	nhead: count(8),
	numEncoderLayers: anything<number>("an integer of at least 0", (value) => value === 0 || isCount(value), 6),
	numDecoderLayers: anything<number>("an integer of at least 0", (value) => value === 0 || isCount(value), 6),
	dimFeedforward,
	dropout,
	activation,
	customEncoder: oneModule(),
	customDecoder: oneModule(),
	layerNormEps,
	batchFirst,
	normFirst,
	bias,
	...factory,
});

/**
 * An encoder of source sequences and a decoder that attends to it (Vaswani et al., 2017).
 *
 * Shape: source `[S, N, dModel]` and target `[T, N, dModel]` (N first with `batchFirst`, or without N) to the target's. All
 * weights of more than one dimension begin Xavier uniform.
 */
export class Transformer extends Module {
	encoder: Module;
	decoder: Module;
	readonly dModel: number;
	readonly nhead: number;
	readonly batchFirst: boolean;

	constructor(options?: TransformerOptions);
	constructor(dModel: number, options?: Omit<TransformerOptions, "dModel">);
	constructor(dModel: number, nhead: number, options?: Omit<TransformerOptions, "dModel" | "nhead">);
	constructor(
		dModel: number,
		nhead: number,
		numEncoderLayers: number,
		numDecoderLayers: number,
		options?: Omit<TransformerOptions, "dModel" | "nhead" | "numEncoderLayers" | "numDecoderLayers">,
	);
	constructor(...args: unknown[]) {
		super();
		const { numEncoderLayers, numDecoderLayers, customEncoder, customDecoder, device, dtype, ...given } =
			transformerArguments(args);
		const tensor = { ...(device !== null && { device }), ...(dtype !== null && { dtype }) };
		const options = { ...given, ...tensor };
		const norm = () => new LayerNorm(given.dModel, { eps: given.layerNormEps, bias: given.bias, ...tensor });
		if (customEncoder) this.encoder = customEncoder;
		else {
			const layer = new TransformerEncoderLayer(options);
			this.encoder = new TransformerEncoder(layer, numEncoderLayers, norm());
		}
		if (customDecoder) this.decoder = customDecoder;
		else {
			const layer = new TransformerDecoderLayer(options);
			this.decoder = new TransformerDecoder(layer, numDecoderLayers, norm());
		}
		this.resetParameters();
		this.dModel = given.dModel;
		this.nhead = given.nhead;
		this.batchFirst = given.batchFirst;
	}

	resetParameters(): void {
		for (const parameter of this.parameters()) if (parameter.ndim > 1) init.xavierUniform_(parameter);
	}

	forward(...args: TransformerArguments): Tensor {
		const given = bind<Required<TransformerMasks> & { src: Tensor; tgt: Tensor }>("Transformer", args, [
			"src",
			"tgt",
			"srcMask",
			"tgtMask",
			"memoryMask",
			"srcKeyPaddingMask",
			"tgtKeyPaddingMask",
			"memoryKeyPaddingMask",
			"srcIsCausal",
			"tgtIsCausal",
			"memoryIsCausal",
		]);
		const [src, tgt] = [given.src!, given.tgt!];
		const batchDim = this.batchFirst ? 0 : 1;
		if (src.ndim === 3 && src.size(batchDim) !== tgt.size(batchDim)) {
			throw new RangeError(
				`[Transformer] the batch number of src and tgt must be equal, got ${src.size(batchDim)} and ${tgt.size(batchDim)}`,
			);
		}
		if (src.size(-1) !== this.dModel || tgt.size(-1) !== this.dModel) {
			throw new RangeError(
				`[Transformer] the feature number of src and tgt must be equal to dModel ${this.dModel}, got ${src.size(-1)} and ${tgt.size(-1)}`,
			);
		}
		const memory: Tensor = this.encoder(src, {
			mask: given.srcMask ?? null,
			srcKeyPaddingMask: given.srcKeyPaddingMask ?? null,
			isCausal: given.srcIsCausal ?? null,
		});
		return this.decoder(tgt, memory, {
			tgtMask: given.tgtMask ?? null,
			memoryMask: given.memoryMask ?? null,
			tgtKeyPaddingMask: given.tgtKeyPaddingMask ?? null,
			memoryKeyPaddingMask: given.memoryKeyPaddingMask ?? null,
			tgtIsCausal: given.tgtIsCausal ?? false,
			memoryIsCausal: given.memoryIsCausal ?? false,
		});
	}

	/** `[size, size]`: −∞ above the diagonal, 0 elsewhere: a position sees itself and those before it. */
	static generateSquareSubsequentMask(size: number, options: { dtype?: DType; device?: DeviceLike } = {}): Tensor {
		const { dtype = getDefaultDtype(), device = getDefaultDevice() } = options;
		return full([size, size], Number.NEGATIVE_INFINITY, { dtype, device }).triu(1);
	}
}
