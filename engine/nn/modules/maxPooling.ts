import { boolean, number, tuple } from "../../core/pythonText";
import { anything, flag, nullable, perDimension, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import * as F from "../functional/maxPooling";
import type { PerDimension } from "../functional/spatial";
import { Module } from "./module";

/* Pooling by the maximum, and its inverse. */

/** A number or several, as Python prints them. @internal */
export function sizeText(value: PerDimension | readonly (number | null)[] | null): string {
	if (value === null) return "None";
	if (typeof value === "number") return String(value);
	const items = value.map((one) => (one === null ? "None" : number(one)));
	return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/** The window in place, then options; stride and padding may be in place too. @internal */
export type WindowArguments<O extends { stride?: PerDimension | null; padding?: PerDimension }> =
	| [kernelSize: PerDimension, options?: O]
	| [kernelSize: PerDimension, stride: PerDimension | null, options?: Omit<O, "stride">]
	| [
			kernelSize: PerDimension,
			stride: PerDimension | null,
			padding: PerDimension,
			options?: Omit<O, "stride" | "padding">,
	  ]
	| [options: O & { kernelSize: PerDimension }];

type AdaptiveMaxArguments<R extends boolean> =
	| [outputSize: F.AdaptiveSize, options?: { returnIndices?: R }]
	| [options: { outputSize: F.AdaptiveSize; returnIndices?: R }];

export interface MaxPoolModuleOptions<R extends boolean = boolean> extends Omit<F.MaxPoolOptions, "returnIndices"> {
	/** Give the places of the maxima too (int64, in the plane of a channel). Default false. */
	returnIndices?: R;
}

/** The result of a pooling: with `returnIndices` a pair. */
export type Pooled<R extends boolean> = R extends true ? F.WithIndices : Tensor;

const maxPoolRules = (spatial: number) => ({
	kernelSize: perDimension(spatial, undefined, 1),
	stride: nullable(perDimension(spatial, undefined, 1)),
	padding: perDimension(spatial, 0),
	dilation: perDimension(spatial, 1, 1),
	returnIndices: flag(false),
	ceilMode: flag(false),
});

type MaxPoolGiven = ReturnType<ReturnType<typeof signature<ReturnType<typeof maxPoolRules>>>>;

abstract class MaxPool<R extends boolean> extends Module {
	readonly kernelSize: PerDimension;
	readonly stride: PerDimension;
	readonly padding: PerDimension;
	readonly dilation: PerDimension;
	readonly returnIndices: R;
	readonly ceilMode: boolean;

	constructor({ kernelSize, stride, padding, dilation, returnIndices, ceilMode }: MaxPoolGiven) {
		super();
		this.kernelSize = kernelSize;
		this.stride = stride ?? kernelSize;
		this.padding = padding;
		this.dilation = dilation;
		this.returnIndices = returnIndices as R;
		this.ceilMode = ceilMode;
	}

	/** @internal */
	abstract readonly _pool: (input: Tensor, kernelSize: PerDimension, options: F.MaxPoolOptions) => unknown;

	forward(input: Tensor): Pooled<R> {
		const { stride, padding, dilation, ceilMode, returnIndices } = this;
		return this._pool(input, this.kernelSize, { stride, padding, dilation, ceilMode, returnIndices }) as Pooled<R>;
	}

	override extraRepr(): string {
		const { kernelSize, stride, padding, dilation, ceilMode } = this;
		return `kernel_size=${sizeText(kernelSize)}, stride=${sizeText(stride)}, padding=${sizeText(padding)}, dilation=${sizeText(dilation)}, ceil_mode=${boolean(ceilMode)}`;
	}
}

const adaptiveSize = (spatial: number) => {
	const one = (value: unknown) => value === null || (Number.isInteger(value) && (value as number) >= 0);
	return anything<F.AdaptiveSize>(
		`a size or null, or ${spatial} of them`,
		(value) => one(value) || (Array.isArray(value) && value.length === spatial && value.every(one)),
	);
};

/** The rules of an adaptive pooling's arguments. @internal */
export const adaptiveRules = (spatial: number) => ({ outputSize: adaptiveSize(spatial) });

const adaptiveMaxRules = (spatial: number) => ({ ...adaptiveRules(spatial), returnIndices: flag(false) });

type AdaptiveGiven = ReturnType<ReturnType<typeof signature<ReturnType<typeof adaptiveMaxRules>>>>;

abstract class AdaptiveMaxPool<R extends boolean> extends Module {
	readonly outputSize: F.AdaptiveSize;
	readonly returnIndices: R;

	constructor({ outputSize, returnIndices }: AdaptiveGiven) {
		super();
		this.outputSize = outputSize;
		this.returnIndices = returnIndices as R;
	}

	/** @internal */
	abstract readonly _pool: (input: Tensor, outputSize: F.AdaptiveSize, options: F.ReturnIndices) => unknown;

	forward(input: Tensor): Pooled<R> {
		return this._pool(input, this.outputSize, { returnIndices: this.returnIndices }) as Pooled<R>;
	}

	override extraRepr(): string {
		return `output_size=${sizeText(this.outputSize)}`;
	}
}

const unpoolRules = (spatial: number) => ({
	kernelSize: perDimension(spatial, undefined, 1),
	stride: nullable(perDimension(spatial, undefined, 1)),
	padding: perDimension(spatial, 0),
});

type UnpoolGiven = ReturnType<ReturnType<typeof signature<ReturnType<typeof unpoolRules>>>>;

/** Options of an unpooling: those of the pooling before it. */
export type MaxUnpoolModuleOptions = Omit<F.MaxUnpoolOptions, "outputSize">;

abstract class MaxUnpool extends Module {
	readonly kernelSize: readonly number[];
	readonly stride: readonly number[];
	readonly padding: readonly number[];

	constructor({ kernelSize, stride, padding }: UnpoolGiven, spatial: number) {
		super();
		const list = (value: PerDimension) =>
			typeof value === "number" ? new Array<number>(spatial).fill(value) : [...value];
		this.kernelSize = list(kernelSize);
		this.stride = list(stride ?? kernelSize);
		this.padding = list(padding);
	}

	/** @internal */
	abstract readonly _unpool: (
		input: Tensor,
		indices: Tensor,
		kernelSize: PerDimension,
		options: F.MaxUnpoolOptions,
	) => Tensor;

	/** `outputSize`: the result's size, where several pool to the same one. */
	forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
		const { kernelSize, stride, padding } = this;
		return this._unpool(input, indices, kernelSize, { stride, padding, outputSize });
	}

	override extraRepr(): string {
		const { kernelSize, stride, padding } = this;
		return `kernel_size=${tuple(kernelSize)}, stride=${tuple(stride)}, padding=${tuple(padding)}`;
	}
}

const maxPool1dArguments = signature("MaxPool1d", maxPoolRules(1));

/**
 * The maximum of every window of `[N, C, L]` or `[C, L]`. A dimension's size becomes
 * ⌊(size + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1; the stride is the kernel's size where none is given.
 */
export class MaxPool1d<R extends boolean = false> extends MaxPool<R> {
	constructor(...args: WindowArguments<MaxPoolModuleOptions<R>>) {
		super(maxPool1dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.maxPool1d;
	}
}

const maxPool2dArguments = signature("MaxPool2d", maxPoolRules(2));

/**
 * The maximum of every window of `[N, C, H, W]` or `[C, H, W]`. A dimension's size becomes
 * ⌊(size + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1; the stride is the kernel's size where none is given.
 */
export class MaxPool2d<R extends boolean = false> extends MaxPool<R> {
	constructor(...args: WindowArguments<MaxPoolModuleOptions<R>>) {
		super(maxPool2dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.maxPool2d;
	}
}

const maxPool3dArguments = signature("MaxPool3d", maxPoolRules(3));

/**
 * The maximum of every window of `[N, C, D, H, W]` or `[C, D, H, W]`. A dimension's size becomes
 * ⌊(size + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1; the stride is the kernel's size where none is given.
 */
export class MaxPool3d<R extends boolean = false> extends MaxPool<R> {
	constructor(...args: WindowArguments<MaxPoolModuleOptions<R>>) {
		super(maxPool3dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.maxPool3d;
	}
}

const adaptiveMaxPool1dArguments = signature("AdaptiveMaxPool1d", adaptiveMaxRules(1));

/** Maxima of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, L]` or `[C, L]`. */
export class AdaptiveMaxPool1d<R extends boolean = false> extends AdaptiveMaxPool<R> {
	constructor(...args: AdaptiveMaxArguments<R>) {
		super(adaptiveMaxPool1dArguments(args));
	}

	/** @internal */
	get _pool(): (input: Tensor, outputSize: F.AdaptiveSize, options: F.ReturnIndices) => unknown {
		return F.adaptiveMaxPool1d;
	}
}

const adaptiveMaxPool2dArguments = signature("AdaptiveMaxPool2d", adaptiveMaxRules(2));

/** Maxima of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, H, W]` or `[C, H, W]`. */
export class AdaptiveMaxPool2d<R extends boolean = false> extends AdaptiveMaxPool<R> {
	constructor(...args: AdaptiveMaxArguments<R>) {
		super(adaptiveMaxPool2dArguments(args));
	}

	/** @internal */
	get _pool(): (input: Tensor, outputSize: F.AdaptiveSize, options: F.ReturnIndices) => unknown {
		return F.adaptiveMaxPool2d;
	}
}

const adaptiveMaxPool3dArguments = signature("AdaptiveMaxPool3d", adaptiveMaxRules(3));

/** Maxima of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class AdaptiveMaxPool3d<R extends boolean = false> extends AdaptiveMaxPool<R> {
	constructor(...args: AdaptiveMaxArguments<R>) {
		super(adaptiveMaxPool3dArguments(args));
	}

	/** @internal */
	get _pool(): (input: Tensor, outputSize: F.AdaptiveSize, options: F.ReturnIndices) => unknown {
		return F.adaptiveMaxPool3d;
	}
}

const maxUnpool1dArguments = signature("MaxUnpool1d", unpoolRules(1));

/** The inverse of `MaxPool1d` as far as there is one: maxima at their places, zeros elsewhere. */
export class MaxUnpool1d extends MaxUnpool {
	constructor(...args: WindowArguments<MaxUnpoolModuleOptions>) {
		super(maxUnpool1dArguments(args), 1);
	}

	/** @internal */
	get _unpool() {
		return F.maxUnpool1d;
	}
}

const maxUnpool2dArguments = signature("MaxUnpool2d", unpoolRules(2));

/** The inverse of `MaxPool2d` as far as there is one: maxima at their places, zeros elsewhere. */
export class MaxUnpool2d extends MaxUnpool {
	constructor(...args: WindowArguments<MaxUnpoolModuleOptions>) {
		super(maxUnpool2dArguments(args), 2);
	}

	/** @internal */
	get _unpool() {
		return F.maxUnpool2d;
	}
}

const maxUnpool3dArguments = signature("MaxUnpool3d", unpoolRules(3));

/** The inverse of `MaxPool3d` as far as there is one: maxima at their places, zeros elsewhere. */
export class MaxUnpool3d extends MaxUnpool {
	constructor(...args: WindowArguments<MaxUnpoolModuleOptions>) {
		super(maxUnpool3dArguments(args), 3);
	}

	/** @internal */
	get _unpool() {
		return F.maxUnpool3d;
	}
}
