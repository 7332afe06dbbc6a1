import { entered, within } from "./core/block";
import { defaultGenerator } from "./core/generator";
import { native } from "./core/native";
import { type Card, cardOf } from "./cuda/device";

/* `torch.random`: the default generators. */

export { initialSeed, manualSeed, seed } from "./core/generator";
export { getRngState, setRngState } from "./ops/random";

export interface ForkRngOptions {
	/** Cards whose generators are kept beside the host's. Default: all. */
	devices?: readonly Card[] | null;
	/** False keeps nothing. Default true. */
	enabled?: boolean;
}

/**
 * Runs `body` and puts the default generators back to where they were; without a body, at the end of a `using` block.
 *
 * ```ts
 * const sample = torch.random.forkRng(() => { torch.manualSeed(0); return torch.randn(3); });
 * ```
 */
export function forkRng<T>(body: () => T, options?: ForkRngOptions): T;
export function forkRng(options?: ForkRngOptions): Disposable;
export function forkRng<T>(first?: (() => T) | ForkRngOptions, second?: ForkRngOptions): T | Disposable {
	if (typeof first === "function") return within("forkRng", fork(second), first);
	return fork(first);
}

function fork({ devices = null, enabled = true }: ForkRngOptions = {}): Disposable {
	if (!enabled) return entered(() => {});
	const all = Array.from({ length: native.cudaDeviceCount() }, (_, card) => card);
	const cards = devices === null ? all : devices.map((card) => cardOf("forkRng", card));
	const host = defaultGenerator.getState();
	const states = cards.map((card) => native.cudaGetState(card));
	return entered(() => {
		defaultGenerator.setState(host);
		cards.forEach((card, i) => {
			native.cudaSetState(card, states[i]!);
		});
	});
}
