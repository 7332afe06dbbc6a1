import { deviceOf } from "../core/device";
import { native } from "../core/native";
import { checkOptionNames, quoted } from "../core/signature";
import { Tensor, wrap } from "../core/tensor";
import { type Card, cardOf } from "./device";
import { type CaptureOptions, CUDAGraph, captureInto, sideStream, synchronous } from "./graphs";
import { currentStream, stream } from "./streams";

/* Functions that are captured when they have run a few times, and replayed from then on. */

export interface GraphOptions {
	/** Calls that run as they are, before one is captured: they fill caches and make optimisers' state. Default 3. */
	warmup?: number;
	/** The memory of another graph: its `pool()`. By default the step has its own. */
	pool?: number;
	/** The card. Default: that of the arguments, else the current one. */
	device?: Card;
	/** Runs of pointwise ops become one kernel each, with the numbers to the bit. Default true. */
	fuse?: boolean;
	/** Give the graph's own result tensors, which the next call overwrites, instead of copies. Default false. */
	staticOutputs?: boolean;
}

/** A function that is replayed as a graph. */
export interface GraphedStep<A extends unknown[], R> {
	(...inputs: A): R;
	/** The graph; nothing is captured in it before the warm-up is over. */
	readonly graph: CUDAGraph;
	/** Gives up what was captured: the next calls warm up again. */
	reset(): void;
}

/**
 * Captures what `body` queues into a graph: `const g = new cuda.CUDAGraph(); cuda.graph(g, () => { y = f(x); }); g.replay()`.
 * Nothing is computed before the first `replay()`, which reads the very tensors that `body` read.
 */
export function graph<T>(graph: CUDAGraph, body: () => T, options?: CaptureOptions): T;
/**
 * A step that is replayed as one launch: `const step = cuda.graph((x, y) => { …; return loss; })`. It is called like the
 * function. Its first calls (`warmup`) run on a stream beside the current one, the next is captured, and from then on a call copies
 * its arguments into the graph's and replays it. Optimisers advance, with the learning rates of then; dropout draws anew.
 *
 * Arguments are tensors, and arrays and objects of tensors: they keep shape and dtype, and may come from the host. Results are
 * tensors, too, without history. What a replay would not do again is refused when the step is captured: reading a value (`item()`,
 * printing), waiting, data from the host, shapes that depend on data, schedules' steps (call them after the step).
 */
export function graph<A extends unknown[], R>(step: (...inputs: A) => R, options?: GraphOptions): GraphedStep<A, R>;
export function graph(
	first: CUDAGraph | ((...inputs: unknown[]) => unknown),
	second?: (() => unknown) | GraphOptions,
	third?: CaptureOptions,
): unknown {
	if (first instanceof CUDAGraph) {
		if (typeof second !== "function") {
			throw new TypeError(`[graph] expected a function whose work is captured, got ${quoted(second)}`);
		}
		return captureInto(first, second, third);
	}
	if (typeof first !== "function") {
		throw new TypeError(`[graph] expected a function or a CUDAGraph, got ${quoted(first)}`);
	}
	const options = (second ?? {}) as GraphOptions;
	checkOptionNames("graph", ["warmup", "pool", "device", "fuse", "staticOutputs"], options);
	return graphedStep(first, options);
}

interface Captured {
	readonly inputs: readonly unknown[];
	readonly outputs: unknown;
}

function graphedStep<A extends unknown[], R>(step: (...inputs: A) => R, options: GraphOptions): GraphedStep<A, R> {
	const { warmup = 3, pool = 0, fuse = true, staticOutputs = false } = options;
	if (!Number.isInteger(warmup) || warmup < 0) {
		throw new RangeError(`[graph] warmup must be an integer of at least 0, got ${quoted(warmup)}`);
	}
	let graph: CUDAGraph | null = null;
	let captured: Captured | null = null;
	let calls = 0;

	const call = (...inputs: A): R => {
		graph ??= new CUDAGraph({ device: options.device ?? placeOfTensors(inputs) });
		const { device } = graph;
		if (calls < warmup) {
			calls++;
			const there = mapTree("argument", inputs, (x) => onCard(x, device));
			return beside(device, () => step(...(there as A)));
		}
		if (captured === null) {
			const own = mapTree("argument", inputs, (x, name) => ownInput(x, name, device)) as A;
			const outputs = captureInto(graph, () => checkedOutputs(synchronous(step(...own)), device), { pool, fuse });
			captured = { inputs: own, outputs };
		} else takeInputs(captured.inputs, inputs);
		graph.replay();
		if (staticOutputs) return captured.outputs as R;
		return mapTree("result", captured.outputs, (x) => wrap(native.clone(x.handle))) as R;
	};
	return Object.defineProperties(call, {
		graph: {
			get: () => {
				graph ??= new CUDAGraph({ device: options.device });
				return graph;
			},
		},
		reset: {
			value: () => {
				captured = null;
				calls = 0;
				graph?.reset();
			},
		},
	}) as unknown as GraphedStep<A, R>;
}

/** Runs on the card's side stream, in order with what is on the current one before and after. */
function beside<T>(device: number, body: () => T): T {
	const side = sideStream(device);
	const now = currentStream(device);
	side.waitStream(now);
	try {
		return stream(side, body);
	} finally {
		now.waitStream(side);
	}
}

/** The same nest of arrays and plain objects with other tensors in it. */
function mapTree(name: string, value: unknown, map: (x: Tensor, name: string) => Tensor): unknown {
	if (value instanceof Tensor) return map(value, name);
	if (Array.isArray(value)) return value.map((item, i) => mapTree(`${name} ${i}`, item, map));
	if (isPlain(value)) {
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTree(`${name}.${key}`, item, map)]));
	}
	return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function placeOfTensors(inputs: readonly unknown[]): Card {
	let found: number | null = null;
	mapTree("argument", inputs, (x) => {
		const code = native.device(x.handle);
		if (code > 0) found ??= code - 1;
		return x;
	});
	return found ?? cardOf("graph", null);
}

function onCard(x: Tensor, device: number): Tensor {
	return native.device(x.handle) === device + 1 ? x : wrap(native.toDevice(x.handle, device + 1, false));
}

/** The tensor that stands for an argument in the graph. */
function ownInput(x: Tensor, name: string, device: number): Tensor {
	if (x.requiresGrad) {
		throw new Error(`[graph] ${name} requires a gradient, which a replay would leave in the graph's own copy of it`);
	}
	const there = native.device(x.handle) === device + 1;
	return wrap(there ? native.clone(x.handle) : native.toDevice(x.handle, device + 1, false));
}

/** Copies arguments into those that were captured. */
function takeInputs(own: readonly unknown[], inputs: readonly unknown[]): void {
	if (inputs.length !== own.length) {
		throw new TypeError(`[graph] the step was captured with ${own.length} arguments, got ${inputs.length}`);
	}
	const copy = (to: unknown, from: unknown, name: string): void => {
		if (to instanceof Tensor) {
			if (!(from instanceof Tensor))
				throw new TypeError(`[graph] ${name} was captured as a tensor, got ${quoted(from)}`);
			if (!native.alike(to.handle, from.handle)) {
				const text = (x: Tensor) => `${x.dtype} of shape [${x.shape.join(", ")}]`;
				throw new RangeError(
					`[graph] ${name} was captured as ${text(to)}, got ${text(from)}: a graph keeps shapes and dtypes. Leave out what does ` +
						"not fit (dropLast), or capture another step for it",
				);
			}
			native.copy_(to.handle, from.handle);
		} else if (Array.isArray(to)) {
			if (!Array.isArray(from) || from.length !== to.length) {
				throw new TypeError(`[graph] ${name} was captured as an array of ${to.length}, got ${quoted(from)}`);
			}
			for (const [i, item] of to.entries()) copy(item, from[i], `${name} ${i}`);
		} else if (isPlain(to)) {
			if (!isPlain(from)) throw new TypeError(`[graph] ${name} was captured as an object, got ${quoted(from)}`);
			for (const [key, item] of Object.entries(to)) copy(item, from[key], `${name}.${key}`);
		} else if (!Object.is(to, from)) {
			throw new TypeError(
				`[graph] ${name} was captured as ${quoted(to)}, got ${quoted(from)}: only tensors may change from call to call`,
			);
		}
	};
	for (const [i, item] of own.entries()) copy(item, inputs[i], `argument ${i}`);
}

/** Results that each replay computes anew. */
function checkedOutputs(value: unknown, device: number): unknown {
	const check = (item: unknown): unknown => {
		if (item instanceof Tensor) {
			if (native.device(item.handle) === device + 1) return wrap(native.alias(item.handle));
			throw new Error(`[graph] a result is on ${deviceOf(item.handle)}: replays would not compute it again`);
		}
		if (Array.isArray(item)) return item.map(check);
		if (isPlain(item)) return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, check(part)]));
		if (item === undefined || item === null) return item;
		throw new TypeError(`[graph] a result is ${quoted(item)}, which replays would not compute again: give tensors`);
	};
	return check(value);
}
