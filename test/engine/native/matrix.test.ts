import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codes, firstDifference, type Handle, type Name, native, numbers, repeatable, tensor } from "./support";

/* Matrix products against three nested loops in double. */

const randomNumbers = (n: number, seed: number) => {
	const next = repeatable(seed);
	return Array.from({ length: n }, () => Math.round((next() - 0.5) * 64) / 16);
};

/** rows × columns, laid out plainly, transposed, or with gaps. */
function matrix(rows: number, columns: number, layout: string, dtype: Name, seed: number) {
	const values = randomNumbers(rows * columns, seed);
	if (layout === "transposed") {
		const flipped = Array.from(
			{ length: rows * columns },
			(_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
		);
		return { values, handle: native.transpose(tensor(flipped, [columns, rows], dtype), 0, 1) };
	}
	if (layout === "gaps") {
		const wide = native.full([rows, 2 * columns + 1], 9, codes[dtype]);
		const view = native.slice(wide, 1, 1, 2 * columns + 1, 2);
		native.copy_(view, tensor(values, [rows, columns], dtype));
		return { values, handle: view };
	}
	return { values, handle: tensor(values, [rows, columns], dtype) };
}

function product(a: number[], b: number[], m: number, n: number, k: number): number[] {
	const out = new Array<number>(m * n).fill(0);
	for (let i = 0; i < m; i++) {
		for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) out[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
	}
	return out;
}

const layouts = fc.constantFrom("plain", "transposed", "gaps");
const sizes = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 1, 2, 31, 32, 33, 48, 97, 100, 129));

test.each([
	["float32", 1e-5],
	["float64", 1e-13],
] as [Name, number][])("products of all shapes and layouts in %s", (dtype, relative) => {
	fc.assert(
		fc.property(sizes, sizes, sizes, layouts, layouts, (m, n, k, layoutA, layoutB) => {
			const a = matrix(m, k, layoutA, dtype, 1 + m + k);
			const b = matrix(k, n, layoutB, dtype, 7 + n);
			const expected = product(a.values, b.values, m, n, k);
			const difference = firstDifference(numbers(native.mm(a.handle, b.handle)), expected, relative, relative * 64);
			expect(difference).toBeUndefined();
			const bias = matrix(1, n, "plain", dtype, 3).values;
			const y = native.linear(a.handle, native.transpose(b.handle, 0, 1), tensor(bias, [n], dtype));
			const withBias = expected.map((v, i) => v + bias[i % n]!);
			expect(firstDifference(numbers(y), withBias, relative, relative * 64)).toBeUndefined();
			const c = tensor(bias, [n], dtype);
			const sum = native.addmm(c, a.handle, b.handle, 2, -0.5);
			const both = expected.map((v, i) => 2 * bias[i % n]! - 0.5 * v);
			expect(firstDifference(numbers(sum), both, relative, relative * 64)).toBeUndefined();
		}),
		{ numRuns: 120 },
	);
});

test("large products, deeper and wider than a block, on one thread and on several: the same bits", () => {
	const [m, n, k] = [130, 2100, 900];
	const a = matrix(m, k, "plain", "float32", 5);
	const b = matrix(k, n, "transposed", "float32", 6);
	const before = native.getNumThreads();
	native.setNumThreads(1);
	const single = numbers(native.mm(a.handle, b.handle));
	native.setNumThreads(4);
	const several = numbers(native.mm(a.handle, b.handle));
	native.setNumThreads(before);
	if (!native.buildInfo().blas) expect(firstDifference(several, single)).toBeUndefined();
	expect(firstDifference(single, product(a.values, b.values, m, n, k), 1e-4, 1e-2)).toBeUndefined();
});

test("integers wrap, half types round once", () => {
	const a = tensor([100, 100, 1, 2], [2, 2], "uint8");
	expect(numbers(native.mm(a, a))).toEqual([(100 * 100 + 100) % 256, (100 * 100 + 200) % 256, 102, 104]);
	const long = native.fromBigInts(BigInt64Array.from([2n ** 62n, 3n, 5n, 7n]), [2, 2], codes.int64);
	expect(Array.from(native.toData(native.mm(long, long)) as BigInt64Array)).toEqual([
		15n,
		BigInt.asIntN(64, 3n * 2n ** 62n + 21n),
		BigInt.asIntN(64, 5n * 2n ** 62n + 35n),
		64n,
	]);
	for (const dtype of ["float16", "bfloat16"] as Name[]) {
		const x = matrix(9, 33, "gaps", dtype, 2);
		const y = matrix(33, 5, "transposed", dtype, 3);
		const exact = tensor(product(x.values, y.values, 9, 5, 33), [9, 5], dtype);
		expect(numbers(native.mm(x.handle, y.handle))).toEqual(numbers(exact));
	}
});

test("matmul follows NumPy's rules", () => {
	const ones = (...shape: number[]) => native.full(shape, 1, codes.float32);
	const shapeOf = (a: Handle, b: Handle) => native.shape(native.matmul(a, b));
	expect(shapeOf(ones(3), ones(3))).toEqual([]);
	expect(shapeOf(ones(3), ones(3, 2))).toEqual([2]);
	expect(shapeOf(ones(2, 3), ones(3))).toEqual([2]);
	expect(shapeOf(ones(5, 1, 2, 3), ones(4, 3, 7))).toEqual([5, 4, 2, 7]);
	expect(shapeOf(ones(5, 4, 2, 3), ones(3, 7))).toEqual([5, 4, 2, 7]);
	expect(shapeOf(ones(5, 2, 3), ones(3))).toEqual([5, 2]);
	expect(shapeOf(ones(3), ones(5, 3, 4))).toEqual([5, 4]);
	expect(numbers(native.matmul(ones(5, 1, 2, 3), ones(4, 3, 7))).every((v) => v === 3)).toBe(true);
	expect(numbers(native.bmm(ones(2, 2, 0), ones(2, 0, 2)))).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
	expect(() => native.matmul(ones(2, 3), ones(2, 3))).toThrow(
		"[matmul] mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
	);
	expect(() => native.matmul(ones(2, 3), tensor([1, 2, 3], [3, 1], "float64"))).toThrow("Float and Double");
	expect(() => native.linear(ones(2, 3), ones(4, 5), null)).toThrow(
		"[linear] mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)",
	);
});

test("linearBackward gives what its products give, and only what is asked for", () => {
	const x = matrix(12, 10, "plain", "float64", 1).handle;
	const weight = matrix(7, 10, "plain", "float64", 2).handle;
	const grad = matrix(12, 7, "gaps", "float64", 3).handle;
	const deep = (t: Handle) => native.reshape(t, [3, 4, -1]);
	const [dx, dw, db] = native.linearBackward(deep(grad), deep(x), weight, true, true, true);
	expect(native.shape(dx!)).toEqual([3, 4, 10]);
	expect(native.allclose(native.reshape(dx!, [12, 10]), native.mm(grad, weight), 1e-12, 1e-12, false)).toBe(true);
	expect(native.allclose(dw!, native.mm(native.transpose(grad, 0, 1), x), 1e-12, 1e-12, false)).toBe(true);
	expect(native.allclose(db!, native.sum(grad, [0], false, -1), 1e-12, 1e-12, false)).toBe(true);
	expect(native.linearBackward(grad, x, weight, false, true, false).map((t) => t === null)).toEqual([
		true,
		false,
		true,
	]);
});

test("what any processor can run gives what this one's fastest code gives", () => {
	const program = `
		const { native: n } = require(${JSON.stringify(join(__dirname, "../../../dist/engine/core/native/index.js"))});
		const g = n.generator(3);
		const x = n.empty([37, 45], 6);
		n.normal_(x, g, 0, 2);
		const results = [n.mm(x, n.transpose(x, 0, 1)), n.exp(x), n.log(n.abs(x)), n.tanh(x), n.erf(x), n.gelu(x), n.expm1(x),
			n.log1p(n.abs(x)), n.sigmoid(x), n.softmax(x, 1), n.logSoftmax(x, 0), n.sum(x, [0], false, -1), n.var(x, [1], 1, false),
			n.to(n.to(x, 5), 6), n.to(n.to(x, 9), 6), n.to(x, 3), n.dropout(x, 0.3, g)[0], n.floorDivide(x, 0.7), n.eq(x, x)];
		console.log(JSON.stringify({ simd: n.buildInfo().simd, results: results.map((r) => Array.from(n.toNumbers(r))) }));
	`;
	const run = (simd: string) => {
		const answer = spawnSync(process.execPath, ["-e", program], {
			encoding: "utf8",
			env: { ...process.env, GRADBOOK_SIMD: simd },
			maxBuffer: 2 ** 26,
		});
		expect(answer.stderr).toBe("");
		return JSON.parse(answer.stdout);
	};
	const [base, best] = [run("base"), run("avx512")];
	if (process.arch === "x64") expect(base.simd).toBe("sse2");
	base.results.forEach((values: number[], i: number) => {
		expect(firstDifference(values, best.results[i], 2e-6, 1e-5)).toBeUndefined();
	});
});
