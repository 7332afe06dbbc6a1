import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasStandin, standinEnvironment } from "./standin";

/* bench/cuda and bench/surface run, on sizes that are over at once: what they measure says nothing. */

const bench = join(__dirname, "..", "..", "bench", "run.mjs");

function run(environment: Record<string, string>) {
	const env = { ...process.env, GRADBOOK_BENCH_TINY: "1", ...environment };
	return spawnSync(process.execPath, [bench, "cuda"], { encoding: "utf8", env });
}

describe.skipIf(!hasStandin)("bench cuda", () => {
	test("measures every row and names card, driver and libraries", { timeout: 600_000 }, () => {
		const { status, stdout, stderr } = run(standinEnvironment());
		expect([status, stderr]).toEqual([0, ""]);
		expect(stdout).toContain("Stand-in, compute capability 9.0; driver CUDA 12.9");
		expect(stdout).toMatch(/gradbook: NVRTC 12\.99, cuBLASLt 12\.9\.1/);
		expect(stdout).toContain("sizes for a test: these times say nothing");
		const rows = stdout.split("\n").filter((line) => /^ {2}\S.* µs/.test(line));
		const expected = [
			"MLP, batch 32, eager: step",
			"MLP, batch 32, captured: step",
			"CNN, batch 64, eager: step",
			"CNN, batch 64, captured: step",
			"LSTM, 32 packed sequences: step",
			"product 4096³, bfloat16",
			"product 4096³, TF32",
			"product 4096³, float32",
			"copy of 256 MB",
			"add of 256 MB",
			"gelu of 256 MB",
			"softmax of 256 MB",
			"layerNorm of 256 MB",
			"softmax, rows of 4,096",
			"softmax, backward",
			"layerNorm, weight and bias",
			"layerNorm, backward",
			"batchNorm of 196 MB, training",
			"batchNorm, backward",
			"gelu, backward",
			"sum of each row",
			"sum of all",
			"transposed copy",
			"add of 128 MB, bfloat16",
			"argmax of all of 256 MB",
			"indexAdd of 1,000,000 rows of 32",
			"LU, 2048 × 2048, float64",
			"solve, 2048 × 2048, float64",
			"Cholesky, 2048 × 2048, float64",
			"QR, 2048 × 2048, float64",
			"eigenvalues, 512 × 512, float64",
			"singular values, 512 × 512, float64",
			"queueing one small op",
		];
		expect(rows.map((line) => line.trim().split(/ {2,}/)[0])).toEqual(expected);
	});
});

test("bench surface calls every function that it measures", { timeout: 300_000 }, () => {
	const env = {
		...process.env,
		GRADBOOK_BENCH_TINY: "1",
		GRADBOOK_BENCH_DEVICE: "cpu",
		GRADBOOK_TORCH_PYTHON: undefined,
	};
	const { status, stdout, stderr } = spawnSync(process.execPath, [bench, "surface"], { encoding: "utf8", env });
	expect([status, stderr]).toEqual([0, ""]);
	expect(stdout.split("\n").filter((line) => /^ {2}\S.* µs/.test(line)).length).toBeGreaterThan(150);
});

test("without a card bench cuda says why it does not run", () => {
	const { status, stderr } = run({ GRADBOOK_LIBCUDA: "off" });
	expect(status).toBe(2);
	expect(stderr).toContain("bench: cuda cannot run here: NVIDIA's driver is switched off by GRADBOOK_LIBCUDA=off");
});
