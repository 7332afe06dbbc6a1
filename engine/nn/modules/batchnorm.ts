import { shapeText } from "../../core/arguments";
import { int64 } from "../../core/dtype";
import { native } from "../../core/native";
import { boolean, float } from "../../core/pythonText";
import { flag, nullable, real, signature, size } from "../../core/signature";
import { type Tensor, wrap } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter, newTensor } from "../factory";
import { batchNorm, instanceNorm } from "../functional/normalization";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";

/* Batch and instance normalisation: layers with running statistics. */

export interface BatchNormModuleOptions extends FactoryOptions {
	/** Added to the variance. Default 1e-5. */
	eps?: number;
	/** How far the running statistics move; null: they are plain averages over all batches. Default 0.1. */
	momentum?: number | null;
	/** Learn a factor and a shift for every channel. Default true (instance normalisation: false). */
	affine?: boolean;
	/** Learn the shift too, where `affine` is true. Default true. */
	bias?: boolean;
	/** Keep running statistics, for evaluation. Default true (instance normalisation: false). */
	trackRunningStats?: boolean;
}

const batchRules = {
	numFeatures: size(),
	eps: real(1e-5),
	momentum: { ...nullable(real()), fallback: { value: 0.1 as number | null } },
	affine: flag(true),
	trackRunningStats: flag(true),
	...factory,
	bias: flag(true),
};
const instanceRules = { ...batchRules, affine: flag(false), trackRunningStats: flag(false) };

type Given = ReturnType<ReturnType<typeof signature<typeof batchRules>>>;

type BatchNormArguments =
	| [numFeatures: number, options?: BatchNormModuleOptions]
	| [numFeatures: number, eps: number, options?: Omit<BatchNormModuleOptions, "eps">]
	| [
			numFeatures: number,
			eps: number,
			momentum: number | null,
			options?: Omit<BatchNormModuleOptions, "eps" | "momentum">,
	  ]
	| [options: BatchNormModuleOptions & { numFeatures: number }];

abstract class NormBase extends Module {
	readonly numFeatures: number;
	readonly eps: number;
	momentum: number | null;
	readonly affine: boolean;
	readonly trackRunningStats: boolean;
	/** `[numFeatures]`, or null */
	weight: Parameter | null;
	bias: Parameter | null;
	declare runningMean: Tensor | null;
	declare runningVar: Tensor | null;
	declare numBatchesTracked: Tensor | null;

	constructor({ numFeatures, eps, momentum, affine, bias, trackRunningStats, ...tensor }: Given) {
		super();
		const name = new.target.name;
		this.numFeatures = numFeatures;
		this.eps = eps;
		this.momentum = momentum;
		this.affine = affine;
		this.trackRunningStats = trackRunningStats;
		this.weight = affine ? newParameter(name, [numFeatures], tensor) : null;
		this.bias = affine && bias ? newParameter(name, [numFeatures], tensor) : null;
		const running = () => (trackRunningStats ? newTensor(name, [numFeatures], tensor) : null);
		this.registerBuffer("runningMean", running());
		this.registerBuffer("runningVar", running());
		this.registerBuffer("numBatchesTracked", trackRunningStats ? wrap(native.full([], 0, int64.code)) : null);
		this.resetParameters();
	}

	/** The numbers of dimensions that an input may have. @internal */
	abstract readonly _ranks: readonly number[];

	/** Sets the running statistics back to mean 0 and variance 1. */
	resetRunningStats(): void {
		this.runningMean?.zero_();
		this.runningVar?.fill_(1);
		this.numBatchesTracked?.zero_();
	}

	/** Checkpoints from before PyTorch counted batches have no count; the own one stays. @internal */
	override _completeState(state: Record<string, Tensor>, prefix: string): void {
		const key = `${prefix}num_batches_tracked`;
		if (this.numBatchesTracked && !Object.hasOwn(state, key)) state[key] = this.numBatchesTracked;
	}

	resetParameters(): void {
		this.resetRunningStats();
		if (this.weight) init.ones_(this.weight);
		if (this.bias) init.zeros_(this.bias);
	}

	/** @internal */
	_checkInput(input: Tensor, channelDim: number): void {
		const name = this.constructor.name;
		if (!this._ranks.includes(input.ndim)) {
			const allowed = this._ranks.map((rank) => `${rank}D`).join(" or ");
			throw new RangeError(`[${name}] expected ${allowed} input (got ${input.ndim}D input)`);
		}
		if (input.size(channelDim) !== this.numFeatures) {
			throw new RangeError(
				`[${name}] expected ${this.numFeatures} channels in dimension ${channelDim}, got input of shape ${shapeText(input.shape)}`,
			);
		}
	}

	override extraRepr(): string {
		const momentum = this.momentum === null ? "None" : float(this.momentum);
		const { numFeatures, eps, affine, bias, trackRunningStats } = this;
		return `${numFeatures}, eps=${float(eps)}, momentum=${momentum}, affine=${boolean(affine)}, bias=${boolean(bias !== null)}, track_running_stats=${boolean(trackRunningStats)}`;
	}
}

abstract class BatchNorm extends NormBase {
	forward(input: Tensor): Tensor {
		this._checkInput(input, 1);
		const training = this.training || this.runningMean === null;
		let momentum = this.momentum ?? 0;
		if (this.training && this.trackRunningStats && this.numBatchesTracked) {
			this.numBatchesTracked.add_(1);
			if (this.momentum === null) momentum = 1 / this.numBatchesTracked.item();
		}
		const track = !this.training || this.trackRunningStats;
		const { weight, bias, eps } = this;
		const options = { weight, bias, training, momentum, eps };
		return batchNorm(input, track ? this.runningMean : null, track ? this.runningVar : null, options);
	}
}

const batch1d = signature("BatchNorm1d", batchRules);

/** Batch normalisation of `[N, C]` or `[N, C, L]`: every channel to mean 0 and variance 1, then scaled and shifted. */
export class BatchNorm1d extends BatchNorm {
	constructor(...args: BatchNormArguments) {
		super(batch1d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [2, 3];
	}
}

const batch2d = signature("BatchNorm2d", batchRules);

/** Batch normalisation of `[N, C, H, W]`. */
export class BatchNorm2d extends BatchNorm {
	constructor(...args: BatchNormArguments) {
		super(batch2d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [4];
	}
}

const batch3d = signature("BatchNorm3d", batchRules);

/** Batch normalisation of `[N, C, D, H, W]`. */
export class BatchNorm3d extends BatchNorm {
	constructor(...args: BatchNormArguments) {
		super(batch3d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [5];
	}
}

abstract class InstanceNorm extends NormBase {
	forward(input: Tensor): Tensor {
		const single = input.ndim === this._ranks[0];
		this._checkInput(input, single ? 0 : 1);
		const out = instanceNorm(single ? input.unsqueeze(0) : input, {
			runningMean: this.runningMean,
			runningVar: this.runningVar,
			weight: this.weight,
			bias: this.bias,
			useInputStats: this.training || !this.trackRunningStats,
			momentum: this.momentum ?? 0,
			eps: this.eps,
		});
		return single ? out.squeeze(0) : out;
	}
}

const instance1d = signature("InstanceNorm1d", instanceRules);

/** Instance normalisation of `[N, C, L]` or `[C, L]`: every channel of every sample. */
export class InstanceNorm1d extends InstanceNorm {
	constructor(numFeatures: number, options?: BatchNormModuleOptions);
	constructor(options: BatchNormModuleOptions & { numFeatures: number });
	constructor(...args: unknown[]) {
		super(instance1d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [2, 3];
	}
}

const instance2d = signature("InstanceNorm2d", instanceRules);

/** Instance normalisation of `[N, C, H, W]` or `[C, H, W]`. */
export class InstanceNorm2d extends InstanceNorm {
	constructor(numFeatures: number, options?: BatchNormModuleOptions);
	constructor(options: BatchNormModuleOptions & { numFeatures: number });
	constructor(...args: unknown[]) {
		super(instance2d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [3, 4];
	}
}

const instance3d = signature("InstanceNorm3d", instanceRules);

/** Instance normalisation of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class InstanceNorm3d extends InstanceNorm {
	constructor(numFeatures: number, options?: BatchNormModuleOptions);
	constructor(options: BatchNormModuleOptions & { numFeatures: number });
	constructor(...args: unknown[]) {
		super(instance3d(args));
	}

	/** @internal */
	get _ranks(): readonly number[] {
		return [4, 5];
	}
}
