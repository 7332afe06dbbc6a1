import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codes, firstDifference, type Handle, native, numbers, repeatable, tensor } from "./support";

/* Convolutions against nested loops in double, and their gradients by what adjoint maps must satisfy. */

interface Layer {
	batch: number;
	channels: number;
	features: number;
	groups: number;
	/** Of each spatial dimension. */
	size: number[];
	kernel: number[];
	stride: number[];
	padding: number[];
	dilation: number[];
}

const volume = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1);
const randomNumbers = (count: number, seed: number) => {
	const next = repeatable(seed);
	return Array.from({ length: count }, () => Math.round((next() - 0.5) * 32) / 8);
};

function outOf({ size, kernel, stride, padding, dilation }: Layer): number[] {
	return size.map((n, i) => Math.floor((n + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1);
}

/** Every position of a shape, in row-major order. */
function* positions(shape: readonly number[]): Generator<number[]> {
	const at = shape.map(() => 0);
	for (let count = volume(shape); count > 0; count--) {
		yield at;
		for (let d = shape.length - 1; d >= 0 && ++at[d]! === shape[d]; d--) at[d] = 0;
	}
}

function naive(layer: Layer, x: number[], weight: number[]): number[] {
	const { batch, channels, features, groups, size, kernel, stride, padding, dilation } = layer;
	const out = outOf(layer);
	const [perGroup, outPerGroup] = [channels / groups, features / groups];
	const result: number[] = [];
	for (const [n, f, ...o] of positions([batch, features, ...out])) {
		let sum = 0;
		for (const [c, ...k] of positions([perGroup, ...kernel])) {
			const channel = Math.floor(f! / outPerGroup) * perGroup + c!;
			let [from, tap] = [n! * channels + channel, f! * perGroup + c!];
			let inside = true;
			for (let d = 0; d < size.length; d++) {
				const place = o[d]! * stride[d]! - padding[d]! + k[d]! * dilation[d]!;
				inside &&= place >= 0 && place < size[d]!;
				from = from * size[d]! + place;
				tap = tap * kernel[d]! + k[d]!;
			}
			if (inside) sum += x[from]! * weight[tap]!;
		}
		result.push(sum);
	}
	return result;
}

const dimension = fc.record({
	size: fc.integer({ min: 1, max: 19 }),
	kernel: fc.integer({ min: 1, max: 4 }),
	stride: fc.integer({ min: 1, max: 3 }),
	padding: fc.integer({ min: 0, max: 3 }),
	dilation: fc.integer({ min: 1, max: 3 }),
});

const layers = fc
	.record({
		batch: fc.integer({ min: 1, max: 3 }),
		groups: fc.constantFrom(1, 1, 1, 2, 3),
		perGroup: fc.integer({ min: 1, max: 5 }),
		outPerGroup: fc.constantFrom(1, 2, 3, 5, 7, 13, 17, 33),
		dims: fc.oneof(
			fc.array(dimension, { minLength: 1, maxLength: 2 }),
			fc.array(
				dimension.map((d) => ({ ...d, size: Math.min(d.size, 5) })),
				{ minLength: 3, maxLength: 3 },
			),
		),
	})
	.map(
		({ batch, groups, perGroup, outPerGroup, dims }): Layer => ({
			batch,
			groups,
			channels: groups * perGroup,
			features: groups * outPerGroup,
			size: dims.map((d) => d.size),
			kernel: dims.map((d) => d.kernel),
			stride: dims.map((d) => d.stride),
			padding: dims.map((d) => d.padding),
			dilation: dims.map((d) => d.dilation),
		}),
	)
	.filter((layer) => outOf(layer).every((n) => n > 0));

const dot = (a: Handle, b: Handle) => native.item(native.sum(native.mul(a, b), null, false, -1));

/** All maps of a layer in one dtype. */
function check(layer: Layer, dtype: "float32" | "float64", relative: number): void {
	const { batch, channels, features, groups, size, kernel, stride, padding, dilation } = layer;
	const shapeX = [batch, channels, ...size];
	const shapeW = [features, channels / groups, ...kernel];
	const shapeY = [batch, features, ...outOf(layer)];
	const [xs, ws, ys] = [shapeX, shapeW, shapeY].map((shape, i) => randomNumbers(volume(shape), 11 + i)) as [
		number[],
		number[],
		number[],
	];
	const [x, w, y] = [tensor(xs, shapeX, dtype), tensor(ws, shapeW, dtype), tensor(ys, shapeY, dtype)];
	const absolute = relative * volume(shapeW);
	const result = native.conv(x, w, null, stride, padding, dilation, groups);
	expect(native.shape(result)).toEqual(shapeY);
	expect(firstDifference(numbers(result), naive(layer, xs, ws), relative, absolute)).toBeUndefined();
	// ⟨conv(x, w), y⟩ = ⟨x, convInput(y, w)⟩ = ⟨w, convWeight(y, x)⟩, exactly: the numbers are eighths.
	const product = dot(native.to(result, codes.float64), native.to(y, codes.float64));
	const dx = native.convInput(y, w, null, size, stride, padding, dilation, groups);
	const dw = native.convWeight(y, x, kernel, stride, padding, dilation, groups);
	expect(native.shape(dx)).toEqual(shapeX);
	expect(native.shape(dw)).toEqual(shapeW);
	for (const [gradient, other] of [
		[dx, x],
		[dw, w],
	] as const) {
		expect(dot(native.to(gradient, codes.float64), native.to(other, codes.float64))).toBeCloseTo(product, 6);
	}
	const bias = tensor(randomNumbers(features, 5), [features], dtype);
	const shifted = native.add(result, native.reshape(bias, [features, ...size.map(() => 1)]), 1);
	const withBias = native.conv(x, w, bias, stride, padding, dilation, groups);
	expect(firstDifference(numbers(withBias), numbers(shifted), relative, absolute)).toBeUndefined();
}

test.each([
	["float32", 1e-6],
	["float64", 1e-14],
] as const)("layers of all kinds in %s", (dtype, relative) => {
	fc.assert(
		fc.property(layers, (layer) => check(layer, dtype, relative)),
		{ numRuns: 80, seed: 7 },
	);
});

test("planes so small that several images share a tile", () => {
	for (const [size, stride, features] of [
		[[2, 2], [1, 1], 14],
		[[4, 3], [1, 1], 25],
		[[5, 5], [2, 2], 40],
		[[2, 3, 2], [1, 2, 1], 17],
	] as const) {
		const all = (value: number) => size.map(() => value);
		const layer = { batch: 7, groups: 2, channels: 6, features: 2 * features, size: [...size], stride: [...stride] };
		check({ ...layer, kernel: all(3), padding: all(1), dilation: all(1) }, "float32", 1e-6);
	}
});

test("strides beyond the input cost nothing", () => {
	const x = tensor(randomNumbers(10, 1), [1, 1, 10], "float64");
	const w = tensor([1, 2], [1, 1, 2], "float64");
	const far = 2 ** 29;
	const y = native.conv(x, w, null, [far], [0], [1], 1);
	expect(numbers(y)).toEqual([numbers(x)[0]! + 2 * numbers(x)[1]!]);
	const dx = numbers(native.convInput(y, w, null, [10], [far], [0], [1], 1));
	expect(
		firstDifference(
			dx,
			[1, 2, 0, 0, 0, 0, 0, 0, 0, 0].map((tap) => tap * numbers(y)[0]!),
		),
	).toBeUndefined();
	expect(native.shape(native.convWeight(y, x, [2], [far], [0], [1], 1))).toEqual([1, 1, 2]);
	native.setMemoryLimits(0, 64 * 2 ** 20);
	const wide = () => native.conv(x, w, null, [1], [far - 1], [2 * far - 8], 1);
	expect(wide).toThrow("[conv] out of memory");
	native.setMemoryLimits(0, 0);
});

test("each element of the gradients is where it belongs", () => {
	const layer: Layer = {
		batch: 2,
		channels: 4,
		features: 6,
		groups: 2,
		size: [5, 4],
		kernel: [2, 3],
		stride: [2, 1],
		padding: [1, 2],
		dilation: [1, 2],
	};
	const { batch, channels, features, groups, size, kernel, stride, padding, dilation } = layer;
	const ys = randomNumbers(batch * features * volume(outOf(layer)), 3);
	const y = tensor(ys, [batch, features, ...outOf(layer)], "float64");
	const shapeX = [batch, channels, ...size];
	const ws = randomNumbers(features * 2 * volume(kernel), 4);
	const w = tensor(ws, [features, 2, ...kernel], "float64");
	const dx = numbers(native.convInput(y, w, null, size, stride, padding, dilation, groups));
	for (let i = 0; i < volume(shapeX); i += 7) {
		const unit = Array.from({ length: volume(shapeX) }, (_, j) => (i === j ? 1 : 0));
		const seen = naive(layer, unit, ws);
		expect(dx[i]).toBe(seen.reduce((sum, value, j) => sum + value * ys[j]!, 0));
	}
});

const many = (threads: number, run: () => Handle) => {
	const before = native.getNumThreads();
	native.setNumThreads(threads);
	const result = numbers(run());
	native.setNumThreads(before);
	return result;
};

test("the bits do not depend on the number of threads", () => {
	const fill = (shape: number[], seed: number) => {
		const x = native.empty(shape, codes.float32);
		native.normal_(x, native.generator(seed), 0, 1);
		return x;
	};
	const [x, w, y] = [fill([9, 6, 21, 18], 1), fill([20, 3, 3, 3], 2), fill([9, 20, 21, 18], 3)];
	const [ones, pad] = [
		[1, 1],
		[1, 1],
	];
	for (const run of [
		() => native.conv(x, w, null, ones, pad, ones, 2),
		() => native.convInput(y, w, null, [21, 18], ones, pad, ones, 2),
		() => native.convWeight(y, x, [3, 3], ones, pad, ones, 2),
	]) {
		expect(firstDifference(many(4, run), many(1, run))).toBeUndefined();
	}
});

test("what any processor can run gives what this one's fastest code gives", () => {
	const program = `
		const { native: n } = require(${JSON.stringify(join(__dirname, "../../../dist/engine/core/native/index.js"))});
		const g = n.generator(3);
		const normal = (...shape) => { const x = n.empty(shape, 6); n.normal_(x, g, 0, 1); return x; };
		const one = [1, 1], two = [2, 2];
		const x = normal(2, 6, 13, 11), w = normal(15, 6, 3, 3), y = normal(2, 15, 13, 11), deep = normal(6, 1, 3, 3);
		const small = normal(2, 6, 6, 5);
		const results = [n.conv(x, w, null, one, one, one, 1), n.convInput(y, w, null, [13, 11], one, one, one, 1),
			n.convWeight(y, x, [3, 3], one, one, one, 1), n.conv(x, deep, null, two, [0, 0], one, 6),
			n.convWeight(small, x, [3, 3], two, [0, 0], one, 6), ...n.maxPool(x, two, two, [0, 0], one, false),
			...n.maxPool(x, [3, 3], one, one, one, false)];
		console.log(JSON.stringify(results.map((r) => Array.from(n.toNumbers(r)))));
	`;
	const run = (simd: string): number[][] => {
		const env = { ...process.env, GRADBOOK_SIMD: simd };
		const answer = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", env, maxBuffer: 2 ** 26 });
		expect(answer.stderr).toBe("");
		return JSON.parse(answer.stdout);
	};
	const best = run("avx512");
	for (const simd of ["base", "avx2"]) {
		run(simd).forEach((values, i) => {
			expect(firstDifference(values, best[i]!, 1e-5, 1e-4), `result ${i} by ${simd}`).toBeUndefined();
		});
	}
});

test("errors name the op and say what would fit", () => {
	const ones = (...shape: number[]) => native.full(shape, 1, codes.float32);
	const one = [1, 1];
	const conv = (x: Handle, w: Handle, bias: Handle | null = null, groups = 1) =>
		native.conv(x, w, bias, one, [0, 0], one, groups);
	expect(() => conv(ones(1, 4, 5, 5), ones(6, 3, 3, 3))).toThrow(
		"[conv] Given groups=1, weight of size [6, 3, 3, 3], expected input[1, 4, 5, 5] to have 3 channels, but got 4 channels instead",
	);
	expect(() => conv(ones(1, 3, 2, 2), ones(6, 3, 3, 3))).toThrow(
		"[conv] Calculated padded input size per channel: [2, 2]. Kernel size: [3, 3]. Kernel size can't be greater than actual input size",
	);
	expect(() => conv(ones(1, 4, 5, 5), ones(5, 2, 3, 3), null, 2)).toThrow("expected weight to be divisible by 2");
	expect(() => conv(ones(1, 3, 5, 5), ones(6, 3, 3, 3), ones(5))).toThrow(
		"expected bias to be 1-dimensional with 6 elements",
	);
	expect(() => conv(ones(1, 3, 5, 5), native.to(ones(6, 3, 3, 3), codes.float64))).toThrow(
		"[conv] Input type (float32) and weight type (float64) should be the same",
	);
	const long = native.to(ones(1, 1, 3, 3), codes.int64);
	expect(() => conv(long, long)).toThrow("[conv] not implemented for 'Long'");
	expect(() => native.conv(ones(1, 1, 3, 3), ones(1, 1, 1, 1), null, [0, 1], [0, 0], one, 1)).toThrow(
		"non-positive stride",
	);
	expect(() => native.poolPut(ones(1, 2), tensor([0, 4], [1, 2], "int64"), [4], false)).toThrow(
		"[poolPut] found an invalid max index: 4 (planes have 4 elements)",
	);
	expect(() => native.mix(ones(3), 0, Int32Array.of(0, 1), Int32Array.of(3), Float64Array.of(1))).toThrow(
		"[mix] column 3 is out of bounds for dimension 0 with size 3",
	);
});
