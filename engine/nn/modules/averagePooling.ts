import { boolean } from "../../core/pythonText";
import { flag, nullable, perDimension, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import * as F from "../functional/averagePooling";
import type { AdaptiveSize } from "../functional/maxPooling";
import type { PerDimension } from "../functional/spatial";
import { adaptiveRules, sizeText, type WindowArguments } from "./maxPooling";
import { Module } from "./module";

/* Pooling by the mean and by the p-norm. */

/** As `F.AvgPoolOptions`; one dimension has no `divisorOverride`. */
export type AvgPoolModuleOptions = F.AvgPoolOptions;
type OneDimension = Omit<AvgPoolModuleOptions, "divisorOverride">;

const avgPoolRules = (spatial: number) => ({
	kernelSize: perDimension(spatial, undefined, 1),
	stride: nullable(perDimension(spatial, undefined, 1)),
	padding: perDimension(spatial, 0),
	ceilMode: flag(false),
	countIncludePad: flag(true),
});
const withDivisor = (spatial: number) => ({ ...avgPoolRules(spatial), divisorOverride: nullable(real()) });

type Given = ReturnType<ReturnType<typeof signature<ReturnType<typeof withDivisor>>>>;

abstract class AvgPool extends Module {
	readonly kernelSize: PerDimension;
	readonly stride: PerDimension;
	readonly padding: PerDimension;
	readonly ceilMode: boolean;
	readonly countIncludePad: boolean;

	constructor({ kernelSize, stride, padding, ceilMode, countIncludePad }: Omit<Given, "divisorOverride">) {
		super();
		this.kernelSize = kernelSize;
		this.stride = stride ?? kernelSize;
		this.padding = padding;
		this.ceilMode = ceilMode;
		this.countIncludePad = countIncludePad;
	}

	abstract override forward(input: Tensor): Tensor;

	override extraRepr(): string {
		const { kernelSize, stride, padding } = this;
		return `kernel_size=${sizeText(kernelSize)}, stride=${sizeText(stride)}, padding=${sizeText(padding)}`;
	}
}

const avgPool1dArguments = signature("AvgPool1d", avgPoolRules(1));

/** The mean of every window of `[N, C, L]` or `[C, L]`; Lout = ⌊(L + 2·padding − kernelSize) / stride⌋ + 1. */
export class AvgPool1d extends AvgPool {
	constructor(...args: WindowArguments<OneDimension>) {
		const given = avgPool1dArguments(args);
		const list = (value: PerDimension) => (typeof value === "number" ? [value] : value);
		const { kernelSize, stride, padding } = given;
		super({ ...given, kernelSize: list(kernelSize), stride: stride && list(stride), padding: list(padding) });
	}

	forward(input: Tensor): Tensor {
		const { stride, padding, ceilMode, countIncludePad } = this;
		return F.avgPool1d(input, this.kernelSize, { stride, padding, ceilMode, countIncludePad });
	}
}

abstract class AvgPoolWithDivisor extends AvgPool {
	readonly divisorOverride: number | null;

	constructor(given: Given) {
		super(given);
		this.divisorOverride = given.divisorOverride;
	}

	/** @internal */
	abstract readonly _pool: (input: Tensor, kernelSize: PerDimension, options: F.AvgPoolOptions) => Tensor;

	forward(input: Tensor): Tensor {
		const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
		return this._pool(input, this.kernelSize, { stride, padding, ceilMode, countIncludePad, divisorOverride });
	}
}

abstract class AdaptiveAvgPool extends Module {
	readonly outputSize: AdaptiveSize;

	constructor({ outputSize }: { outputSize: AdaptiveSize }) {
		super();
		this.outputSize = outputSize;
	}

	/** @internal */
	abstract readonly _pool: (input: Tensor, outputSize: AdaptiveSize) => Tensor;

	forward(input: Tensor): Tensor {
		return this._pool(input, this.outputSize);
	}

	override extraRepr(): string {
		return `output_size=${sizeText(this.outputSize)}`;
	}
}

type LPPoolArguments =
	| [normType: number, kernelSize: PerDimension, options?: F.LPPoolOptions]
	| [normType: number, kernelSize: PerDimension, stride: PerDimension | null, options?: Omit<F.LPPoolOptions, "stride">]
	| [options: F.LPPoolOptions & { normType: number; kernelSize: PerDimension }];

const lpPoolRules = (spatial: number) => ({
	normType: real(),
	kernelSize: perDimension(spatial, undefined, 1),
	stride: nullable(perDimension(spatial, undefined, 1)),
	ceilMode: flag(false),
});

abstract class LPPool extends Module {
	readonly normType: number;
	readonly kernelSize: PerDimension;
	readonly stride: PerDimension | null;
	readonly ceilMode: boolean;

	constructor({
		normType,
		kernelSize,
		stride,
		ceilMode,
	}: ReturnType<ReturnType<typeof signature<ReturnType<typeof lpPoolRules>>>>) {
		super();
		this.normType = normType;
		this.kernelSize = kernelSize;
		this.stride = stride;
		this.ceilMode = ceilMode;
	}

	/** @internal */
	abstract readonly _pool: (
		input: Tensor,
		normType: number,
		kernelSize: PerDimension,
		options: F.LPPoolOptions,
	) => Tensor;

	forward(input: Tensor): Tensor {
		const { stride, ceilMode } = this;
		return this._pool(input, this.normType, this.kernelSize, { stride, ceilMode });
	}

	override extraRepr(): string {
		const { normType, kernelSize, stride, ceilMode } = this;
		return `norm_type=${normType}, kernel_size=${sizeText(kernelSize)}, stride=${sizeText(stride)}, ceil_mode=${boolean(ceilMode)}`;
	}
}

const avgPool2dArguments = signature("AvgPool2d", withDivisor(2));

/** The mean of every window of `[N, C, H, W]` or `[C, H, W]`; sizes become ⌊(size + 2·padding − kernelSize) / stride⌋ + 1. */
export class AvgPool2d extends AvgPoolWithDivisor {
	constructor(...args: WindowArguments<AvgPoolModuleOptions>) {
		super(avgPool2dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.avgPool2d;
	}
}

const avgPool3dArguments = signature("AvgPool3d", withDivisor(3));

/** The mean of every window of `[N, C, D, H, W]` or `[C, D, H, W]`; sizes become ⌊(size + 2·padding − kernelSize) / stride⌋ + 1. */
export class AvgPool3d extends AvgPoolWithDivisor {
	constructor(...args: WindowArguments<AvgPoolModuleOptions>) {
		super(avgPool3dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.avgPool3d;
	}
}

const adaptiveAvgPool1dArguments = signature("AdaptiveAvgPool1d", adaptiveRules(1));

/** Means of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, L]` or `[C, L]`. */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
	constructor(outputSize: AdaptiveSize | { outputSize: AdaptiveSize });
	constructor(...args: unknown[]) {
		super(adaptiveAvgPool1dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.adaptiveAvgPool1d;
	}
}

const adaptiveAvgPool2dArguments = signature("AdaptiveAvgPool2d", adaptiveRules(2));

/** Means of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, H, W]` or `[C, H, W]`. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
	constructor(outputSize: AdaptiveSize | { outputSize: AdaptiveSize });
	constructor(...args: unknown[]) {
		super(adaptiveAvgPool2dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.adaptiveAvgPool2d;
	}
}

const adaptiveAvgPool3dArguments = signature("AdaptiveAvgPool3d", adaptiveRules(3));

/** Means of as many windows as `outputSize` says (null: as many as there are elements), of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
	constructor(outputSize: AdaptiveSize | { outputSize: AdaptiveSize });
	constructor(...args: unknown[]) {
		super(adaptiveAvgPool3dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.adaptiveAvgPool3d;
	}
}

const lpPool1dArguments = signature("LPPool1d", lpPoolRules(1));

/** (Σ xᵖ)^(1/p) of every window of `[N, C, L]` or `[C, L]`, p = normType. */
export class LPPool1d extends LPPool {
	constructor(...args: LPPoolArguments) {
		super(lpPool1dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.lpPool1d;
	}
}

const lpPool2dArguments = signature("LPPool2d", lpPoolRules(2));

/** (Σ xᵖ)^(1/p) of every window of `[N, C, H, W]` or `[C, H, W]`, p = normType. */
export class LPPool2d extends LPPool {
	constructor(...args: LPPoolArguments) {
		super(lpPool2dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.lpPool2d;
	}
}

const lpPool3dArguments = signature("LPPool3d", lpPoolRules(3));

/** (Σ xᵖ)^(1/p) of every window of `[N, C, D, H, W]` or `[C, D, H, W]`, p = normType. */
export class LPPool3d extends LPPool {
	constructor(...args: LPPoolArguments) {
		super(lpPool3dArguments(args));
	}

	/** @internal */
	get _pool() {
		return F.lpPool3d;
	}
}
