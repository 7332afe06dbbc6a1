import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/* Elementary functions of float32 by whole vectors, against the C library's of float64. */

/** Units in the last place of float32 that a result may be away from the true one (0.5 is what rounding takes). */
const most: Record<string, number> = {
	sqrt: 0.5,
	rsqrt: 1.5,
	exp: 1.2,
	exp2: 1.5,
	expm1: 1.5,
	log: 1.2,
	log2: 2.5,
	log10: 2.2,
	log1p: 1.2,
	sinh: 1.7,
	cosh: 1.6,
	tanh: 5.5,
	erf: 5.7,
	sin: 1.6,
	cos: 1.6,
	tan: 3.2,
	asin: 2.5,
	acos: 1.5,
	atan: 2.6,
	asinh: 2,
	acosh: 2.5,
	atanh: 2.2,
	erfc: 5,
};
/** The same of two numbers. */
const mostOfTwo: Record<string, number> = {
	pow: 1,
	atan2: 2.2,
	hypot: 1.3,
	fmod: 0,
	remainder: 0,
	floorDivide: 2,
};

/** Prints, for each function, how far off the worst of many numbers of all sizes and signs is, and where. */
const program = `
	const { native } = require(process.argv[1]);
	const [float32, float64] = [6, 7];
	let state = 12345;
	const random = () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return state >>> 0;
	};
	const count = 1 << 18;
	const bits = new Uint32Array(count);
	const x = new Float32Array(bits.buffer);
	for (let i = 0; i < count; i++) {
		// Half of all patterns, a quarter each near 1 and of ordinary size.
		bits[i] = random();
		if (i % 4 === 1) x[i] = 1 + (random() / 2 ** 32 - 0.5) * (i % 8 === 1 ? 1e-3 : 1);
		if (i % 4 === 3) x[i] = (random() / 2 ** 32 - 0.5) * 40;
	}
	x.set([0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38, -3.4028235e38, 88.7, 89, -103.9, -104]);
	const data = native.fromNumbers(Float64Array.from(x), [count], float32);
	// Beside them for ops of two: some that are far away, some near, some small whole numbers.
	const y = x.map((_, i) => (i % 3 === 0 ? x[(i * 7919) % count] : i % 3 === 1 ? x[i] * (random() / 2 ** 31) : (random() % 13) - 6));
	const other = native.fromNumbers(Float64Array.from(y), [count], float32);
	const ulp = (y) => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(y)))) - 23);
	const worst = {};
	for (const [op, inputs] of JSON.parse(process.argv[2])) {
		const given = [data, other].slice(0, inputs);
		const got = native.toNumbers(native[op](...given));
		const exact = native.toNumbers(native[op](...given.map((t) => native.to(t, float64))));
		let most = [0, 0];
		for (let i = 0; i < count; i++) {
			const [a, b] = [got[i], exact[i]];
			const rounded = Math.fround(b);
			if (Object.is(a, rounded) || (a === rounded && a !== 0)) continue;
			const off = Number.isFinite(a) && Number.isFinite(b) && !(a === 0 && b === 0) ? Math.abs(a - b) / ulp(b) : Infinity;
			if (off > most[0]) most = [off, x[i], y[i], a, b];
		}
		worst[op] = most;
	}
	console.log(JSON.stringify(worst, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)));
`;

test.each(["avx512", "avx2", "base"])("%s", (simd) => {
	const addon = join(__dirname, "../../../dist/engine/core/native/index.js");
	const ops = [...Object.keys(most).map((op) => [op, 1]), ...Object.keys(mostOfTwo).map((op) => [op, 2])];
	const answer = spawnSync(process.execPath, ["-e", program, addon, JSON.stringify(ops)], {
		encoding: "utf8",
		env: { ...process.env, GRADBOOK_SIMD: simd },
	});
	expect(answer.stderr).toBe("");
	const worst = JSON.parse(answer.stdout) as Record<string, (number | string)[]>;
	for (const [op, [off, ...at]] of Object.entries(worst)) {
		expect(Number(off), `${op} at ${at.join(", ")}`).toBeLessThanOrEqual((most[op] ?? mostOfTwo[op])!);
	}
});

/** Prints the powers of whole numbers below 2^24 that do not come out whole. */
const wholePowers = `
	const { native } = require(process.argv[1]);
	const pairs = [];
	for (let x = 1; x < 4096; x++) for (let y = 1; x ** y < 2 ** 24 && y <= 32; y++) pairs.push([x, y], [-x, y]);
	const [bases, exponents] = [0, 1].map((k) => native.fromNumbers(Float64Array.from(pairs, (p) => p[k]), [pairs.length], 6));
	const got = native.toNumbers(native.pow(bases, exponents));
	console.log(JSON.stringify([pairs.length, ...pairs.filter(([x, y], i) => got[i] !== x ** y)]));
`;

test.each(["avx512", "avx2", "base"])("powers of whole numbers come out whole, %s", (simd) => {
	const addon = join(__dirname, "../../../dist/engine/core/native/index.js");
	const answer = spawnSync(process.execPath, ["-e", wholePowers, addon], {
		encoding: "utf8",
		env: { ...process.env, GRADBOOK_SIMD: simd },
	});
	expect(answer.stderr).toBe("");
	const [count, ...wrong] = JSON.parse(answer.stdout) as [number, ...[number, number][]];
	expect(count).toBeGreaterThan(17_000);
	expect(wrong).toEqual([]);
});
