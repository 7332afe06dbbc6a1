import { describe, isOptions, shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { defaultGenerator } from "../core/generator";
import { enableGrad, gradMode } from "../core/gradMode";
import { Tensor } from "../core/tensor";
import { savedTensorsHooks } from "./savedTensors";

/*
 * Trading time for memory (Chen et al., 2016): what a part of a network saves for its backward pass is thrown away, and made
 * anew by running the part once more when the pass comes to it.
 */

export interface CheckpointOptions {
	/** Draw the same random numbers (dropout) when the part runs again. Default true. */
	preserveRngState?: boolean;
	/** Only false, PyTorch's newer way: gradients of all kinds, also by `autograd.grad`. Default false. */
	useReentrant?: false;
}

/** What one run of the part saves, in order, once it has run again. */
interface Frame {
	count: number;
	again: Tensor[] | null;
}

/**
 * `fn(...args)` without keeping what its operations save: they run once more in the backward pass. `fn` must do the same both
 * times; an options object at the end is `checkpoint`'s.
 *
 * @throws in the backward pass, where the second run saves other tensors than the first
 */
export function checkpoint<A extends unknown[], R>(
	fn: (...args: A) => R,
	...given: A | [...args: A, options: CheckpointOptions]
): R {
	if (typeof fn !== "function") throw new TypeError(`[checkpoint] expected a function, got ${describe(fn)}`);
	const [args, options] = split<A>(given);
	const { preserveRngState = true, useReentrant = false } = options;
	if (useReentrant) throw new Error("[checkpoint] useReentrant: true is not there: leave it out");
	if (!gradMode.enabled) return fn(...args);
	const numbers = preserveRngState ? defaultGenerator.getState() : null;
	const lowering = loweringNow();
	const shapes: string[] = [];
	const frame: Frame = { count: 0, again: null };

	const recompute = (): Tensor[] => {
		const saved: Tensor[] = [];
		const now = defaultGenerator.getState();
		const outside = loweringNow();
		const run = () =>
			savedTensorsHooks(
				(tensor) => {
					saved.push(tensor.detach());
					return tensor;
				},
				(tensor) => tensor,
				() => fn(...(args.map(cut) as A)),
			);
		try {
			if (numbers) defaultGenerator.setState(numbers);
			using _ = enableGrad();
			Object.assign(autocastState, lowering);
			run();
		} finally {
			Object.assign(autocastState, outside);
			if (numbers) defaultGenerator.setState(now);
		}
		if (saved.length !== frame.count || saved.some((tensor, i) => text(tensor) !== shapes[i])) {
			throw new Error(
				`[checkpoint] the second run saved other tensors than the first (${saved.length} and ${frame.count}): the function must do the same both times`,
			);
		}
		return saved;
	};

	return savedTensorsHooks(
		(tensor) => {
			shapes.push(text(tensor));
			return frame.count++;
		},
		(place) => {
			frame.again ??= recompute();
			return frame.again[place]!;
		},
		() => fn(...args),
	);
}

function loweringNow() {
	const { active, enabled, dtype } = autocastState;
	return { active, enabled: { ...enabled }, dtype: { ...dtype } };
}

const optionNames = ["preserveRngState", "useReentrant"];

function split<A extends unknown[]>(given: readonly unknown[]): [A, CheckpointOptions] {
	const last = given.at(-1);
	const own =
		isOptions(last) && Object.keys(last).length > 0 && Object.keys(last).every((key) => optionNames.includes(key));
	return own ? [given.slice(0, -1) as A, last as CheckpointOptions] : [given as A, {}];
}

/** The same tensor at the beginning of a graph of its own. */
function cut(value: unknown): unknown {
	return value instanceof Tensor && value.requiresGrad ? value.detach().requiresGrad_() : value;
}

function text(tensor: Tensor): string {
	return `${tensor.dtype} ${shapeText(tensor.shape)}`;
}

/**
 * The functions one after the other, in `segments` parts of about one length, of which all but the last are checkpoints. A
 * `Sequential` is taken apart into its modules.
 */
export function checkpointSequential(
	functions: Iterable<(input: Tensor) => Tensor>,
	segments: number,
	input: Tensor,
	options: CheckpointOptions = {},
): Tensor {
	const list = [...functions];
	if (!Number.isInteger(segments) || segments < 1 || segments > list.length) {
		throw new RangeError(
			`[checkpointSequential] segments must be an integer from 1 to ${list.length}, the number of functions, got ${segments}`,
		);
	}
	const size = Math.floor(list.length / segments);
	const part = (from: number, to: number) => (x: Tensor) => list.slice(from, to).reduce((y, fn) => fn(y), x);
	let x = input;
	for (let i = 0; i < segments - 1; i++) x = checkpoint(part(i * size, (i + 1) * size), x, options);
	return part((segments - 1) * size, list.length)(x);
}
