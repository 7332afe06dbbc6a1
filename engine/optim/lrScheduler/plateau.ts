import { anything, choice, integer, real, signature } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import type { Optimizer } from "../optimizer";
import { keyOf, propertyOf } from "../state";
import { numberPerGroup, optimizer } from "./rules";
import { type Group, perGroup, refuseInCapture } from "./scheduler";

export interface ReduceLROnPlateauOptions {
	/** Whether the metric should fall ("min", default) or rise ("max"). */
	mode?: "min" | "max";
	/** Factor of a reduction, below 1. Default 0.1. */
	factor?: number;
	/** Epochs without improvement that are borne. Default 10. */
	patience?: number;
	/** What counts as an improvement. Default 1e-4. */
	threshold?: number;
	/** The threshold is a part of the best value ("rel", default), or a difference ("abs"). */
	thresholdMode?: "rel" | "abs";
	/** Epochs after a reduction in which nothing is counted. Default 0. */
	cooldown?: number;
	/** The least learning rate. Default 0. */
	minLr?: number | readonly number[];
	/** A smaller change is not made. Default 1e-8. */
	eps?: number;
}

const plateauArguments = signature("ReduceLROnPlateau", {
	optimizer,
	mode: choice(["min", "max"] as const, "min"),
	factor: anything<number>("a factor less than 1", (value) => typeof value === "number" && value < 1, 0.1),
	patience: integer(10),
	threshold: real(1e-4),
	thresholdMode: choice(["rel", "abs"] as const, "rel"),
	cooldown: integer(0),
	minLr: numberPerGroup(0),
	eps: real(1e-8),
});

/** Reduces the learning rate when a metric has stopped improving: `scheduler.step(validationLoss)`. */
export class ReduceLROnPlateau {
	readonly optimizer: Optimizer;
	factor: number;
	defaultMinLr: number | null;
	minLrs: number[];
	patience: number;
	cooldown: number;
	eps: number;
	lastEpoch = 0;
	/** @internal */
	_lastLr: number[];
	mode: "min" | "max";
	threshold: number;
	thresholdMode: "rel" | "abs";
	best: number;
	cooldownCounter = 0;
	numBadEpochs = 0;

	constructor(optimizer: Optimizer, options?: ReduceLROnPlateauOptions);
	constructor(optimizer: Optimizer, mode: "min" | "max", options?: Omit<ReduceLROnPlateauOptions, "mode">);
	constructor(...args: unknown[]) {
		const given = plateauArguments(args);
		this.optimizer = given.optimizer;
		this.factor = given.factor;
		this.defaultMinLr = typeof given.minLr === "number" ? given.minLr : null;
		this.minLrs = perGroup("ReduceLROnPlateau", "minLr", given.optimizer, given.minLr);
		this.patience = given.patience;
		this.cooldown = given.cooldown;
		this.eps = given.eps;
		this.mode = given.mode;
		this.threshold = given.threshold;
		this.thresholdMode = given.thresholdMode;
		this.best = this.mode === "min" ? Infinity : -Infinity;
		this._lastLr = this.#current();
	}

	#current(): number[] {
		return (this.optimizer.paramGroups as Group[]).map((group) => group.lr);
	}

	/** Takes note of an epoch's metric. */
	step(metrics: number | Tensor, epoch?: number): void {
		refuseInCapture(this);
		const current = metrics instanceof Tensor ? metrics.item() : Number(metrics);
		this.lastEpoch = epoch ?? this.lastEpoch + 1;
		if (this.#isBetter(current)) {
			this.best = current;
			this.numBadEpochs = 0;
		} else this.numBadEpochs++;
		if (this.inCooldown) {
			this.cooldownCounter--;
			this.numBadEpochs = 0;
		}
		if (this.numBadEpochs > this.patience) {
			this.#reduce();
			this.cooldownCounter = this.cooldown;
			this.numBadEpochs = 0;
		}
		this._lastLr = this.#current();
	}

	get inCooldown(): boolean {
		return this.cooldownCounter > 0;
	}

	/** The learning rates after the last step. */
	getLastLr(): number[] {
		return [...this._lastLr];
	}

	#isBetter(value: number): boolean {
		const { best, threshold } = this;
		if (this.mode === "min") return value < (this.thresholdMode === "rel" ? best * (1 - threshold) : best - threshold);
		return value > (this.thresholdMode === "rel" ? best * (threshold + 1) : best + threshold);
	}

	#reduce(): void {
		const groups = this.optimizer.paramGroups as Group[];
		if (groups.length !== this.minLrs.length) {
			if (this.defaultMinLr === null) {
				throw new Error(
					`[ReduceLROnPlateau] the optimizer has ${groups.length} groups, but minLr was given for ${this.minLrs.length}: set minLrs to match`,
				);
			}
			this.minLrs = groups.map(() => this.defaultMinLr!);
		}
		groups.forEach((group, i) => {
			const lowered = Math.max(group.lr * this.factor, this.minLrs[i]!);
			if (group.lr - lowered > this.eps) group.lr = lowered;
		});
	}

	/** The state in PyTorch's names. */
	stateDict(): Record<string, unknown> {
		const { optimizer: _, ...own } = this as unknown as Record<string, unknown>;
		return Object.fromEntries(
			Object.entries(own).map(([property, value]) => [keyOf(property), Array.isArray(value) ? [...value] : value]),
		);
	}

	/** Takes over a state made by `stateDict()`, here or in PyTorch. */
	loadStateDict(state: Record<string, unknown>): void {
		for (const [key, value] of Object.entries(state)) {
			const property = propertyOf(key);
			if (!Object.hasOwn(this, property) || property === "optimizer") continue;
			(this as unknown as Record<string, unknown>)[property] = Array.isArray(value) ? [...value] : value;
		}
	}
}
