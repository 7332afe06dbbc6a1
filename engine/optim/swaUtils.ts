import { entered } from "../core/block";
import type { DeviceLike } from "../core/device";
import { int64 } from "../core/dtype";
import { noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { checkOptionNames, choice, integer, signature } from "../core/signature";
import { Tensor, wrap } from "../core/tensor";
import * as nn from "../nn";
import { numberPerGroup, optimizer } from "./lrScheduler/rules";
import { LRScheduler, perGroup } from "./lrScheduler/scheduler";
import type { Optimizer } from "./optimizer";

/* Averages of a model's parameters over training: stochastic weight averaging (Izmailov et al., 2018) and EMA. */

/** The new average from the present one, the model's value, and how many were averaged before. */
export type AvgFn = (averaged: Tensor, value: Tensor, numAveraged: number) => Tensor;

/** averaged + (value − averaged) / (n + 1): the plain mean. */
export function getSwaAvgFn(): AvgFn {
	return (averaged, value, n) => averaged.add(value.sub(averaged).div(n + 1));
}

/** decay·averaged + (1 − decay)·value: the exponential moving average. */
export function getEmaAvgFn(decay = 0.999): AvgFn {
	if (!(decay >= 0 && decay <= 1)) throw new RangeError(`[getEmaAvgFn] decay must be between 0 and 1, got ${decay}`);
	return (averaged, value) => averaged.mul(decay).add(value, { alpha: 1 - decay });
}

/** Writes the new averages of all tensors at once into the first list. */
export type MultiAvgFn = (averaged: readonly Tensor[], values: readonly Tensor[], numAveraged: number) => void;

/** averaged + (value − averaged) / (n + 1), in place. */
export function getSwaMultiAvgFn(): MultiAvgFn {
	return (averaged, values, n) => eachTowards(averaged, values, 1 / (n + 1), getSwaAvgFn(), n);
}

/** averaged + (1 − decay)·(value − averaged), in place. */
export function getEmaMultiAvgFn(decay = 0.999): MultiAvgFn {
	if (!(decay >= 0 && decay <= 1)) {
		throw new RangeError(`[getEmaMultiAvgFn] decay must be between 0 and 1, got ${decay}`);
	}
	const ofIntegers = getEmaAvgFn(decay);
	return (averaged, values, n) => eachTowards(averaged, values, 1 - decay, ofIntegers, n);
}

/** Goes the part `weight` of the way; of integers what `otherwise` gives, cut off. */
function eachTowards(
	averaged: readonly Tensor[],
	values: readonly Tensor[],
	weight: number,
	otherwise: AvgFn,
	n: number,
): void {
	noGrad(() => {
		averaged.forEach((average, i) => {
			if (average.isFloatingPoint()) average.lerp_(values[i]!, weight);
			else average.copy_(otherwise(average, values[i]!, n));
		});
	});
}

export interface AveragedModelOptions {
	/** Where the copy is kept. Default: where the model is. */
	device?: DeviceLike | null;
	/** How to average. Default: the plain mean. */
	avgFn?: AvgFn | null;
	/** How to average all tensors at once, such as `getEmaMultiAvgFn(0.999)`; instead of `avgFn`. */
	multiAvgFn?: MultiAvgFn | null;
	/** Average buffers (running statistics) too; else they are the model's at the last update. Default false. */
	useBuffers?: boolean;
}

/** A copy of a model whose parameters are an average: call `updateParameters(model)` after steps, and it as the model. */
export class AveragedModel<M extends nn.Module = nn.Module> extends nn.Module {
	readonly module: M;
	declare nAveraged: Tensor;
	readonly avgFn: AvgFn | null;
	readonly multiAvgFn: MultiAvgFn | null;
	readonly useBuffers: boolean;

	constructor(model: M, options: AveragedModelOptions = {}) {
		super();
		checkOptionNames("AveragedModel", ["device", "avgFn", "multiAvgFn", "useBuffers"], options);
		const { device = null, avgFn = null, multiAvgFn = null, useBuffers = false } = options;
		if (avgFn !== null && multiAvgFn !== null) {
			throw new TypeError("[AveragedModel] only one of avgFn and multiAvgFn should be given, got both");
		}
		this.module = model.clone();
		this.registerBuffer("nAveraged", wrap(native.full([], 0, int64.code)));
		this.avgFn = avgFn ?? (multiAvgFn === null ? getSwaAvgFn() : null);
		this.multiAvgFn = multiAvgFn;
		this.useBuffers = useBuffers;
		if (device !== null) this.to(device);
	}

	forward(...args: Parameters<M["forward"]>): ReturnType<M["forward"]> {
		return (this.module as nn.Module)(...args) as ReturnType<M["forward"]>;
	}

	/** Takes the model's present parameters into the average. */
	updateParameters(model: M): void {
		const own = this.#averaged(this.module);
		const given = this.#averaged(model);
		if (own.length !== given.length) {
			throw new RangeError(`[AveragedModel] the model has ${given.length} tensors to average, its copy ${own.length}`);
		}
		const count = this.nAveraged.item();
		noGrad(() => {
			const averages = own.map((averaged) => averaged.detach());
			const values = given.map((value, i) => value.detach().to(averages[i]!.device));
			if (count > 0 && this.multiAvgFn !== null) {
				this.multiAvgFn(averages, values, count);
			} else {
				averages.forEach((averaged, i) => {
					// Counters are averaged too, and cut off to whole numbers, as in PyTorch.
					averaged.copy_(count === 0 ? values[i]! : this.avgFn!(averaged, values[i]!, count));
				});
			}
			if (!this.useBuffers) {
				const buffers = model.buffers();
				for (const [i, buffer] of this.module.buffers().entries()) buffer.copy_(buffers[i]!);
			}
			this.nAveraged.add_(1);
		});
	}

	#averaged(model: nn.Module): Tensor[] {
		return this.useBuffers ? [...model.parameters(), ...model.buffers()] : model.parameters();
	}
}

/**
 * Sets the running statistics of all batch normalisations to the averages over `loader`, whose batches are tensors or
 * lists that begin with one, moved to `device` where one is said: an averaged model's own statistics belong to other
 * parameters.
 */
export function updateBn(
	loader: Iterable<Tensor | readonly Tensor[]>,
	model: nn.Module,
	device: DeviceLike | null = null,
): void {
	const norms = model.modules().filter((module): module is nn.BatchNorm1d => {
		return module instanceof nn.BatchNorm1d || module instanceof nn.BatchNorm2d || module instanceof nn.BatchNorm3d;
	});
	if (norms.length === 0) return;
	const momenta = norms.map((norm) => norm.momentum);
	const wasTraining = model.training;
	// Left also where the stop button ends the pass.
	using _ = entered(() => {
		norms.forEach((norm, i) => {
			norm.momentum = momenta[i]!;
		});
		model.train(wasTraining);
	});
	model.train();
	for (const norm of norms) {
		norm.resetRunningStats();
		// A plain average over all batches.
		norm.momentum = null;
	}
	noGrad(() => {
		for (const batch of loader) {
			const input = batch instanceof Tensor ? batch : batch[0]!;
			model(device === null ? input : input.to(device));
		}
	});
}

export interface SWALROptions {
	/** The learning rate to end at. */
	swaLr: number | readonly number[];
	/** Epochs of the way there. Default 10. */
	annealEpochs?: number;
	/** "cos" (default) or "linear". */
	annealStrategy?: "cos" | "linear";
	lastEpoch?: number;
}

const swaArguments = signature("SWALR", {
	optimizer,
	swaLr: numberPerGroup(),
	annealEpochs: integer(10, 0),
	annealStrategy: choice(["cos", "linear"] as const, "cos"),
	lastEpoch: integer(-1, -1),
});

type SwaGroup = { swaLr: number; lr: number };

/** Goes from the present learning rate to a fixed one, and stays there. */
export class SWALR extends LRScheduler {
	annealEpochs: number;
	readonly #cosine: boolean;

	constructor(optimizer: Optimizer, options: SWALROptions);
	constructor(optimizer: Optimizer, swaLr: number | readonly number[], options?: Omit<SWALROptions, "swaLr">);
	constructor(...args: unknown[]) {
		const given = swaArguments(args);
		super(given.optimizer, given.lastEpoch);
		const rates = perGroup("SWALR", "swaLr", given.optimizer, given.swaLr);
		this.#groups().forEach((group, i) => {
			group.swaLr = rates[i]!;
		});
		this.annealEpochs = given.annealEpochs;
		this.#cosine = given.annealStrategy === "cos";
		this.start();
	}

	#groups(): SwaGroup[] {
		return this.groups as unknown as SwaGroup[];
	}

	#part(step: number): number {
		if (this.annealEpochs === 0) return 1;
		const t = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
		return this.#cosine ? (1 - Math.cos(Math.PI * t)) / 2 : t;
	}

	getLr(): number[] {
		const step = this._stepCount - 1;
		const before = this.#part(
			Math.max(0, Math.min(1, (step - 1) / Math.max(1, this.annealEpochs))) * this.annealEpochs,
		);
		const now = this.#part(step);
		return this.#groups().map((group) => {
			// The rate that the way began at, from where it is now.
			const start = before === 1 ? group.swaLr : (group.lr - before * group.swaLr) / (1 - before);
			return group.swaLr * now + start * (1 - now);
		});
	}
}
