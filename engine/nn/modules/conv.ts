import { tuple } from "../../core/pythonText";
import {
	anything,
	choice,
	flag,
	integer,
	type Placed,
	perDimension,
	quoted,
	signature,
	size,
} from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import * as F from "../functional/conv";
import { pad } from "../functional/pad";
import type { PerDimension } from "../functional/spatial";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";

/* Convolutions and transposed convolutions over one, two and three dimensions. */

/** What stands around the input: zeros, its mirror image, its edge, or its other end. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

export interface ConvModuleOptions extends FactoryOptions {
	/** Steps between results. Default 1. */
	stride?: PerDimension;
	/** Elements added on both sides, "valid" (none) or "same" (as many as keep the size, for stride 1). Default 0. */
	padding?: PerDimension | "same" | "valid";
	/** Steps between the elements that the kernel sees. Default 1. */
	dilation?: PerDimension;
	/** Channels fall into groups that do not see each other. Default 1. */
	groups?: number;
	/** Learn an additive bias. Default true. */
	bias?: boolean;
	/** Default "zeros". */
	paddingMode?: PaddingMode;
}

export interface ConvTransposeModuleOptions extends Omit<ConvModuleOptions, "padding" | "paddingMode"> {
	/** dilation · (kernelSize − 1) − padding zeros stand around the input. Default 0. */
	padding?: PerDimension;
	/** Added to one side of the result's size: several sizes convolve to the same one. Default 0. */
	outputPadding?: PerDimension;
	/** Only "zeros". */
	paddingMode?: "zeros";
}

interface Sizes {
	inChannels: number;
	outChannels: number;
	kernelSize: PerDimension;
}

type ConvArguments =
	| [inChannels: number, outChannels: number, kernelSize: PerDimension, options?: ConvModuleOptions]
	| Placed<
			[
				inChannels: number,
				outChannels: number,
				kernelSize: PerDimension,
				stride: PerDimension,
				padding: PerDimension | "same" | "valid",
				dilation: PerDimension,
				groups: number,
				bias: boolean,
				paddingMode: PaddingMode,
			],
			["inChannels", "outChannels", "kernelSize", "stride", "padding", "dilation", "groups", "bias", "paddingMode"],
			ConvModuleOptions & Sizes
	  >;

type ConvTransposeArguments =
	| [inChannels: number, outChannels: number, kernelSize: PerDimension, options?: ConvTransposeModuleOptions]
	| Placed<
			[
				inChannels: number,
				outChannels: number,
				kernelSize: PerDimension,
				stride: PerDimension,
				padding: PerDimension,
				outputPadding: PerDimension,
				groups: number,
				bias: boolean,
				dilation: PerDimension,
			],
			["inChannels", "outChannels", "kernelSize", "stride", "padding", "outputPadding", "groups", "bias", "dilation"],
			ConvTransposeModuleOptions & Sizes
	  >;

const modes = ["zeros", "reflect", "replicate", "circular"] as const;

function isPadding(spatial: number) {
	const numbers = perDimension(spatial, 0);
	return anything<PerDimension | "same" | "valid">(
		`${numbers.expected}, or "same" or "valid"`,
		(value) => value === "same" || value === "valid" || numbers.accepts(value),
		0,
	);
}

const convRules = (spatial: number) => ({
	inChannels: size(),
	outChannels: size(),
	kernelSize: perDimension(spatial, undefined, 1),
	stride: perDimension(spatial, 1, 1),
	padding: isPadding(spatial),
	dilation: perDimension(spatial, 1, 1),
	groups: integer(1, 1),
	bias: flag(true),
	paddingMode: choice(modes, "zeros"),
	...factory,
});

const transposedRules = (spatial: number) => ({
	inChannels: size(),
	outChannels: size(),
	kernelSize: perDimension(spatial, undefined, 1),
	stride: perDimension(spatial, 1, 1),
	padding: perDimension(spatial, 0),
	outputPadding: perDimension(spatial, 0),
	groups: integer(1, 1),
	bias: flag(true),
	dilation: perDimension(spatial, 1, 1),
	paddingMode: choice(["zeros"], "zeros"),
	...factory,
});

type Given = ReturnType<ReturnType<typeof signature<ReturnType<typeof convRules>>>> & { outputPadding?: PerDimension };

function list(value: PerDimension, count: number): number[] {
	return typeof value === "number" ? new Array<number>(count).fill(value) : [...value];
}

abstract class ConvBase extends Module {
	readonly inChannels: number;
	readonly outChannels: number;
	readonly kernelSize: readonly number[];
	readonly stride: readonly number[];
	readonly padding: readonly number[] | "same" | "valid";
	readonly dilation: readonly number[];
	readonly outputPadding: readonly number[];
	readonly groups: number;
	readonly paddingMode: PaddingMode;
	/** `[outChannels, inChannels / groups, …kernelSize]`; transposed: `[inChannels, outChannels / groups, …kernelSize]` */
	weight: Parameter;
	/** `[outChannels]`, or null */
	bias: Parameter | null;

	constructor(given: Given, spatial: number, transposed: boolean) {
		super();
		const name = new.target.name;
		const { inChannels, outChannels, groups, dtype, device } = given;
		for (const [key, channels] of Object.entries({ inChannels, outChannels })) {
			if (channels % groups !== 0) {
				throw new RangeError(`[${name}] ${key} must be divisible by groups, got ${channels} and ${groups}`);
			}
		}
		this.inChannels = inChannels;
		this.outChannels = outChannels;
		this.kernelSize = list(given.kernelSize, spatial);
		this.stride = list(given.stride, spatial);
		this.padding = typeof given.padding === "string" ? given.padding : list(given.padding, spatial);
		this.dilation = list(given.dilation, spatial);
		this.outputPadding = list(given.outputPadding ?? 0, spatial);
		this.groups = groups;
		this.paddingMode = given.paddingMode;
		if (this.padding === "same" && this.stride.some((step) => step !== 1)) {
			throw new RangeError(
				`[${name}] padding="same" is not supported for strided convolutions, got stride ${quoted(given.stride)}`,
			);
		}
		const channels = transposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups];
		this.weight = newParameter(name, [...channels, ...this.kernelSize], { dtype, device });
		this.bias = given.bias ? newParameter(name, [outChannels], { dtype, device }) : null;
		this.resetParameters();
	}

	/** U(−√k, √k) for weight and bias, k = groups / (inChannels · product of kernelSize) (transposed: of outChannels). */
	resetParameters(): void {
		init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
		if (this.bias !== null) init.uniformByFan_(this.bias, init.calculateFanInAndFanOut(this.weight)[0]);
	}

	override extraRepr(): string {
		const { inChannels, outChannels, kernelSize, stride, padding, dilation, outputPadding, groups } = this;
		let text = `${inChannels}, ${outChannels}, kernel_size=${tuple(kernelSize)}, stride=${tuple(stride)}`;
		if (typeof padding === "string") text += `, padding=${padding}`;
		else if (padding.some((count) => count !== 0)) text += `, padding=${tuple(padding)}`;
		if (dilation.some((step) => step !== 1)) text += `, dilation=${tuple(dilation)}`;
		if (outputPadding.some((count) => count !== 0)) text += `, output_padding=${tuple(outputPadding)}`;
		if (groups !== 1) text += `, groups=${groups}`;
		if (this.bias === null) text += `, bias=False`;
		if (this.paddingMode !== "zeros") text += `, padding_mode=${this.paddingMode}`;
		return text;
	}
}

type Convolve = (input: Tensor, weight: Tensor, bias: Tensor | null, options: F.ConvOptions) => Tensor;

abstract class Conv extends ConvBase {
	/** @internal */
	abstract readonly _convolve: Convolve;

	constructor(given: Given, spatial: number) {
		super(given, spatial, false);
	}

	forward(input: Tensor): Tensor {
		const { stride, dilation, groups, padding } = this;
		if (this.paddingMode === "zeros") {
			return this._convolve(input, this.weight, this.bias, { stride, padding, dilation, groups });
		}
		const around = pad(input, this.#aroundInput(), { mode: this.paddingMode });
		return this._convolve(around, this.weight, this.bias, { stride, dilation, groups });
	}

	/** As `pad` takes it: before and after, of the last dimension first. */
	#aroundInput(): number[] {
		const { padding, dilation, kernelSize } = this;
		return kernelSize
			.map((kernel, i): [number, number] => {
				if (padding === "valid") return [0, 0];
				if (padding !== "same") return [padding[i]!, padding[i]!];
				const total = dilation[i]! * (kernel - 1);
				return [Math.floor(total / 2), total - Math.floor(total / 2)];
			})
			.reverse()
			.flat();
	}
}

abstract class ConvTranspose extends ConvBase {
	/** @internal */
	abstract readonly _convolve: (
		input: Tensor,
		weight: Tensor,
		bias: Tensor | null,
		options: F.ConvTransposeOptions,
	) => Tensor;
	/** Spatial dimensions. @internal */
	readonly #spatial: number;

	constructor(given: Omit<Given, "padding"> & { padding: PerDimension }, spatial: number) {
		super(given, spatial, true);
		this.#spatial = spatial;
	}

	/** `outputSize`: the result's size, of the spatial dimensions or of all; it decides the output padding. */
	forward(input: Tensor, outputSize: readonly number[] | null = null): Tensor {
		const { stride, dilation, groups } = this;
		const padding = this.padding as readonly number[];
		const outputPadding = outputSize === null ? this.outputPadding : this.#paddingFor(input, outputSize);
		const options = { stride, padding, outputPadding, groups, dilation };
		return this._convolve(input, this.weight, this.bias, options);
	}

	#paddingFor(input: Tensor, outputSize: readonly number[]): number[] {
		const spatial = this.#spatial;
		const name = this.constructor.name;
		const size = outputSize.length === input.ndim ? outputSize.slice(-spatial) : outputSize;
		if (size.length !== spatial) {
			throw new RangeError(
				`[${name}] for ${input.ndim}D input, outputSize must have ${spatial} or ${input.ndim} elements (got ${outputSize.length})`,
			);
		}
		const padding = this.padding as readonly number[];
		const least = input.shape
			.slice(-spatial)
			.map(
				(length, i) =>
					(length - 1) * this.stride[i]! - 2 * padding[i]! + this.dilation[i]! * (this.kernelSize[i]! - 1) + 1,
			);
		const most = least.map((length, i) => length + this.stride[i]! - 1);
		if (size.some((length, i) => length < least[i]! || length > most[i]!)) {
			throw new RangeError(
				`[${name}] requested an output size of [${size}], but valid sizes range from [${least}] to [${most}] (for an input of [${input.shape.slice(-spatial)}])`,
			);
		}
		return size.map((length, i) => length - least[i]!);
	}
}

const conv1dArguments = signature("Conv1d", convRules(1));

/**
 * Convolution (cross-correlation) over one dimension.
 *
 * Shape: `[N, inChannels, L]` or `[inChannels, L]` to `[N, outChannels, Lout]`, Lout = ⌊(L + 2·padding −
 * dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 */
export class Conv1d extends Conv {
	constructor(...args: ConvArguments) {
		super(conv1dArguments(args), 1);
	}

	/** @internal */
	get _convolve(): Convolve {
		return F.conv1d;
	}
}

const conv2dArguments = signature("Conv2d", convRules(2));

/**
 * Convolution (cross-correlation) over two dimensions.
 *
 * Shape: `[N, inChannels, H, W]` or `[inChannels, H, W]`; every dimension's size becomes ⌊(size + 2·padding −
 * dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 */
export class Conv2d extends Conv {
	constructor(...args: ConvArguments) {
		super(conv2dArguments(args), 2);
	}

	/** @internal */
	get _convolve(): Convolve {
		return F.conv2d;
	}
}

const conv3dArguments = signature("Conv3d", convRules(3));

/**
 * Convolution (cross-correlation) over three dimensions.
 *
 * Shape: `[N, inChannels, D, H, W]` or `[inChannels, D, H, W]`; every dimension's size becomes ⌊(size + 2·padding −
 * dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 */
export class Conv3d extends Conv {
	constructor(...args: ConvArguments) {
		super(conv3dArguments(args), 3);
	}

	/** @internal */
	get _convolve(): Convolve {
		return F.conv3d;
	}
}

const convTranspose1dArguments = signature("ConvTranspose1d", transposedRules(1));

/**
 * Transposed convolution over one dimension: the gradient of a convolution with respect to its input, as a layer.
 *
 * Shape: `[N, inChannels, L]` or `[inChannels, L]` to `[N, outChannels, Lout]`, Lout = (L − 1)·stride − 2·padding +
 * dilation·(kernelSize − 1) + outputPadding + 1.
 */
export class ConvTranspose1d extends ConvTranspose {
	constructor(...args: ConvTransposeArguments) {
		super(convTranspose1dArguments(args), 1);
	}

	/** @internal */
	get _convolve() {
		return F.convTranspose1d;
	}
}

const convTranspose2dArguments = signature("ConvTranspose2d", transposedRules(2));

/**
 * Transposed convolution over two dimensions: the gradient of a convolution with respect to its input, as a layer.
 *
 * Shape: `[N, inChannels, H, W]` or `[inChannels, H, W]`; every dimension's size becomes (size − 1)·stride − 2·padding
 * + dilation·(kernelSize − 1) + outputPadding + 1.
 */
export class ConvTranspose2d extends ConvTranspose {
	constructor(...args: ConvTransposeArguments) {
		super(convTranspose2dArguments(args), 2);
	}

	/** @internal */
	get _convolve() {
		return F.convTranspose2d;
	}
}

const convTranspose3dArguments = signature("ConvTranspose3d", transposedRules(3));

/**
 * Transposed convolution over three dimensions: the gradient of a convolution with respect to its input, as a layer.
 *
 * Shape: `[N, inChannels, D, H, W]` or `[inChannels, D, H, W]`; every dimension's size becomes (size − 1)·stride −
 * 2·padding + dilation·(kernelSize − 1) + outputPadding + 1.
 */
export class ConvTranspose3d extends ConvTranspose {
	constructor(...args: ConvTransposeArguments) {
		super(convTranspose3dArguments(args), 3);
	}

	/** @internal */
	get _convolve() {
		return F.convTranspose3d;
	}
}
