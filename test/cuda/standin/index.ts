import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

/*
 * The stand-in for a card: a shared library with the entry points of libcuda, NVRTC, cuBLASLt, cuDNN and cuSOLVER that the engine uses.
 * Built when first wanted, kept in build/standin by the hash of its sources.
 */

const root = join(__dirname, "..", "..", "..");
const folder = join(root, "build", "standin");

/** Linux with a C++ compiler: elsewhere there is no stand-in. */
export const hasStandin = process.platform === "linux";

/** The library's path; builds it where it is not there. */
export function standinLibrary(): string {
	const hash = createHash("sha256");
	const sources = readdirSync(__dirname).filter((name) => /\.(cc|h)$/.test(name));
	for (const name of sources.sort()) hash.update(name).update(readFileSync(join(__dirname, name)));
	const file = join(folder, `${hash.digest("hex").slice(0, 16)}.so`);
	if (existsSync(file)) return file;
	mkdirSync(folder, { recursive: true });
	const [compiler = "c++", ...first] = (process.env.CXX ?? "c++").split(" ");
	const parts = sources.filter((name) => name.endsWith(".cc")).map((name) => join(__dirname, name));
	const shim = `-DGB_SHIM="${join(__dirname, "shim.h")}"`;
	const engine = `-I${join(root, "engine", "native")}`;
	const flags = [
		"-std=c++17",
		"-O2",
		"-Wall",
		"-Wextra",
		"-Wno-unused-parameter",
		"-fPIC",
		"-shared",
		"-fvisibility=hidden",
	];
	const aside = `${file}.${process.pid}`;
	execFileSync(compiler, [...first, ...flags, shim, engine, ...parts, "-o", aside, "-ldl"], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	renameSync(aside, file);
	return file;
}

/** The environment in which a process meets the stand-in instead of a card. `settings` as cuda.cc lists them. */
export function standinEnvironment(settings = ""): Record<string, string> {
	const library = standinLibrary();
	return {
		GRADBOOK_LIBCUDA: library,
		GRADBOOK_NVRTC: library,
		GRADBOOK_CUBLASLT: library,
		GRADBOOK_CUDNN: library,
		GRADBOOK_CUSOLVER: library,
		GRADBOOK_STANDIN: settings,
		GRADBOOK_STANDIN_CXX: process.env.CXX ?? "c++",
		// Compiled kernels stay from run to run.
		GRADBOOK_CACHE: folder,
		// Every call goes by the thread that makes them where they follow each other closely.
		GRADBOOK_LAUNCH_THREAD: "always",
		// The stand-in's compiler takes far longer than NVRTC, and what a suite uses is compiled already.
		GRADBOOK_COMPILE_AHEAD: "off",
		// Every tensor is an allocation of its own size: the stand-in sees each byte too far.
		GRADBOOK_NO_CUDA_MEMORY_CACHING: "1",
	};
}
