import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { hasStandin, standinEnvironment } from "./standin";

/* What the doctor says of cards and NVIDIA's libraries, healthy and not. */

vi.setConfig({ testTimeout: 120_000 });

const cli = join(__dirname, "..", "..", "dist", "kernel", "cli.js");
const home = mkdtempSync(join(tmpdir(), "gradbook-doctor-"));
afterAll(() => rmSync(home, { recursive: true }));

/** The doctor's lines about CUDA, blanks made one. */
function doctor(settings: string, more: Record<string, string> = {}): string[] {
	const answer = spawnSync(process.execPath, [cli, "doctor"], {
		encoding: "utf8",
		env: { ...process.env, HOME: home, ...standinEnvironment(settings), ...more },
		timeout: 60_000,
	});
	expect(answer.stdout, answer.stderr).toMatch(/^(ok|absent) +CUDA/m);
	const lines = answer.stdout.split("\n").map((line) => line.replace(/ +/g, " ").trim());
	const end = lines.findIndex((line) => / JupyterLab /.test(line));
	return lines.slice(
		lines.findIndex((line) => / CUDA /.test(line)),
		end,
	);
}

describe.skipIf(!hasStandin)("gradbook doctor", () => {
	test("names the cards, the driver and every library with where it came from", () => {
		const [first, second, driver, nvrtc, cublas] = doctor("");
		expect(first).toBe("ok CUDA cuda:0 Stand-in, compute capability 9.0, 1.0 GiB of 1.0 GiB free");
		expect(second).toBe("cuda:1 Stand-in, compute capability 9.0, 1.0 GiB of 1.0 GiB free");
		expect(driver).toMatch(/^driver for CUDA 12\.9: .*\.so$/);
		expect(nvrtc).toMatch(/^ok NVRTC 12\.99 \(.*\.so\)$/);
		expect(cublas).toMatch(/^ok cuBLASLt 12\.9\.1 \(.*\.so\)$/);
	});

	test("says which library is missing, how to get it, and what the engine does without it", () => {
		const [, , , , cublas, without] = doctor("", { GRADBOOK_CUBLASLT: "off" });
		expect(cublas).toBe("absent cuBLASLt cuBLASLt is switched off by GRADBOOK_CUBLASLT=off");
		expect(without).toBe("matrix products run by the engine's own kernel, without tensor cores");
		const none = join(home, "none");
		const lost = doctor("", { GRADBOOK_NVRTC: none });
		expect(lost[1]).toMatch(
			/^absent NVRTC no kernel can be compiled, cards are not used: NVRTC could not be loaded from/,
		);
	});

	test("a driver too old, no card, a card without memory, a card that cannot be used: a sentence each", () => {
		expect(doctor("driver=11080")[0]).toMatch(
			/^absent CUDA NVIDIA's driver .* is too old: it knows CUDA 11\.8, and the engine needs a driver for CUDA 12\.0/,
		);
		expect(doctor("devices=0")[0]).toMatch(/^absent CUDA NVIDIA's driver .* is there, but no card that it can use$/);
		const full = doctor("devices=1,busy=900");
		expect(full[0]).toBe("absent CUDA cuda:0 Stand-in, compute capability 9.0, 0.1 GiB of 1.0 GiB free");
		expect(full[2]).toBe("cuda:0 has next to no memory left: nvidia-smi shows which programs hold it");
		expect(doctor("devices=1,context=2")[0]).toBe(
			"absent CUDA cuda:0 cannot be used: CUDA: primaryCtxRetain: out of memory (CUDA_ERROR_OUT_OF_MEMORY)",
		);
	});

	test("a compiler that is newer than the driver is a mixed install", () => {
		const lines = doctor("devices=1,nvrtc=13");
		expect(lines[2]).toMatch(/^absent NVRTC 13\.99 /);
		expect(lines[3]).toBe("it is newer than the driver, which knows CUDA 12.9 and may not load its code");
		expect(lines[4]).toBe("pip install nvidia-cuda-nvrtc-cu12 brings one that fits, and so does a newer driver");
	});
});
