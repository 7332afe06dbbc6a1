import type { Derivative } from "../autograd/node";
import { inPlace } from "../autograd/record";
import { bind, describe } from "../core/arguments";
import { bool, float32, float64 } from "../core/dtype";
import { defaultGenerator, type Generator } from "../core/generator";
import { noGrad } from "../core/gradMode";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { zerosAs } from "./copy";
import { emptyLike } from "./create";
import { asMethods } from "./methods";
import { broadcastTensors } from "./view";

/*
 * Random numbers of further distributions, drawn one after the other from the host's generator in float64, as PyTorch does
 * on a CPU, and on a card from its own all at once: the same numbers for the same seed.
 */

type GeneratorOption = { generator?: Generator };

interface Source {
	/** Of [0, 1), with 53 bits. */
	uniform(): number;
	/** Of mean 0 and standard deviation 1. */
	normal(): number;
}

function sourceOf(generator: Generator | undefined): Source {
	const one = native.empty([1], float64.code);
	const handle = (generator ?? defaultGenerator).handle;
	return {
		uniform() {
			native.uniform_(one, handle, 0, 1);
			return native.item(one);
		},
		normal() {
			native.normal_(one, handle, 0, 1);
			return native.item(one);
		},
	};
}

/** Values of a draw for every element, on the device and in the dtype of `like`. */
function filled(like: Tensor, draw: (i: number) => number): Tensor {
	const values = Float64Array.from({ length: like.numel() }, (_, i) => draw(i));
	return wrap(native.fromNumbers(values, like.shape, like.dtype.code, like.handle));
}

function numbersOf(x: Tensor): Float64Array {
	return native.toNumbers(x.handle);
}

/** `filled`, its elements drawn one after the other as they lie in the memory of `x`. */
function filledAsLaid(x: Tensor, draw: () => number): Tensor {
	const strides = x.stride();
	const order = strides.map((_, dim) => dim).sort((a, b) => strides[b]! - strides[a]!);
	const laid = filled(wrap(native.permute(x.handle, order)), draw);
	return wrap(
		native.permute(
			laid.handle,
			order.map((_, dim) => order.indexOf(dim)),
		),
	);
}

const overwritten = (name: string): Derivative => ({ name, backward: (_node, grad) => [zerosAs(grad)] });
const backwards = {
	cauchy_: overwritten("CauchyBackward0"),
	geometric_: overwritten("GeometricBackward0"),
	logNormal_: overwritten("LogNormalBackward0"),
};

/** `draw` gives one number after the other on the host; on a card `shape` makes all of them from what it draws there at once. */
function filling(
	op: keyof typeof backwards,
	x: Tensor,
	generator: Generator | undefined,
	draw: (source: Source) => number,
	shape: (drawn: Drawn) => Tensor,
): void {
	const values = () => {
		if (x.device.type === "cuda") return shape(drawnLike(x, generator));
		const source = sourceOf(generator);
		return filledAsLaid(x, () => draw(source));
	};
	inPlace(op, x, [], () => native.copy_(x.handle, noGrad(values).handle), backwards[op]);
}

interface Drawn {
	uniform(): Tensor;
	normal(mean: number, std: number): Tensor;
}

/** A card's numbers, laid in memory like `x`: of single precision but for float64, as in PyTorch. */
function drawnLike(x: Tensor, generator: Generator | undefined): Drawn {
	const dtype = x.dtype === float64 ? float64 : float32;
	const source = (generator ?? defaultGenerator).handle;
	const fill = (write: (room: Handle) => unknown) => {
		const room = emptyLike(x, { dtype });
		write(room.handle);
		return room;
	};
	return {
		uniform: () => fill((room) => native.uniform_(room, source, 0, 1)),
		normal: (mean, std) => fill((room) => native.normal_(room, source, mean, std)),
	};
}

/** Numbers of the Cauchy distribution around `median` (default 0) of width `sigma` (default 1). */
function cauchy_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const {
		median = 0,
		sigma = 1,
		generator,
	} = bind<GeneratorOption & { median: number; sigma: number }>("cauchy_", args, ["median", "sigma"], ["generator"]);
	if (!x.isFloatingPoint()) throw new TypeError(`[cauchy_] expects a floating point dtype, got ${x.dtype}`);
	if (!(sigma > 0)) throw new RangeError(`[cauchy_] sigma must be positive, got ${describe(sigma)}`);
	const within = (u: number) => Math.min(Math.max(u, Number.EPSILON), 1 - Number.EPSILON);
	filling(
		"cauchy_",
		x,
		generator,
		(source) => median + sigma * Math.tan(Math.PI * (within(source.uniform()) - 0.5)),
		({ uniform }) => {
			const u = uniform();
			const least = u.dtype === float64 ? Number.EPSILON : 2 ** -23;
			return u
				.clamp(least, 1 - least)
				.sub(0.5)
				.mul(Math.PI)
				.tan()
				.mul(sigma)
				.add(median);
		},
	);
	return x;
}

/** How many trials of chance `p` it takes until one succeeds: 1, 2, … */
function geometric_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const { p, generator } = bind<GeneratorOption & { p: number }>("geometric_", args, ["p"], ["generator"]);
	if (!(typeof p === "number" && p > 0 && p < 1)) {
		throw new RangeError(`[geometric_] p must lie between 0 and 1, got ${describe(p)}`);
	}
	if (x.dtype === bool) throw new TypeError("[geometric_] expects a dtype of numbers, got torch.bool");
	filling(
		"geometric_",
		x,
		generator,
		(source) => Math.ceil(Math.log(source.uniform()) / Math.log1p(-p)),
		// A card's numbers end at 1, which was put in the place of 0.
		({ uniform }) => {
			const u = uniform();
			return u.maskedFill(u.eq(0), 1).log().div(Math.log1p(-p)).ceil();
		},
	);
	return x;
}

/** exp of normal numbers of `mean` (default 1) and `std` (default 2). */
function logNormal_<T extends Tensor>(x: T, ...args: unknown[]): T {
	const {
		mean = 1,
		std = 2,
		generator,
	} = bind<GeneratorOption & { mean: number; std: number }>("logNormal_", args, ["mean", "std"], ["generator"]);
	if (!x.isFloatingPoint()) throw new TypeError(`[logNormal_] expects a floating point dtype, got ${x.dtype}`);
	if (!(std > 0)) throw new RangeError(`[logNormal_] std must be positive, got ${describe(std)}`);
	filling(
		"logNormal_",
		x,
		generator,
		(source) => Math.exp(source.normal() * std + mean),
		({ normal }) => normal(mean, std).exp(),
	);
	return x;
}

/** Numbers of the Poisson distribution, with the rate that each element of `input` says. No gradient reaches it. */
export function poisson(input: Tensor, options: GeneratorOption = {}): Tensor {
	if (!(input instanceof Tensor)) throw new TypeError(`[poisson] expected a tensor of rates, got ${describe(input)}`);
	if (!input.isFloatingPoint()) throw new TypeError(`[poisson] expects a floating point dtype, got ${input.dtype}`);
	const rates = numbersOf(input);
	const wrong = rates.find((rate) => !(rate >= 0));
	if (wrong !== undefined) throw new RangeError(`[poisson] expects rates of at least 0, got ${wrong}`);
	const source = sourceOf(options.generator);
	return filled(input, (i) => poissonOf(rates[i]!, source));
}

const lgamma = (x: number) => native.item(native.lgamma(native.full([], x, float64.code)));

/** By products of uniform numbers; from a rate of 10 on by transformed rejection (Hörmann, 1993). */
function poissonOf(rate: number, source: Source): number {
	if (rate === 0) return 0;
	if (rate < 10) {
		const limit = Math.exp(-rate);
		let count = 0;
		for (let product = source.uniform(); product > limit; product *= source.uniform()) count++;
		return count;
	}
	const b = 0.931 + 2.53 * Math.sqrt(rate);
	const a = -0.059 + 0.02483 * b;
	const inverse = 1.1239 + 1.1328 / (b - 3.4);
	const squeeze = 0.9277 - 3.6224 / (b - 2);
	for (;;) {
		const u = source.uniform() - 0.5;
		const v = source.uniform();
		const distance = 0.5 - Math.abs(u);
		const k = Math.floor(((2 * a) / distance + b) * u + rate + 0.43);
		if (distance >= 0.07 && v <= squeeze) return k;
		if (k < 0 || (distance < 0.013 && v > distance)) continue;
		const left = Math.log(v) + Math.log(inverse) - Math.log(a / (distance * distance) + b);
		if (left <= -rate + k * Math.log(rate) - lgamma(k + 1)) return k;
	}
}

/**
 * How many of `count` trials succeed, each with a chance of `prob`: element by element, floats of one dtype. No gradient reaches
 * either.
 */
export function binomial(count: Tensor, prob: Tensor, options: GeneratorOption = {}): Tensor {
	for (const x of [count, prob]) {
		if (!(x instanceof Tensor)) throw new TypeError(`[binomial] expected two tensors, got ${describe(x)}`);
		if (!x.isFloatingPoint()) throw new TypeError(`[binomial] expects floating point dtypes, got ${x.dtype}`);
	}
	if (count.dtype !== prob.dtype) {
		throw new TypeError(`[binomial] expected count and prob of one dtype, got ${count.dtype} and ${prob.dtype}`);
	}
	const [counts, probs] = broadcastTensors(count, prob) as [Tensor, Tensor];
	const [trials, chances] = [numbersOf(counts.contiguous()), numbersOf(probs.contiguous())];
	const source = sourceOf(options.generator);
	return filled(counts, (i) => binomialOf(trials[i]!, chances[i]!, source));
}

function binomialOf(count: number, prob: number, source: Source): number {
	if (count <= 0 || prob <= 0) return 0;
	if (prob >= 1) return count;
	if (Number.isNaN(prob)) return Number.NaN;
	const chance = Math.min(prob, 1 - prob);
	const successes = count * chance >= 10 ? byRejection(count, chance, source) : byGaps(count, chance, source);
	return prob <= 0.5 ? successes : count - successes;
}

/** From one success to the next: geometric gaps. */
function byGaps(count: number, prob: number, source: Source): number {
	const scale = Math.log1p(-prob);
	let successes = 0;
	for (let at = 0; ; successes++) {
		at += Math.ceil(Math.log(source.uniform()) / scale);
		if (at > count) return successes;
	}
}

/** Transformed rejection with squeeze (Hörmann, 1993: BTRS). */
function byRejection(count: number, prob: number, source: Source): number {
	const std = Math.sqrt(count * prob * (1 - prob));
	const b = 1.15 + 2.53 * std;
	const a = -0.0873 + 0.0248 * b + 0.01 * prob;
	const c = count * prob + 0.5;
	const squeeze = 0.92 - 4.2 / b;
	const odds = prob / (1 - prob);
	const alpha = (2.83 + 5.1 / b) * std;
	const m = Math.floor((count + 1) * prob);
	for (;;) {
		const u = source.uniform() - 0.5;
		const v = source.uniform();
		const distance = 0.5 - Math.abs(u);
		const k = Math.floor(((2 * a) / distance + b) * u + c);
		if (distance >= 0.07 && v <= squeeze) return k;
		if (k < 0 || k > count) continue;
		const left = Math.log((v * alpha) / (a / (distance * distance) + b));
		const right =
			(m + 0.5) * Math.log((m + 1) / (odds * (count - m + 1))) +
			(count + 1) * Math.log((count - m + 1) / (count - k + 1)) +
			(k + 0.5) * Math.log((odds * (count - k + 1)) / (k + 1)) +
			stirlingTail(m) +
			stirlingTail(count - m) -
			stirlingTail(k) -
			stirlingTail(count - k);
		if (left <= right) return k;
	}
}

const smallTails = [
	0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
	0.0138761288230707, 0.0118967099458917, 0.010411265261972, 0.00925546218271273, 0.00833056343336287,
];

/** log k! less Stirling's formula. */
function stirlingTail(k: number): number {
	if (k <= 9) return smallTails[k]!;
	const square = (k + 1) * (k + 1);
	return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}

/** @internal Numbers of the gamma distribution of rate 1, with the shape that each element of `input` says. */
export function standardGamma(input: Tensor, generator?: Generator): Tensor {
	const shapes = numbersOf(input);
	const source = sourceOf(generator);
	return filled(input, (i) => gammaOf(shapes[i]!, source));
}

/** Marsaglia and Tsang, 2000. */
function gammaOf(shape: number, source: Source): number {
	if (shape === 0) return 0;
	let scale = 1;
	let alpha = shape;
	if (alpha < 1) {
		scale = (1 - source.uniform()) ** (1 / alpha);
		alpha += 1;
	}
	const d = alpha - Math.fround(1 / 3);
	const c = 1 / Math.sqrt(9 * d);
	for (;;) {
		let x = source.normal();
		let y = 1 + c * x;
		while (y <= 0) {
			x = source.normal();
			y = 1 + c * x;
		}
		const v = y * y * y;
		const u = 1 - source.uniform();
		const xx = x * x;
		if (u < 1 - Math.fround(0.0331) * xx * xx) return scale * d * v;
		if (Math.log(u) < 0.5 * xx + d * (1 - v + Math.log(v))) return scale * d * v;
	}
}

declare module "../core/tensor" {
	interface Tensor {
		/** Numbers of the Cauchy distribution around `median` (default 0) of width `sigma` (default 1). */
		cauchy_(options?: GeneratorOption & { median?: number; sigma?: number }): this;
		cauchy_(median: number, sigma?: number, options?: GeneratorOption): this;
		/** How many trials of chance `p` it takes until one succeeds: 1, 2, … */
		geometric_(p: number | (GeneratorOption & { p: number }), options?: GeneratorOption): this;
		/** exp of normal numbers of `mean` (default 1) and `std` (default 2). */
		logNormal_(options?: GeneratorOption & { mean?: number; std?: number }): this;
		logNormal_(mean: number, std?: number, options?: GeneratorOption): this;
	}
}

asMethods({ cauchy_, geometric_, logNormal_ });
