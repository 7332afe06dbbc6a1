import { integer, real, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { lastEpoch, optimizer } from "./rules";
import { LRScheduler, type LRSchedulerOptions, refuseInCapture } from "./scheduler";

/* Schedules along a cosine (Loshchilov and Hutter, 2017). */

export interface CosineAnnealingLROptions extends LRSchedulerOptions {
	/** Epochs of half a period: from the base rate to the least. */
	TMax: number;
	/** The least learning rate. Default 0. */
	etaMin?: number;
}

const cosineArguments = signature("CosineAnnealingLR", {
	optimizer,
	TMax: integer(undefined, 1),
	etaMin: real(0),
	lastEpoch,
});

/** etaMin + (base − etaMin)·(1 + cos(π·epoch / TMax)) / 2, going up again after TMax. */
export class CosineAnnealingLR extends LRScheduler {
	TMax: number;
	etaMin: number;

	constructor(optimizer: Optimizer, TMax: number, options?: Omit<CosineAnnealingLROptions, "TMax">);
	constructor(optimizer: Optimizer, TMax: number, etaMin: number, options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: CosineAnnealingLROptions);
	constructor(...args: unknown[]) {
		const given = cosineArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.TMax = given.TMax;
		this.etaMin = given.etaMin;
		this.start();
	}

	getLr(): number[] {
		const { TMax, etaMin, lastEpoch } = this;
		const now = this._current();
		if (this._isInitial) return now;
		if (this._stepCount === 1 && lastEpoch > 0) {
			return this.baseLrs.map((base) => etaMin + ((base - etaMin) * (1 + Math.cos((lastEpoch * Math.PI) / TMax))) / 2);
		}
		// At the turn the recursion would divide by 0.
		if ((lastEpoch - 1 - TMax) % (2 * TMax) === 0) {
			return now.map((lr, i) => lr + ((this.baseLrs[i]! - etaMin) * (1 - Math.cos(Math.PI / TMax))) / 2);
		}
		const at = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / TMax);
		return now.map((lr) => (at(lastEpoch) / at(lastEpoch - 1)) * (lr - etaMin) + etaMin);
	}

	/** @internal */
	override _closedForm(): number[] {
		const { TMax, etaMin, lastEpoch } = this;
		return this.baseLrs.map((base) => etaMin + ((base - etaMin) * (1 + Math.cos((Math.PI * lastEpoch) / TMax))) / 2);
	}
}

export interface CosineAnnealingWarmRestartsOptions extends LRSchedulerOptions {
	/** Epochs of the first run. */
	T0: number;
	/** Factor of each run's length. Default 1. */
	TMult?: number;
	/** The least learning rate. Default 0. */
	etaMin?: number;
}

const restartsArguments = signature("CosineAnnealingWarmRestarts", {
	optimizer,
	T0: integer(undefined, 1),
	TMult: integer(1, 1),
	etaMin: real(0),
	lastEpoch,
});

/** Down a cosine, then from the top again. `step(epoch)` also takes fractions of epochs. */
export class CosineAnnealingWarmRestarts extends LRScheduler {
	T0: number;
	/** Epochs of the present run. */
	TI: number;
	TMult: number;
	etaMin: number;
	/** Epochs since the present run began. */
	TCur: number;

	constructor(optimizer: Optimizer, T0: number, options?: Omit<CosineAnnealingWarmRestartsOptions, "T0">);
	constructor(
		optimizer: Optimizer,
		T0: number,
		TMult: number,
		options?: Omit<CosineAnnealingWarmRestartsOptions, "T0" | "TMult">,
	);
	constructor(optimizer: Optimizer, T0: number, TMult: number, etaMin: number, options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions);
	constructor(...args: unknown[]) {
		const given = restartsArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.T0 = given.T0;
		this.TI = given.T0;
		this.TMult = given.TMult;
		this.etaMin = given.etaMin;
		this.TCur = given.lastEpoch;
		this.start();
	}

	getLr(): number[] {
		const height = (1 + Math.cos((Math.PI * this.TCur) / this.TI)) / 2;
		return this.baseLrs.map((base) => this.etaMin + (base - this.etaMin) * height);
	}

	override step(epoch?: number): void {
		refuseInCapture(this);
		const at = epoch ?? (this.lastEpoch < 0 ? 0 : undefined);
		if (at === undefined) {
			this.TCur++;
			if (this.TCur >= this.TI) {
				this.TCur %= this.TI;
				this.TI *= this.TMult;
			}
			this.lastEpoch++;
		} else {
			if (!(at >= 0)) throw new RangeError(`[CosineAnnealingWarmRestarts] expected non-negative epoch, but got ${at}`);
			this.#goTo(at);
			this.lastEpoch = Math.floor(at);
		}
		this._setLr(this.getLr());
	}

	#goTo(epoch: number): void {
		const { T0, TMult } = this;
		if (epoch < T0) {
			this.TI = T0;
			this.TCur = epoch;
		} else if (TMult === 1) this.TCur = epoch % T0;
		else {
			const run = Math.trunc(Math.log((epoch / T0) * (TMult - 1) + 1) / Math.log(TMult));
			this.TCur = epoch - (T0 * (TMult ** run - 1)) / (TMult - 1);
			this.TI = T0 * TMult ** run;
		}
	}
}
