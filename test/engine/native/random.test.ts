import { describe, expect, test } from "vitest";
import { codes, firstDifference, grouped, type Handle, type Name, native, numbers, reference, tensor } from "./support";

/* Random numbers against PyTorch's, to the bit: test/reference/native/draws.py. */

interface Case {
	fill: "uniform_" | "normal_" | "randint_" | "random_" | "bernoulli_" | "exponential_";
	dtype: Name;
	shape: number[];
	a: number;
	b: number;
	seed: number;
	strided: boolean;
	values: number[];
}
const withMkl = reference("draws");
const without = reference("draws-no-mkl");
const cases: Case[] = [...withMkl.cases, ...without.cases];

function drawn(c: Case): number[] {
	const made = native.empty(c.strided ? c.shape.toReversed() : c.shape, codes[c.dtype]);
	const x = c.strided ? native.transpose(made, 0, 1) : made;
	native[c.fill](x, native.generator(c.seed), c.a, c.b);
	return numbers(x);
}

describe("fills", () => {
	test.each(grouped(cases, (c) => `${c.fill} ${c.dtype}`))("%s", (_, list) => {
		for (const c of list) {
			// The logarithm in double is the C library's here and another's there.
			const relative = c.fill === "exponential_" ? 4e-16 : 0;
			expect(firstDifference(drawn(c), c.values, relative)).toBeUndefined();
		}
	});
});

const randn = (n: number, generator: ReturnType<typeof native.generator>): number[] => {
	const x = native.empty([n], codes.float32);
	native.normal_(x, generator, 0, 1);
	return numbers(x);
};

test("few normals come in pairs: the second waits for the next call, and is forgotten with a new seed", () => {
	const generator = native.generator(7);
	expect([3, 2, 20, 1].map((n) => randn(n, generator))).toEqual(withMkl.randn3then2);
	native.manualSeed(generator, 7);
	expect(randn(3, generator)).toEqual(withMkl.randn3then2[0]);
	native.manualSeed(generator, 7);
	expect(randn(3, generator)).toEqual(withMkl.randn3then2[0]);
	expect(native.initialSeed(generator)).toBe(7n);
});

test("a state is PyTorch's 5056 bytes, taken and given back", () => {
	const generator = native.generator(7);
	randn(3, generator);
	expect(Array.from(native.getState(generator))).toEqual(withMkl.state);
	const other = native.generator(0);
	native.setState(other, Uint8Array.from(withMkl.state));
	expect(randn(2, other)).toEqual(withMkl.afterState);
	expect(Array.from(native.getState(native.generator(99))).slice(0, 64)).toEqual(withMkl.freshState);
	expect(() => native.setState(other, new Uint8Array(5))).toThrow("expected 5056 bytes, got 5");
	expect(() => native.setState(other, new Uint8Array(5056).fill(255))).toThrow("is not one of a CPU generator");
});

test("permutations", () => {
	const generator = native.generator(7);
	expect([0, 1, 6, 100].map((n) => numbers(native.randperm(n, generator)))).toEqual(withMkl.randperm);
});

test("seeds for loaders: 63 bits", () => {
	const generator = native.generator(5);
	expect(Array.from({ length: 4 }, () => String(native.random63(generator)))).toEqual(withMkl.random63);
});

test("multinomial with and without replacement", () => {
	const draw = (generator: ReturnType<typeof native.generator>, weights: Handle, n: number, replacement: boolean) =>
		numbers(native.multinomial(weights, n, replacement, generator));
	const zeros = tensor([0.1, 0.2, 0.3, 0.4, 5, 0, 1, 3], [2, 4]);
	expect(draw(native.generator(3), zeros, 9, true)).toEqual(withMkl.multinomialReplacement.flat());
	const weights = tensor([0.1, 0.2, 0.3, 0.4, 5, 1, 1, 3], [2, 4]);
	const generator = native.generator(3);
	expect(draw(generator, weights, 3, false)).toEqual(without.multinomial.flat());
	expect(draw(generator, native.to(weights, codes.float64), 1, false)).toEqual(without.multinomialOne.flat());
	expect(() => draw(generator, tensor([1, -1]), 1, false)).toThrow("element < 0");
	expect(() => draw(generator, tensor([0, 0]), 1, false)).toThrow("sum of probabilities <= 0");
});

test("dropout, and a probability for each element", () => {
	const [result, mask] = native.dropout(native.arange(1, 31, 1, codes.float32), 0.4, native.generator(11));
	expect(numbers(result)).toEqual(without.dropout);
	expect(numbers(native.mul(mask, native.arange(1, 31, 1, codes.float32)))).toEqual(without.dropout);
	const generator = native.generator(11);
	const probabilities = native.linspace(0, 1, 20, codes.float32);
	const drawnBy = (p: Handle) => {
		const x = native.empty([20], codes.float32);
		native.bernoulliTensor_(x, p, generator);
		return numbers(x);
	};
	expect([drawnBy(probabilities), drawnBy(native.to(probabilities, codes.float64))]).toEqual(without.bernoulliTensor);
});
