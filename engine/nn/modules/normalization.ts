import { boolean, float, tuple } from "../../core/pythonText";
import { anything, flag, nullable, real, shape, signature, size } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { groupNorm, layerNorm, rmsNorm } from "../functional/normalization";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";

const sizes = (given: number | readonly number[]) => (typeof given === "number" ? [given] : [...given]);

export interface LayerNormModuleOptions extends FactoryOptions {
	/** Added to the variance. Default 1e-5. */
	eps?: number;
	/** Learn a factor for every element. Default true. */
	elementwiseAffine?: boolean;
	/** Learn a shift too. Default true. */
	bias?: boolean;
}

const layerArguments = signature("LayerNorm", {
	normalizedShape: shape(),
	eps: real(1e-5),
	elementwiseAffine: flag(true),
	bias: flag(true),
	...factory,
});

/** Normalises every sample over its last dimensions, `normalizedShape`. */
export class LayerNorm extends Module {
	readonly normalizedShape: readonly number[];
	readonly eps: number;
	readonly elementwiseAffine: boolean;
	/** Of the normalised shape, or null */
	weight: Parameter | null;
	bias: Parameter | null;

	constructor(normalizedShape: number | readonly number[], options?: LayerNormModuleOptions);
	constructor(normalizedShape: number | readonly number[], eps: number, options?: Omit<LayerNormModuleOptions, "eps">);
	constructor(options: LayerNormModuleOptions & { normalizedShape: number | readonly number[] });
	constructor(...args: unknown[]) {
		super();
		const { normalizedShape, eps, elementwiseAffine, bias, ...tensor } = layerArguments(args);
		this.normalizedShape = sizes(normalizedShape);
		this.eps = eps;
		this.elementwiseAffine = elementwiseAffine;
		this.weight = elementwiseAffine ? newParameter("LayerNorm", [...this.normalizedShape], tensor) : null;
		this.bias = elementwiseAffine && bias ? newParameter("LayerNorm", [...this.normalizedShape], tensor) : null;
		this.resetParameters();
	}

	resetParameters(): void {
		if (this.weight) init.ones_(this.weight);
		if (this.bias) init.zeros_(this.bias);
	}

	forward(input: Tensor): Tensor {
		return layerNorm(input, this.normalizedShape, this);
	}

	override extraRepr(): string {
		const { normalizedShape, eps, elementwiseAffine, bias } = this;
		return `${tuple(normalizedShape)}, eps=${float(eps)}, elementwise_affine=${boolean(elementwiseAffine)}, bias=${boolean(bias !== null)}`;
	}
}

export interface RMSNormOptions extends FactoryOptions {
	/** Added to the mean square; null (default): the dtype's own precision. */
	eps?: number | null;
	/** Learn a factor for every element. Default true. */
	elementwiseAffine?: boolean;
}

const rmsArguments = signature("RMSNorm", {
	normalizedShape: shape(),
	eps: nullable(real()),
	elementwiseAffine: flag(true),
	...factory,
});

/** Divides every sample by its root mean square over the last dimensions, `normalizedShape`. */
export class RMSNorm extends Module {
	readonly normalizedShape: readonly number[];
	readonly eps: number | null;
	readonly elementwiseAffine: boolean;
	weight: Parameter | null;

	constructor(normalizedShape: number | readonly number[], options?: RMSNormOptions);
	constructor(normalizedShape: number | readonly number[], eps: number | null, options?: Omit<RMSNormOptions, "eps">);
	constructor(options: RMSNormOptions & { normalizedShape: number | readonly number[] });
	constructor(...args: unknown[]) {
		super();
		const { normalizedShape, eps, elementwiseAffine, ...tensor } = rmsArguments(args);
		this.normalizedShape = sizes(normalizedShape);
		this.eps = eps;
		this.elementwiseAffine = elementwiseAffine;
		this.weight = elementwiseAffine ? newParameter("RMSNorm", [...this.normalizedShape], tensor) : null;
		this.resetParameters();
	}

	resetParameters(): void {
		if (this.weight) init.ones_(this.weight);
	}

	forward(input: Tensor): Tensor {
		return rmsNorm(input, this.normalizedShape, this);
	}

	override extraRepr(): string {
		const eps = this.eps === null ? "None" : float(this.eps);
		return `${tuple(this.normalizedShape)}, eps=${eps}, elementwise_affine=${boolean(this.elementwiseAffine)}`;
	}
}

export interface GroupNormModuleOptions extends FactoryOptions {
	/** Added to the variance. Default 1e-5. */
	eps?: number;
	/** Learn a factor and a shift for every channel. Default true. */
	affine?: boolean;
	/** Learn the shift too, where `affine` is true. Default true. */
	bias?: boolean;
}

const groupArguments = signature("GroupNorm", {
	numGroups: anything<number>("an integer of at least 1", (value) => Number.isInteger(value) && (value as number) >= 1),
	numChannels: size(),
	eps: real(1e-5),
	affine: flag(true),
	...factory,
	bias: flag(true),
});

/** Normalises groups of channels of every sample. */
export class GroupNorm extends Module {
	readonly numGroups: number;
	readonly numChannels: number;
	readonly eps: number;
	readonly affine: boolean;
	weight: Parameter | null;
	bias: Parameter | null;

	constructor(numGroups: number, numChannels: number, options?: GroupNormModuleOptions);
	constructor(numGroups: number, options: GroupNormModuleOptions & { numChannels: number });
	constructor(options: GroupNormModuleOptions & { numGroups: number; numChannels: number });
	constructor(...args: unknown[]) {
		super();
		const { numGroups, numChannels, eps, affine, bias, ...tensor } = groupArguments(args);
		if (numChannels % numGroups !== 0) {
			throw new RangeError(`[GroupNorm] numChannels (${numChannels}) must be divisible by numGroups (${numGroups})`);
		}
		this.numGroups = numGroups;
		this.numChannels = numChannels;
		this.eps = eps;
		this.affine = affine;
		this.weight = affine ? newParameter("GroupNorm", [numChannels], tensor) : null;
		this.bias = affine && bias ? newParameter("GroupNorm", [numChannels], tensor) : null;
		this.resetParameters();
	}

	resetParameters(): void {
		if (this.weight) init.ones_(this.weight);
		if (this.bias) init.zeros_(this.bias);
	}

	forward(input: Tensor): Tensor {
		return groupNorm(input, this.numGroups, this);
	}

	override extraRepr(): string {
		const { numGroups, numChannels, eps, affine, bias } = this;
		return `${numGroups}, ${numChannels}, eps=${float(eps)}, affine=${boolean(affine)}, bias=${boolean(bias !== null)}`;
	}
}
