import { isAvailable } from "../core/autocast";
import type { Device } from "../core/device";
import { float32 } from "../core/dtype";
import { noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { anything, flag, quoted, real, signature, size } from "../core/signature";
import { Tensor, wrap } from "../core/tensor";
import { warn } from "../core/warn";
import type { Optimizer } from "../optim";

/* float16 has no numbers below 6·10⁻⁸: small gradients become 0 unless the loss is scaled up first. */

export interface GradScalerOptions {
	/** The first factor. Default 65536. */
	initScale?: number;
	/** What the factor grows by after `growthInterval` steps without an overflow. Default 2. */
	growthFactor?: number;
	/** What the factor shrinks by after an overflow. Default 0.5. */
	backoffFactor?: number;
	/** Default 2000. */
	growthInterval?: number;
	/** false: every method passes its argument on. Default true. */
	enabled?: boolean;
}

/** In PyTorch's names; empty where the scaler is not enabled. */
export interface GradScalerState {
	scale?: number;
	growth_factor?: number;
	backoff_factor?: number;
	growth_interval?: number;
	_growth_tracker?: number;
}

/** What was done with an optimiser's gradients since the last update. */
interface Progress {
	stage: "ready" | "unscaled" | "stepped";
	overflow: boolean | null;
}

const bind = signature("GradScaler", {
	device: anything<Device["type"]>('"cpu" or "cuda"', (value) => value === "cpu" || value === "cuda", "cuda"),
	initScale: real(2 ** 16),
	growthFactor: anything<number>("a number above 1", (value) => typeof value === "number" && value > 1, 2),
	backoffFactor: anything<number>("a number below 1", (value) => typeof value === "number" && value < 1, 0.5),
	growthInterval: size(2000),
	enabled: flag(true),
});

type Scaled<T> = T extends Tensor ? Tensor : Tensor[];

/**
 * Scales the loss so that float16 gradients do not vanish, skips steps whose gradients overflowed, and adapts the factor:
 *
 * ```ts
 * const scaler = new torch.amp.GradScaler("cpu");
 * scaler.scale(loss).backward();
 * scaler.unscale_(optimizer); // only where gradients are looked at, to clip them
 * scaler.step(optimizer);
 * scaler.update();
 * ```
 *
 * Micikevicius et al., 2018.
 */
export class GradScaler {
	readonly #enabled: boolean;
	#scale: number;
	#growthFactor: number;
	#backoffFactor: number;
	#growthInterval: number;
	#growthTracker = 0;
	#progress = new Map<Optimizer, Progress>();

	constructor(device?: Device["type"], options?: GradScalerOptions);
	constructor(options: GradScalerOptions & { device?: Device["type"] });
	constructor(...args: unknown[]) {
		const { device, initScale, growthFactor, backoffFactor, growthInterval, enabled } = bind(args);
		this.#enabled = enabled && isAvailable(device);
		if (enabled && !this.#enabled) {
			warn(`torch.${device}.amp.GradScaler is enabled, but ${device.toUpperCase()} is not available.  Disabling.`);
		}
		this.#scale = initScale;
		this.#growthFactor = growthFactor;
		this.#backoffFactor = backoffFactor;
		this.#growthInterval = growthInterval;
	}

	/** The loss, or each of several, times the factor. */
	scale<T extends Tensor | Iterable<Tensor>>(outputs: T): Scaled<T> {
		if (outputs instanceof Tensor) return this.#scaled(outputs) as Scaled<T>;
		if (typeof (outputs as Iterable<Tensor> | null)?.[Symbol.iterator] !== "function") {
			throw new TypeError(`[scale] outputs must be a tensor or several, got ${quoted(outputs)}`);
		}
		return Array.from(outputs as Iterable<Tensor>, (output) => this.#scaled(output)) as Scaled<T>;
	}

	#scaled(output: Tensor): Tensor {
		if (!(output instanceof Tensor)) throw new TypeError(`[scale] outputs must be tensors, got ${quoted(output)}`);
		// A float32 tensor and not a number: a loss of float16 would overflow.
		return this.#enabled ? output.mul(wrap(native.full([], this.#scale, float32.code, output.handle))) : output;
	}

	/** Divides the gradients of an optimiser's parameters by the factor, in place, and notes whether one overflowed. */
	unscale_(optimizer: Optimizer): void {
		if (!this.#enabled) return;
		const progress = this.#of(optimizer);
		if (progress.stage === "unscaled") {
			throw new Error("[unscale_] unscale_() has already been called on this optimizer since the last update().");
		}
		if (progress.stage === "stepped") throw new Error("[unscale_] unscale_() is being called after step().");
		const params: Tensor[] = optimizer.paramGroups.flatMap((group) => group.params);
		const grads = params.flatMap((param) => param._grad ?? []);
		if (grads.some((grad) => grad.dtype.name === "float16")) {
			throw new TypeError(
				"[unscale_] attempting to unscale FP16 gradients: the parameters must be float32, and autocast lowers them",
			);
		}
		progress.stage = "unscaled";
		if (grads.length === 0) return;
		const handles = grads.map((grad) => grad.handle);
		progress.overflow = !Number.isFinite(native.totalNorm(handles, Infinity));
		noGrad(() => native.scaleAll_(handles, Math.fround(1 / this.#scale)));
		for (const grad of grads) grad._version.count++;
	}

	/** `optimizer.step()` with unscaled gradients; left out where one is infinite or not a number. */
	step(optimizer: Optimizer, closure?: never): unknown {
		if (!this.#enabled) return closure === undefined ? optimizer.step() : optimizer.step(closure);
		if (closure !== undefined) {
			throw new TypeError("[step] closure use is not currently supported if GradScaler is enabled");
		}
		const progress = this.#of(optimizer);
		if (progress.stage === "stepped") {
			throw new Error("[step] step() has already been called since the last update().");
		}
		if (progress.stage === "ready") this.unscale_(optimizer);
		if (progress.overflow === null) {
			throw new Error("[step] no inf checks were recorded for this optimizer: none of its parameters has a gradient");
		}
		progress.stage = "stepped";
		return progress.overflow ? undefined : optimizer.step();
	}

	/** Adapts the factor after the steps of an iteration, or sets it. */
	update(newScale?: number | Tensor): void {
		if (!this.#enabled) return;
		if (newScale !== undefined) this.#scale = this.#given(newScale);
		else this.#adapt();
		this.#progress.clear();
	}

	#given(newScale: number | Tensor): number {
		const scale = newScale instanceof Tensor && newScale.numel() === 1 ? newScale.item() : newScale;
		if (typeof scale === "number") return scale;
		throw new TypeError(`[update] newScale must be a number or a tensor of one element, got ${quoted(newScale)}`);
	}

	#adapt(): void {
		const checks = [...this.#progress.values()].flatMap(({ overflow }) => overflow ?? []);
		if (checks.length === 0) throw new Error("[update] no inf checks were recorded prior to update.");
		if (checks.includes(true)) {
			this.#scale = Math.fround(this.#scale * this.#backoffFactor);
			this.#growthTracker = 0;
		} else if (++this.#growthTracker === this.#growthInterval) {
			const grown = Math.fround(this.#scale * this.#growthFactor);
			if (Number.isFinite(grown)) this.#scale = grown;
			this.#growthTracker = 0;
		}
	}

	#of(optimizer: Optimizer): Progress {
		let progress = this.#progress.get(optimizer);
		if (progress === undefined) {
			progress = { stage: "ready", overflow: null };
			this.#progress.set(optimizer, progress);
		}
		return progress;
	}

	/** The factor; 1 where the scaler is not enabled. */
	getScale(): number {
		return this.#enabled ? this.#scale : 1;
	}

	getGrowthFactor(): number {
		return this.#growthFactor;
	}

	setGrowthFactor(factor: number): void {
		this.#growthFactor = factor;
	}

	getBackoffFactor(): number {
		return this.#backoffFactor;
	}

	setBackoffFactor(factor: number): void {
		this.#backoffFactor = factor;
	}

	getGrowthInterval(): number {
		return this.#growthInterval;
	}

	setGrowthInterval(interval: number): void {
		this.#growthInterval = interval;
	}

	isEnabled(): boolean {
		return this.#enabled;
	}

	/** Between iterations, after `update()`: what is open of one is not kept. */
	stateDict(): GradScalerState {
		if (!this.#enabled) return {};
		return {
			scale: this.#scale,
			growth_factor: this.#growthFactor,
			backoff_factor: this.#backoffFactor,
			growth_interval: this.#growthInterval,
			_growth_tracker: this.#growthTracker,
		};
	}

	loadStateDict(state: GradScalerState): void {
		if (!this.#enabled) return;
		const names = ["scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"] as const;
		const values = names.map((name) => {
			const value = state[name];
			if (typeof value === "number") return value;
			throw new TypeError(
				Object.keys(state).length === 0
					? "[loadStateDict] the source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
					: `[loadStateDict] ${name} must be a number, got ${quoted(value)}`,
			);
		});
		[this.#scale, this.#growthFactor, this.#backoffFactor, this.#growthInterval, this.#growthTracker] = values as [
			number,
			number,
			number,
			number,
			number,
		];
	}
}
