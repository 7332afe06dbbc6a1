import { anything, choice, flag, integer, nullable, real, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { lastEpoch, numberPerGroup, optimizer } from "./rules";
import { type Group, LRScheduler, type LRSchedulerOptions, perGroup } from "./scheduler";

/* Schedules that go up and down again, with the momentum going the other way (Smith, 2017). */

type PerGroup = number | readonly number[];

/** Whether momentum is an option called momentum, or the first of the betas. */
function usesBeta1(op: string, optimizer: Optimizer): boolean {
	if ("betas" in optimizer.defaults) return true;
	if ("momentum" in optimizer.defaults) return false;
	throw new RangeError(
		`[${op}] the optimizer must support momentum or beta1 with cycleMomentum, ${optimizer.constructor.name} does not`,
	);
}

function setMomentum(group: Group, momentum: number, beta1: boolean): void {
	if (beta1) group.betas = [momentum, group.betas![1]];
	else group.momentum = momentum;
}

function startMomentum(scheduler: LRScheduler, beta1: boolean, base: readonly number[], max: readonly number[]): void {
	scheduler.groups.forEach((group, i) => {
		setMomentum(group, max[i]!, beta1);
		group.maxMomentum = max[i]!;
		group.baseMomentum = base[i]!;
	});
}

export interface CyclicLROptions extends LRSchedulerOptions {
	/** Lower end. */
	baseLr: PerGroup;
	/** Upper end. */
	maxLr: PerGroup;
	/** Steps up. Default 2000. */
	stepSizeUp?: number;
	/** Steps down. Default: as many as up. */
	stepSizeDown?: number | null;
	/** "triangular" (default), "triangular2" (half as high each cycle), "exp_range" (times gamma^step). */
	mode?: "triangular" | "triangular2" | "exp_range";
	/** For "exp_range". Default 1. */
	gamma?: number;
	/** A height of one's own, as a function of the cycle or the step; `mode` then means nothing. */
	scaleFn?: ((x: number) => number) | null;
	/** What `scaleFn` gets: "cycle" (default) or "iterations". */
	scaleMode?: "cycle" | "iterations";
	/** Move momentum the other way. Default true. */
	cycleMomentum?: boolean;
	/** Default 0.8. */
	baseMomentum?: PerGroup;
	/** Default 0.9. */
	maxMomentum?: PerGroup;
}

const cyclicArguments = signature("CyclicLR", {
	optimizer,
	baseLr: numberPerGroup(),
	maxLr: numberPerGroup(),
	stepSizeUp: integer(2000, 1),
	stepSizeDown: nullable(integer(undefined, 1)),
	mode: choice(["triangular", "triangular2", "exp_range"] as const, "triangular"),
	gamma: real(1),
	scaleFn: nullable(anything<(x: number) => number>("a function", (value) => typeof value === "function")),
	scaleMode: choice(["cycle", "iterations"] as const, "cycle"),
	cycleMomentum: flag(true),
	baseMomentum: numberPerGroup(0.8),
	maxMomentum: numberPerGroup(0.9),
	lastEpoch,
});

/** Up and down between two learning rates, step by step (not epoch by epoch). */
export class CyclicLR extends LRScheduler {
	maxLrs: number[];
	totalSize: number;
	stepRatio: number;
	mode: string;
	gamma: number;
	scaleMode: "cycle" | "iterations";
	cycleMomentum: boolean;
	useBeta1 = false;
	baseMomentums: number[] = [];
	maxMomentums: number[] = [];
	readonly #scaleFn: ((x: number) => number) | null;

	constructor(
		optimizer: Optimizer,
		baseLr: PerGroup,
		maxLr: PerGroup,
		options?: Omit<CyclicLROptions, "baseLr" | "maxLr">,
	);
	constructor(optimizer: Optimizer, baseLr: PerGroup, options: Omit<CyclicLROptions, "baseLr">);
	constructor(optimizer: Optimizer, options: CyclicLROptions);
	constructor(...args: unknown[]) {
		const given = cyclicArguments(args);
		const op = "CyclicLR";
		const fresh = given.lastEpoch === -1;
		const base = perGroup(op, "baseLr", given.optimizer, given.baseLr);
		if (fresh) {
			(given.optimizer.paramGroups as Group[]).forEach((group, i) => {
				group.lr = base[i]!;
			});
		}
		super(given.optimizer, given.lastEpoch);
		this.maxLrs = perGroup(op, "maxLr", given.optimizer, given.maxLr);
		this.totalSize = given.stepSizeUp + (given.stepSizeDown ?? given.stepSizeUp);
		this.stepRatio = given.stepSizeUp / this.totalSize;
		this.mode = given.mode;
		this.gamma = given.gamma;
		this.#scaleFn = given.scaleFn;
		this.scaleMode = given.scaleFn ? given.scaleMode : given.mode === "exp_range" ? "iterations" : "cycle";
		this.cycleMomentum = given.cycleMomentum;
		if (this.cycleMomentum) {
			this.useBeta1 = usesBeta1(op, given.optimizer);
			this.baseMomentums = perGroup(op, "baseMomentum", given.optimizer, given.baseMomentum);
			this.maxMomentums = perGroup(op, "maxMomentum", given.optimizer, given.maxMomentum);
			if (fresh) startMomentum(this, this.useBeta1, this.baseMomentums, this.maxMomentums);
		}
		this.start();
		this.baseLrs = base;
	}

	#height(x: number): number {
		if (this.#scaleFn) return this.#scaleFn(x);
		if (this.mode === "triangular") return 1;
		return this.mode === "triangular2" ? 1 / 2 ** (x - 1) : this.gamma ** x;
	}

	getLr(): number[] {
		const cycle = Math.floor(1 + this.lastEpoch / this.totalSize);
		const x = 1 + this.lastEpoch / this.totalSize - cycle;
		const part = x <= this.stepRatio ? x / this.stepRatio : (x - 1) / (this.stepRatio - 1);
		const height = this.#height(this.scaleMode === "cycle" ? cycle : this.lastEpoch);
		if (this.cycleMomentum) {
			this.groups.forEach((group, i) => {
				const span = (this.maxMomentums[i]! - this.baseMomentums[i]!) * part;
				setMomentum(group, this.maxMomentums[i]! - span * height, this.useBeta1);
			});
		}
		return this.baseLrs.map((base, i) => base + (this.maxLrs[i]! - base) * part * height);
	}
}

export interface OneCycleLROptions extends LRSchedulerOptions {
	/** The top. */
	maxLr: PerGroup;
	/** Steps in all. Else give epochs and stepsPerEpoch. */
	totalSteps?: number | null;
	epochs?: number | null;
	stepsPerEpoch?: number | null;
	/** Part of the steps that go up. Default 0.3. */
	pctStart?: number;
	/** "cos" (default) or "linear". */
	annealStrategy?: "cos" | "linear";
	/** Move momentum the other way. Default true. */
	cycleMomentum?: boolean;
	/** Default 0.85. */
	baseMomentum?: PerGroup;
	/** Default 0.95. */
	maxMomentum?: PerGroup;
	/** The first rate is maxLr / divFactor. Default 25. */
	divFactor?: number;
	/** The last rate is the first / finalDivFactor. Default 1e4. */
	finalDivFactor?: number;
	/** Up, down, and only then to the last rate. Default false. */
	threePhase?: boolean;
}

const oneCycleArguments = signature("OneCycleLR", {
	optimizer,
	maxLr: numberPerGroup(),
	totalSteps: nullable(integer(undefined, 1)),
	epochs: nullable(integer(undefined, 1)),
	stepsPerEpoch: nullable(integer(undefined, 1)),
	pctStart: anything<number>(
		"a number between 0 and 1",
		(value) => typeof value === "number" && value >= 0 && value <= 1,
		0.3,
	),
	annealStrategy: choice(["cos", "linear"] as const, "cos"),
	cycleMomentum: flag(true),
	baseMomentum: numberPerGroup(0.85),
	maxMomentum: numberPerGroup(0.95),
	divFactor: real(25),
	finalDivFactor: real(1e4),
	threePhase: flag(false),
	lastEpoch,
});

type LrKey = "initialLr" | "maxLr" | "minLr";
type MomentumKey = "maxMomentum" | "baseMomentum";

interface Phase {
	end: number;
	lr: readonly [from: LrKey, to: LrKey];
	momentum: readonly [from: MomentumKey, to: MomentumKey];
}

/** One cycle over the whole training: up to maxLr and down to nearly nothing. Step after every batch. */
export class OneCycleLR extends LRScheduler {
	totalSteps: number;
	cycleMomentum: boolean;
	useBeta1 = false;
	readonly #phases: readonly Phase[];
	readonly #anneal: "cos" | "linear";

	constructor(optimizer: Optimizer, maxLr: PerGroup, options: Omit<OneCycleLROptions, "maxLr">);
	constructor(
		optimizer: Optimizer,
		maxLr: PerGroup,
		totalSteps: number,
		options?: Omit<OneCycleLROptions, "maxLr" | "totalSteps">,
	);
	constructor(optimizer: Optimizer, options: OneCycleLROptions);
	constructor(...args: unknown[]) {
		const given = oneCycleArguments(args);
		const op = "OneCycleLR";
		const { pctStart, totalSteps, epochs, stepsPerEpoch } = given;
		const steps = totalSteps ?? (epochs !== null && stepsPerEpoch !== null ? epochs * stepsPerEpoch : null);
		if (steps === null) throw new RangeError(`[${op}] you must define either totalSteps or (epochs and stepsPerEpoch)`);
		const fresh = given.lastEpoch === -1;
		const max = perGroup(op, "maxLr", given.optimizer, given.maxLr);
		if (fresh) {
			(given.optimizer.paramGroups as Group[]).forEach((group, i) => {
				group.initialLr = max[i]! / given.divFactor;
				group.maxLr = max[i]!;
				group.minLr = group.initialLr / given.finalDivFactor;
			});
		}
		super(given.optimizer, given.lastEpoch);
		this.totalSteps = steps;
		this.#phases = phasesOf(steps, pctStart, given.threePhase);
		this.#anneal = given.annealStrategy;
		this.cycleMomentum = given.cycleMomentum;
		if (this.cycleMomentum) {
			this.useBeta1 = usesBeta1(op, given.optimizer);
			const maxMomentums = perGroup(op, "maxMomentum", given.optimizer, given.maxMomentum);
			const baseMomentums = perGroup(op, "baseMomentum", given.optimizer, given.baseMomentum);
			if (fresh) startMomentum(this, this.useBeta1, baseMomentums, maxMomentums);
		}
		this.start();
	}

	#between(from: number, to: number, part: number): number {
		if (this.#anneal === "linear") return (to - from) * part + from;
		return to + ((from - to) / 2) * (Math.cos(Math.PI * part) + 1);
	}

	getLr(): number[] {
		const step = this.lastEpoch;
		if (step > this.totalSteps) {
			throw new RangeError(
				`[OneCycleLR] tried to step ${step} times. The specified number of total steps is ${this.totalSteps}`,
			);
		}
		const last = this.#phases.length - 1;
		const index = this.#phases.findIndex((phase, i) => step <= phase.end || i === last);
		const phase = this.#phases[index]!;
		const start = index === 0 ? 0 : this.#phases[index - 1]!.end;
		const part = (step - start) / (phase.end - start);
		return this.groups.map((group) => {
			if (this.cycleMomentum) {
				const [from, to] = phase.momentum;
				setMomentum(group, this.#between(group[from]!, group[to]!, part), this.useBeta1);
			}
			const [from, to] = phase.lr;
			return this.#between(group[from]!, group[to]!, part);
		});
	}
}

function phasesOf(steps: number, up: number, three: boolean): Phase[] {
	const rise: Phase = { end: up * steps - 1, lr: ["initialLr", "maxLr"], momentum: ["maxMomentum", "baseMomentum"] };
	if (!three) return [rise, { end: steps - 1, lr: ["maxLr", "minLr"], momentum: ["baseMomentum", "maxMomentum"] }];
	return [
		rise,
		{ end: 2 * up * steps - 2, lr: ["maxLr", "initialLr"], momentum: ["baseMomentum", "maxMomentum"] },
		{ end: steps - 1, lr: ["initialLr", "minLr"], momentum: ["maxMomentum", "maxMomentum"] },
	];
}
