import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";

const engine = join(__dirname, "..", "..", "dist", "engine", "index.js");

/** An environment in which nothing of CUDA is named. */
export const nothing = {
	GRADBOOK_LIBCUDA: undefined,
	GRADBOOK_NVRTC: undefined,
	GRADBOOK_CUBLASLT: undefined,
	GRADBOOK_CUDNN: undefined,
	GRADBOOK_CUSOLVER: undefined,
	GRADBOOK_STANDIN: undefined,
};

/** Runs a program in a process of its own; `show(f)` prints what f gives or the message of what it throws; `native` is the addon. */
export function runProgram(
	program: string,
	environment: Record<string, string | undefined>,
): { lines: string[]; errors: string } {
	const source = `
		const torch = require(${JSON.stringify(engine)});
		const { native } = require(${JSON.stringify(join(engine, "..", "core", "native", "index.js"))});
		const show = (f) => { try { console.log(String(f())); } catch (error) { console.log(error.message); } };
		${program}`;
	const answer = spawnSync(process.execPath, ["-e", source], {
		encoding: "utf8",
		env: { ...process.env, ...environment },
		timeout: 60_000,
	});
	expect(answer.status, answer.stderr).toBe(0);
	return { lines: answer.stdout.trim().split("\n"), errors: answer.stderr };
}
