import { bind } from "../../core/arguments";
import { defaultGenerator } from "../../core/generator";
import type { Tensor } from "../../core/tensor";
import type { FactoryOptions } from "../factory";
import type { PerDimension } from "../functional/spatial";
import type { Parameter } from "../parameter";
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
 * text and parameters. Before that they have none, and asking for them is an error: an optimiser made too early would miss
 * them. Give the model an input first.
 */

interface Kind {
	/** The layer for an input of this size. */
	make: (size: number) => Module;
	/** Where the input's size stands, of one that the layer takes. */
	sizeOf: (input: Tensor) => number;
	/** The least size that the layer takes: of grouped channels the number of groups. */
	least: number;
}

abstract class Lazy extends Module {
	readonly #kind: Kind;

	constructor(kind: Kind) {
		super();
		this.#kind = kind;
	}

	/** Whether the layer still waits for its first input. A layer that has had it is no `Lazy` any more. */
	hasUninitializedParams(): boolean {
		return true;
	}

	forward(input: Tensor): Tensor {
		const layer = this.#kind.make(this.#kind.sizeOf(input));
		for (const [property, value] of Object.entries(layer)) {
			if (property !== "_state" && property !== "training")
				(this as unknown as Record<string, unknown>)[property] = value;
		}
		for (const [property, saved] of layer._state.buffers) this._state.buffers.set(property, saved);
		Object.setPrototypeOf(this, Object.getPrototypeOf(layer) as object);
		return (this as unknown as { forward(input: Tensor): Tensor }).forward(input);
	}

	/** @internal */
	override _parameters(): [key: string, value: Parameter, property: string][] {
		throw new Error(
			`[${this.constructor.name}] has no parameters before its first input: call the model once, on data of the right shape, before you use its parameters, state or device`,
		);
	}

	override extraRepr(): string {
		// A layer of some size says it, without touching what random numbers come next.
		const state = defaultGenerator.getState();
		const text = this.#kind.make(this.#kind.least).extraRepr();
		defaultGenerator.setState(state);
		return text.replace(/\d+/, "0");
	}
}

/** A `Linear` whose `inFeatures` is that of its first input. */
export class LazyLinear extends Lazy {
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
		const make = (inFeatures: number) => new Linear({ inFeatures, outFeatures: outFeatures!, ...options });
		super({ make, sizeOf: (input) => input.size(-1), least: 1 });
	}
}

type Convolving<O> = O & { outChannels: number; kernelSize: PerDimension };

/** As the arguments of the layer itself, without the channels of its input. */
type LazyConvArguments<O extends ConvModuleOptions | ConvTransposeModuleOptions> =
	| [outChannels: number, kernelSize: PerDimension, options?: O]
	| [outChannels: number, kernelSize: PerDimension, stride: PerDimension, options?: Omit<O, "stride">]
	| [
			outChannels: number,
			kernelSize: PerDimension,
			stride: PerDimension,
			padding: NonNullable<O["padding"]>,
			options?: Omit<O, "stride" | "padding">,
	  ]
	| [options: Convolving<O>];

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
		make: (inChannels) => new Layer({ inChannels, ...given }),
		sizeOf: (input) => input.size(-1 - spatial),
		least: (given.groups as number | undefined) ?? 1,
	};
}

/** A `Conv1d` whose `inChannels` is that of its first input. */
export class LazyConv1d extends Lazy {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv1d", 1, Conv1d, args));
	}
}

/** A `Conv2d` whose `inChannels` is that of its first input. */
export class LazyConv2d extends Lazy {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv2d", 2, Conv2d, args));
	}
}

/** A `Conv3d` whose `inChannels` is that of its first input. */
export class LazyConv3d extends Lazy {
	constructor(...args: LazyConvArguments<ConvModuleOptions>) {
		super(convolution("LazyConv3d", 3, Conv3d, args));
	}
}

/** A `ConvTranspose1d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose1d extends Lazy {
	constructor(...args: LazyConvArguments<ConvTransposeModuleOptions>) {
		super(convolution("LazyConvTranspose1d", 1, ConvTranspose1d, args));
	}
}

/** A `ConvTranspose2d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose2d extends Lazy {
	constructor(...args: LazyConvArguments<ConvTransposeModuleOptions>) {
		super(convolution("LazyConvTranspose2d", 2, ConvTranspose2d, args));
	}
}

/** A `ConvTranspose3d` whose `inChannels` is that of its first input. */
export class LazyConvTranspose3d extends Lazy {
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
		make: (numFeatures) => new Layer({ numFeatures, ...given }),
		// Batches have it in the second dimension; instances may come without their batch.
		sizeOf: (input) => input.size(spatial === null ? 1 : -1 - spatial),
		least: 1,
	};
}

/** A `BatchNorm1d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm1d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm1d", BatchNorm1d, options, null));
	}
}

/** A `BatchNorm2d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm2d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm2d", BatchNorm2d, options, null));
	}
}

/** A `BatchNorm3d` whose `numFeatures` is that of its first input. */
export class LazyBatchNorm3d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyBatchNorm3d", BatchNorm3d, options, null));
	}
}

/** An `InstanceNorm1d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm1d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm1d", InstanceNorm1d, options, 1));
	}
}

/** An `InstanceNorm2d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm2d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm2d", InstanceNorm2d, options, 2));
	}
}

/** An `InstanceNorm3d` whose `numFeatures` is that of its first input. */
export class LazyInstanceNorm3d extends Lazy {
	constructor(options: BatchNormModuleOptions = {}) {
		super(normalisation("LazyInstanceNorm3d", InstanceNorm3d, options, 3));
	}
}
