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
	const ulp = (y) => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(y)))) - 23);
	const worst = {};
	for (const op of JSON.parse(process.argv[2])) {
		const got = native.toNumbers(native[op](data));
		const exact = native.toNumbers(native[op](native.to(data, float64)));
		let most = [0, 0];
		for (let i = 0; i < count; i++) {
			const [a, b] = [got[i], exact[i]];
			const rounded = Math.fround(b);
			if (Object.is(a, rounded) || (a === rounded && a !== 0)) continue;
			const off = Number.isFinite(a) && Number.isFinite(b) && !(a === 0 && b === 0) ? Math.abs(a - b) / ulp(b) : Infinity;
			if (off > most[0]) most = [off, x[i], a, b];
		}
		worst[op] = most;
	}
	console.log(JSON.stringify(worst, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)));
`;

test.each(["avx512", "avx2", "base"])("%s", (simd) => {
	const addon = join(__dirname, "../../../dist/engine/core/native/index.js");
	const answer = spawnSync(process.execPath, ["-e", program, addon, JSON.stringify(Object.keys(most))], {
		encoding: "utf8",
		env: { ...process.env, GRADBOOK_SIMD: simd },
	});
	expect(answer.stderr).toBe("");
	const worst = JSON.parse(answer.stdout) as Record<string, (number | string)[]>;
	for (const [op, [off, ...at]] of Object.entries(worst)) {
		expect(Number(off), `${op} at ${at.join(", ")}`).toBeLessThanOrEqual(most[op]!);
	}
});
