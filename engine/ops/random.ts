import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind, describe, integer, isOptions, type SizesAnd, sizesAndOptions, sizesOf } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { placeOf } from "../core/device";
import { type DType, int64, uint8 } from "../core/dtype";
import { defaultGenerator, type Generator } from "../core/generator";
import { noGrad } from "../core/gradMode";
import { type Handle, native, otherHandles, under } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { zerosAs } from "./copy";
import { besides, checkOptions, finish, newDtype, type TensorOptions } from "./create";
import { asMethods } from "./methods";
import { underivable } from "./underivable";
import { broadcastShapes } from "./view";

/* Random numbers: PyTorch's, number for number, from the default generator or a given one. */

export interface RandomOptions extends TensorOptions {
	/** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
	generator?: Generator;
}

const randomOptions = ["dtype", "device", "requiresGrad", "pinMemory", "generator"] as const;

type GeneratorOption = { generator?: Generator };

function handleOf(generator: Generator | undefined | null) {
	return (generator ?? defaultGenerator).handle;
}

function randomNames(op: string, options: object): void {
	checkOptions(op, options, ["generator"]);
}

/** Each entry of a vmap has its own numbers, where that is wanted. */
function toDraw(fresh: Handle): Handle {
	return otherHandles.toDraw === null ? fresh : otherHandles.toDraw(fresh);
}

type Fill = "uniform_" | "normal_";

function drawn(op: string, kernel: Fill, args: readonly unknown[]): Tensor {
	const { sizes, options } = sizesAndOptions<RandomOptions>(op, args);
	const place = placeOf(op, options.device);
	const memory = (code: number) => under(op, () => native.empty(sizes, code, place));
	return drawnInto(op, kernel, options, getDefaultDtype, memory);
}

/** The numbers come in the order of memory, which is that of `x` too. */
function drawnLike(op: string, kernel: Fill, x: Tensor, options: RandomOptions): Tensor {
	if (!(x instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(x)}`);
	const memory = (code: number) => native.emptyLikeOn(x.handle, code, besides(op, x, options));
	return drawnInto(op, kernel, options, () => x.dtype, memory);
}

function drawnInto(
	op: string,
	kernel: Fill,
	options: RandomOptions,
	dtype: () => DType,
	memory: (code: number) => Handle,
): Tensor {
	randomNames(op, options);
	const out = toDraw(memory(newDtype(op, options, dtype).code));
	native[kernel](out, handleOf(options.generator), 0, 1);
	return finish(wrap(out), options);
}

/** Uniform numbers of [0, 1). */
export function rand(...args: SizesAnd<RandomOptions>): Tensor {
	return drawn("rand", "uniform_", args);
}

/** Normal numbers of mean 0 and standard deviation 1. */
export function randn(...args: SizesAnd<RandomOptions>): Tensor {
	return drawn("randn", "normal_", args);
}

/** `rand` of the shape and dtype of another tensor. */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
	return drawnLike("randLike", "uniform_", x, options);
}

/** `randn` of the shape and dtype of another tensor. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
	return drawnLike("randnLike", "normal_", x, options);
}

type Size = { size: readonly number[] };
type RandintArguments =
	| [high: number, size: readonly number[], options?: RandomOptions]
	| [low: number, high: number, size: readonly number[], options?: RandomOptions]
	| [high: number, options: Size & RandomOptions]
	| [low: number, high: number, options: Size & RandomOptions]
	| [options: { low?: number; high: number } & Size & RandomOptions];

function integers(
	op: string,
	low: number,
	high: number,
	memory: (code: number) => Handle,
	options: RandomOptions,
	dtype: DType,
): Tensor {
	randomNames(op, options);
	if (!(integer(op, "low", low) < integer(op, "high", high))) {
		throw new RangeError(`[${op}] low must be less than high, got ${low} and ${high}`);
	}
	const out = toDraw(memory(newDtype(op, options, () => dtype).code));
	native.randint_(out, handleOf(options.generator), low, high);
	return finish(wrap(out), options);
}

/** Integers of [low, high), low 0 by default: `randint(10, [3])`, `randint(5, 10, [2, 2])`. int64 by default. */
export function randint(...args: RandintArguments): Tensor {
	const places = args.findIndex((value) => typeof value !== "number");
	const {
		low = 0,
		high,
		size,
		...options
	} = bind<{ low: number; high: number } & Size & RandomOptions>(
		"randint",
		args,
		places === 1 ? ["high", "size"] : ["low", "high", "size"],
		["low", ...randomOptions],
	);
	if (high === undefined || !Array.isArray(size)) {
		throw new TypeError("[randint] expected (high, size) or (low, high, size) with size an array");
	}
	const sizes = sizesOf("randint", [size]);
	const memory = (code: number) => native.empty(sizes, code, placeOf("randint", options.device));
	return integers("randint", low, high, memory, options, int64);
}

/** `randint` of the shape and dtype of another tensor: `(x, high)` or `(x, low, high)`. */
export function randintLike(
	x: Tensor,
	...args: [high: number, options?: RandomOptions] | [low: number, high: number, options?: RandomOptions]
): Tensor {
	const two = typeof args[1] === "number";
	const options = ((two ? args[2] : args[1]) as RandomOptions | undefined) ?? {};
	const [low, high] = two ? (args as [number, number]) : [0, args[0]];
	const memory = (code: number) => native.emptyLikeOn(x.handle, code, besides("randintLike", x, options));
	return integers("randintLike", low, high, memory, options, x.dtype);
}

/** Up to which n a dtype holds all of 0 … n−1, as PyTorch counts. */
const greatestRun: Partial<Record<string, number>> = {
	uint8: 256,
	int8: 128,
	int16: 2 ** 15,
	float16: 2 ** 11 + 1,
	float32: 2 ** 24 + 1,
};

/** The integers 0 … n−1 in random order; int64 by default. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
	randomNames("randperm", options);
	if (integer("randperm", "n", n) < 0) throw new RangeError(`[randperm] n must not be negative, got ${n}`);
	const dtype = newDtype("randperm", options, () => int64);
	const most = greatestRun[dtype.name];
	if (most !== undefined && n > most)
		throw new RangeError(`[randperm] n cannot be greater than ${most} for ${dtype}, got ${n}`);
	const order = native.randperm(n, handleOf(options.generator), placeOf("randperm", options.device));
	return finish(wrap(dtype === int64 ? order : native.to(order, dtype.code)), options);
}

/**
 * Normal numbers. `mean` (default 0) and `std` (default 1) are numbers, with a size, or tensors (one of them at least), whose
 * shape the result has.
 */
export function normal(mean: number | Tensor, std?: number | Tensor, options?: GeneratorOption): Tensor;
export function normal(mean: number, std: number, size: readonly number[], options?: RandomOptions): Tensor;
export function normal(
	mean: number | Tensor,
	std: number | Tensor = 1,
	size?: readonly number[] | GeneratorOption,
	options: RandomOptions = {},
): Tensor {
	if (Array.isArray(size)) {
		randomNames("normal", options);
		const dtype = newDtype("normal", options, getDefaultDtype);
		const out = toDraw(native.empty(sizesOf("normal", [size]), dtype.code, placeOf("normal", options.device)));
		native.normal_(out, handleOf(options.generator), mean as number, std as number);
		return finish(wrap(out), options);
	}
	const generator = handleOf((isOptions(size) ? (size as GeneratorOption) : options).generator);
	const like = mean instanceof Tensor ? mean : std;
	if (!(like instanceof Tensor)) {
		throw new TypeError("[normal] mean and std are both numbers: give a size, as in normal(0, 1, [2, 3])");
	}
	const least = std instanceof Tensor ? (std.numel() > 0 ? native.item(native.amin(std.handle, null, false)) : 0) : std;
	if (!(least >= 0)) throw new RangeError(`[normal] std must not be negative, got ${least}`);
	// The dtype is that of mean, or of std where mean is a number: they are not promoted.
	const drawn = wrap(native.empty(broadcastShapes(shapeOf(mean), shapeOf(std)), like.dtype.code, like.handle));
	native.normal_(drawn.handle, generator, 0, 1);
	return noGrad(() => drawn.mul_(std).add_(mean));
}

function shapeOf(value: number | Tensor): number[] {
	return value instanceof Tensor ? value.shape : [];
}

/** 1 with the probability that each element of `x` gives, else 0, in `x`'s dtype; or with probability `p` throughout. */
export function bernoulli(x: Tensor, p?: number | null | GeneratorOption, options: GeneratorOption = {}): Tensor {
	const out = native.empty(x.shape, x.dtype.code, x.handle);
	const generator = handleOf((isOptions(p) ? (p as GeneratorOption) : options).generator);
	if (typeof p === "number") native.bernoulli_(out, generator, p, 0);
	else native.bernoulliTensor_(out, x.handle, generator);
	if (!tracked(x)) return wrap(out);
	return record(wrap(out), typeof p === "number" ? withChance : derivatives.bernoulli_, [x]);
}

/** `numSamples` indices drawn by the weights of a vector, or of each row of a matrix. Without replacement by default. */
export function multinomial(
	weights: Tensor,
	numSamples: number,
	replacement: boolean | { replacement?: boolean; generator?: Generator } = false,
	options: GeneratorOption = {},
): Tensor {
	const given = typeof replacement === "object" ? replacement : { ...options, replacement };
	const count = integer("multinomial", "numSamples", numSamples);
	return wrap(native.multinomial(weights.handle, count, given.replacement ?? false, handleOf(given.generator)));
}

/** The default generator's state: 5056 bytes, in PyTorch's own layout. */
export function getRngState(): Tensor {
	const state = defaultGenerator.getState();
	return wrap(native.fromData(state, [state.length], uint8.code));
}

/** Puts the default generator into a state that `getRngState` gave, here or in PyTorch. */
export function setRngState(state: Tensor | Uint8Array): void {
	defaultGenerator.setState(state);
}

/** What was there is gone, and with it every slope. */
function overwritten(name: string): Derivative {
	return { name, backward: (_node, grad) => [zerosAs(grad)] };
}

const derivatives = {
	uniform_: overwritten("UniformBackward0"),
	normal_: overwritten("NormalBackward0"),
	random_: overwritten("RandomBackward0"),
	bernoulli_: overwritten("BernoulliBackward0"),
	exponential_: overwritten("ExponentialBackward0"),
};
const withChance = underivable("bernoulli");

/** Uniform numbers of [from, to). */
function uniform_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const {
		from = 0,
		to = 1,
		generator,
	} = bind<{ from: number; to: number; generator: Generator }>("uniform_", args, ["from", "to"], ["generator"]);
	if (!(from <= to)) throw new RangeError(`[uniform_] from must not exceed to, got ${from} and ${to}`);
	return inPlace(
		"uniform_",
		x,
		[],
		() => native.uniform_(x.handle, handleOf(generator), from, to),
		derivatives.uniform_,
	);
}

function normal_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const {
		mean = 0,
		std = 1,
		generator,
	} = bind<{ mean: number; std: number; generator: Generator }>("normal_", args, ["mean", "std"], ["generator"]);
	if (!(std >= 0)) throw new RangeError(`[normal_] std must not be negative, got ${std}`);
	return inPlace("normal_", x, [], () => native.normal_(x.handle, handleOf(generator), mean, std), derivatives.normal_);
}

function random_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const numbers = args.filter((value) => typeof value === "number").length;
	const { from, to, generator } = bind<{ from: number; to: number; generator: Generator }>(
		"random_",
		args,
		numbers === 1 ? ["to"] : ["from", "to"],
		["from", "to", "generator"],
	);
	if (from !== undefined && to === undefined) throw new TypeError("[random_] from needs to: random_(from, to)");
	const source = handleOf(generator);
	const write = () => {
		if (to !== undefined) native.randint_(x.handle, source, from ?? 0, to);
		else native.random_(x.handle, source, 0, 0);
	};
	return inPlace("random_", x, [], write, derivatives.random_);
}

function bernoulli_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const { p = 0.5, generator } = bind<{ p: number | Tensor; generator: Generator }>(
		"bernoulli_",
		args,
		["p"],
		["generator"],
	);
	const write = () => {
		if (p instanceof Tensor) native.bernoulliTensor_(x.handle, native.expand(p.handle, x.shape), handleOf(generator));
		else native.bernoulli_(x.handle, handleOf(generator), p, 0);
	};
	return inPlace("bernoulli_", x, [], write, derivatives.bernoulli_);
}

function exponential_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const { lambd = 1, generator } = bind<{ lambd: number; generator: Generator }>(
		"exponential_",
		args,
		["lambd"],
		["generator"],
	);
	if (!(lambd > 0)) throw new RangeError(`[exponential_] lambd must be positive, got ${describe(lambd)}`);
	const write = () => native.exponential_(x.handle, handleOf(generator), lambd, 0);
	return inPlace("exponential_", x, [], write, derivatives.exponential_);
}

declare module "../core/tensor" {
	interface Tensor {
		/** Uniform numbers of [from, to), by default of [0, 1). */
		uniform_(options?: GeneratorOption & { from?: number; to?: number }): this;
		uniform_(from: number, to: number, options?: GeneratorOption): this;
		/** Normal numbers of mean 0 and standard deviation 1 by default. */
		normal_(options?: GeneratorOption & { mean?: number; std?: number }): this;
		normal_(mean: number, std: number, options?: GeneratorOption): this;
		/** Integers: of [from, to), of [0, to), or without bounds as many as the dtype holds. */
		random_(options?: GeneratorOption & { from?: number; to?: number }): this;
		random_(to: number, options?: GeneratorOption): this;
		random_(from: number, to: number, options?: GeneratorOption): this;
		/** 1 with probability `p` (default 0.5, a number or a tensor), else 0. */
		bernoulli_(p?: number | Tensor | (GeneratorOption & { p?: number | Tensor }), options?: GeneratorOption): this;
		/** Exponential numbers of rate `lambd` (default 1). */
		exponential_(lambd?: number | (GeneratorOption & { lambd?: number }), options?: GeneratorOption): this;
		/** 1 with the probability that each element gives (or `p`), else 0. */
		bernoulli(p?: number | GeneratorOption, options?: GeneratorOption): Tensor;
		/** `numSamples` indices drawn by these weights. */
		multinomial(numSamples: number, replacement?: boolean | { replacement?: boolean; generator?: Generator }): Tensor;
		multinomial(options: { numSamples: number; replacement?: boolean; generator?: Generator }): Tensor;
	}
}

asMethods({ uniform_, normal_, random_, bernoulli_, exponential_, bernoulli, multinomial });
