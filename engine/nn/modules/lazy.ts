import { bind } from "../../core/arguments";
import { defaultGenerator } from "../../core/generator";
import { size } from "../../core/pythonText";
import type { Placed } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import type { FactoryOptions } from "../factory";
import type { PerDimension } from "../functional/spatial";
import { Parameter } from "../parameter";
import { isUninitialized, UninitializedBuffer, UninitializedParameter } from "../uninitialized";
import {
	BatchNorm1d,
	BatchNorm2d,
	BatchNorm3d,
	type BatchNormModuleOptions,
	InstanceNorm1d,
	InstanceNorm2d,
	InstanceNorm3d,
} from "./batchnorm";
import {
	Conv1d,
	Conv2d,
	Conv3d,
	type ConvModuleOptions,
	ConvTranspose1d,
	ConvTranspose2d,
	ConvTranspose3d,
	type ConvTransposeModuleOptions,
} from "./conv";
import { Linear, type LinearOptions } from "./linear";
import { Module } from "./module";

/*
 * Layers that learn the size of their input from the first one: then they become the layer of that size, with its class,
 * text and parameters. Before that their parameters are there without a shape (../uninitialized.ts); a state dict may give
 * them one.
 */

interface Kind {
	/** The layer for an input of this size. */
	make: (size: number, place?: FactoryOptions) => Module;
	/** Where the input's size stands, of one that the layer takes. */
	sizeOf: (input: Tensor) => number;
	/** The property that is this size, 0 before the first input. */
	size: string;
	/** The least size that the layer takes: of grouped channels the number of groups. */
	least: number;
}

/** Makes a layer without touching what random numbers come next. */
function quietly<T>(make: () => T): T {
	const state = defaultGenerator.getState();
	try {
		return make();
	} finally {
		defaultGenerator.setState(state);
	}
}

type Properties = Record<string, unknown>;

abstract class Lazy extends Module {
	/** @internal Gone after the first input. */
	declare _kind?: Kind;

	constructor(kind: Kind) {
		super();
		this._kind = kind;
		const layer = quietly(() => kind.make(kind.least));
		for (const [property, value] of Object.entries(layer)) {
			if (property === "training") continue;
			(this as unknown as Properties)[property] = property === kind.size ? 0 : shapeless(value);
		}
		for (const [property, saved] of layer._state.buffers) this._state.buffers.set(property, saved);
	}

	/** Whether the layer still waits for its first input, or for a state dict. */
	hasUninitializedParams(): boolean {
		return Object.values(this).some(isUninitialized);
	}

	/** Gives the parameters the shapes and the first values that they have for this input. */
	initializeParameters(input: Tensor): void {
		initialized(this, input);
	}

	forward(input: Tensor): Tensor {
		Object.setPrototypeOf(this, Object.getPrototypeOf(initialized(this, input)) as object);
		delete this._kind;
		return (this as unknown as { forward(input: Tensor): Tensor }).forward(input);
	}

	override extraRepr(): string {
		// A layer of some size says it.
		const layer = quietly(() => this._kind!.make(this._kind!.least));
		return layer.extraRepr().replace(/\d+/, "0");
	}
}

/** Gives the parameters of `lazy` their shapes; the layer that it is from now on. */
function initialized(lazy: Lazy, input: Tensor): Module {
	const kind = lazy._kind!;
	const size = kind.sizeOf(input);
	const mine = lazy as unknown as Properties;
	const waiting = Object.values(lazy).find(isUninitialized);
	const layer = waiting
		? kind.make(size, { dtype: waiting.dtype, device: waiting.device })
		: quietly(() => kind.make(size));
	for (const [property, value] of Object.entries(layer)) {
		const present = mine[property];
		if (isUninitialized(present)) present._become(value as Tensor);
		else if (property !== "training" && !(present instanceof Tensor)) mine[property] = value;
	}
	return layer;
}

/** A parameter or buffer whose shape depends on the input, without it; anything else as it is. */
function shapeless(value: unknown): unknown {
	if (!(value instanceof Tensor) || value.ndim === 0) return value;
	const { dtype, device } = value;
	if (value instanceof Parameter)
		return new UninitializedParameter({ dtype, device, requiresGrad: value.requiresGrad });
	return new UninitializedBuffer({ dtype, device });
}

abstract class LazyWeights extends Lazy {
	declare weight: Parameter;
	declare bias: Parameter | null;
}

abstract class LazyConv extends LazyWeights {
	/** 0 before the first input. */
	declare readonly inChannels: number;
	declare readonly outChannels: number;
}

abstract class LazyNorm extends Lazy {
	/** 0 before the first input. */
	declare readonly numFeatures: number;
	declare weight: Parameter | null;
	declare bias: Parameter | null;
	declare runningMean: Tensor | null;
	declare runningVar: Tensor | null;
	declare numBatchesTracked: Tensor | null;
}

/** A `Linear` whose `inFeatures` is that of its first input. */
export class LazyLinear extends LazyWeights {
	/** 0 before the first input. */
	declare readonly inFeatures: number;
	declare readonly outFeatures: number;

	constructor(
		...args:
			| [outFeatures: number, options?: LinearOptions]
			| [outFeatures: number, bias: boolean, options?: FactoryOptions]
			| [options: LinearOptions & { outFeatures: number }]
	) {
		const { outFeatures, ...options } = bind<LinearOptions & { outFeatures: number }>(
			"LazyLinear",
			args,
			["outFeatures", "bias"],
			["device", "dtype"],
		);
		const make = (inFeatures: number, place?: FactoryOptions) =>
			new Linear({ inFeatures, outFeatures: outFeatures!, ...options, ...place });
		super({ make, sizeOf: (input) => input.size(-1), size: "inFeatures", least: 1 });
	}
}

type Convolving<O> = O & { outChannels: number; kernelSize: PerDimension };

/** As the arguments of the layer itself, without the channels of its input. */
type LazyConvArguments<O extends ConvModuleOptions | ConvTransposeModuleOptions> =
	| [outChannels: number, kernelSize: PerDimension, options?: O]
	| Placed<
			[outChannels: number, kernelSize: PerDimension, stride: PerDimension, padding: NonNullable<O["padding"]>],
			["outChannels", "kernelSize", "stride", "padding"],
			Convolving<O>
	  >;

const convOptions = ["dilation", "groups", "bias", "paddingMode", "outputPadding", "device", "dtype"];

function convolution(
	name: string,
	spatial: number,
	Layer: new (options: any) => Module,
	args: readonly unknown[],
): Kind {
	const given = bind<Record<string, unknown>>(
		name,
		args,
		["outChannels", "kernelSize", "stride", "padding"],
		convOptions,
	);
	return {
		make: (inChannels, place) => new Layer({ inChannels, ...given, ...place }),
		sizeOf(input) {
			if (input.ndim !== spatial + 1 && input.ndim !== spatial + 2) {
				throw new RangeError(
					`[${name}] Expected ${spatial + 1}D (unbatched) or ${spatial + 2}D (batched) input to ${name}, but got input of size: ${size(input.shape)}`,
				);
			}
			return input.size(-1 - spatial);
		},
		size: "inChannels",
		least: (given.groups as number | undefined) ?? 1,
	};
}

/** A `Conv1d` whose `inChannels` is that of its first input. */
export class LazyConv1d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv1d", 1, Conv1d, args));
	}
}

/** A `Conv2d` whose `inChannels` is that of its first input. */
export class LazyConv2d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv2d", 2, Conv2d, args));
	}
}

/** A `Conv3d` whose `inChannels` is that of its first input. */
export class LazyConv3d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv3d", 3, Conv3d, args));
	}
}

/** A `ConvTranspose1d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose1d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvTransposeModuleOptions>) {
		super(convolution("LazyConvTranspose1d", 1, ConvTranspose1d, args));
	}
}

/** A `ConvTranspose2d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose2d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvTransposeModuleOptions>) {
		super(convolution("LazyConvTranspose2d", 2, ConvTranspose2d, args));
	}
}

/** A `ConvTranspose3d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose3d extends LazyConv {
	constructor(...args: LazyConvArguments<ConvTransposeModuleOptions>) {
		super(convolution("LazyConvTranspose3d", 3, ConvTranspose3d, args));
	}
}

function normalisation(
	name: string,
	Layer: new (options: any) => Module,
	options: unknown,
	spatial: number | null,
): Kind {
	const given = bind<Record<string, unknown>>(
		name,
		[options],
		[],
		["eps", "momentum", "affine", "trackRunningStats", "bias", "device", "dtype"],
	);
	return {
		make: (numFeatures, place) => new Layer({ numFeatures, ...given, ...place }),
		// Batches have it in the second dimension; instances may come without their batch.
		sizeOf: (input) => input.size(spatial === null ? 1 : -1 - spatial),
		size: "numFeatures",
		least: 1,
	};
}

/** A `BatchNorm1d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm1d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm1d", BatchNorm1d, options, null));
	}
}

/** A `BatchNorm2d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm2d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm2d", BatchNorm2d, options, null));
	}
}

/** A `BatchNorm3d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm3d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm3d", BatchNorm3d, options, null));
	}
}

/** An `InstanceNorm1d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm1d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm1d", InstanceNorm1d, options, 1));
	}
}

/** An `InstanceNorm2d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm2d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm2d", InstanceNorm2d, options, 2));
	}
}

/** An `InstanceNorm3d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm3d extends LazyNorm {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm3d", InstanceNorm3d, options, 3));
	}
}
