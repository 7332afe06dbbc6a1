// Builds build/Release/gradbook.node with nothing but Node and a C++17 compiler: no Python, no make, no download.
//
//   node scripts/build-addon.mjs [--force] [--verbose]
//
// An object file is compiled again only when its source, a header that it includes, the flags or the compiler changed.
// A finished addon is also kept in the user's cache folder, so that a second clone of the same sources builds nothing.
// Environment: CXX (compiler), JOBS (parallel compilations), CXXFLAGS, LDFLAGS, GRADBOOK_CACHE (folder, or "off").
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { addonFile, cflags, defines, includes, inputs, kernelAddon, ldflags, root, sources } from "./addon.mjs";
import { dependencies, hashOf, hashOfFiles, run, userCache } from "./build-tools.mjs";
import { findCompiler } from "./compiler.mjs";

const force = process.argv.includes("--force");
const verbose = process.argv.includes("--verbose");
const objectFolder = join(root, "build", "obj");
const stampFile = join(root, "build", "addon.stamp");

const extra = (name) => (process.env[name] ?? "").split(/\s+/).filter(Boolean);
const compileFlags = [
	...cflags,
	...defines.map((define) => `-D${define}`),
	...includes().map((folder) => `-I${folder}`),
	...extra("CXXFLAGS"),
];
const linkFlags = [...ldflags, ...extra("LDFLAGS")];

/** A name for exactly this addon: what it is made of, how, by which compiler, for which machine. */
function identity(compiler) {
	const headers = includes()
		.slice(1)
		.map((folder) => readFileSync(join(folder, existsSync(join(folder, "napi.h")) ? "napi.h" : "node_api.h")));
	const flags = [...cflags, ...defines, ...extra("CXXFLAGS"), ...linkFlags];
	return hashOf([
		process.platform,
		process.arch,
		compiler.version,
		JSON.stringify(flags),
		...headers,
		hashOfFiles(inputs(), root),
	]);
}

/** Puts a finished file in place in one step: a running kernel keeps the addon that it has loaded. */
function place(from, to) {
	mkdirSync(dirname(to), { recursive: true });
	const aside = `${to}.${process.pid}`;
	copyFileSync(from, aside);
	renameSync(aside, to);
}

/** The object file of a source, compiled if needed. Resolves to its path and to whether it was compiled. */
async function compile(source, compiler) {
	const name = relative(root, source).replaceAll(/[\\/]/g, "+");
	const object = join(objectFolder, `${name}.o`);
	const dependencyFile = join(objectFolder, `${name}.d`);
	const keyFile = join(objectFolder, `${name}.key`);
	const key = () =>
		hashOf([compiler.version, JSON.stringify(compileFlags), hashOfFiles(dependencies(dependencyFile), root)]);
	if (!force && [object, dependencyFile, keyFile].every(existsSync) && readFileSync(keyFile, "utf8") === key()) {
		return { object, compiled: false };
	}
	rmSync(keyFile, { force: true });
	const args = [...compileFlags, "-MMD", "-MF", dependencyFile, "-c", source, "-o", object];
	await run(compiler.command, [...compiler.args, ...args], { verbose, what: `compiling ${relative(root, source)}` });
	writeFileSync(keyFile, key());
	return { object, compiled: true };
}

/** Runs `work` over `items`, `count` at a time; the first failure stops the rest from starting. */
async function inParallel(items, count, work) {
	const results = new Array(items.length);
	let next = 0;
	let failed = false;
	const worker = async () => {
		while (next < items.length && !failed) {
			const index = next++;
			try {
				results[index] = await work(items[index]);
			} catch (error) {
				failed = true;
				throw error;
			}
		}
	};
	const outcomes = await Promise.allSettled(Array.from({ length: Math.min(count, items.length) }, worker));
	const failure = outcomes.find((outcome) => outcome.status === "rejected");
	if (failure) throw failure.reason;
	return results;
}

/** The kernel's addon is small: compiled and linked at once, whenever it changed. */
async function buildKernelAddon(compiler) {
	const { file } = kernelAddon;
	const sources = kernelAddon.sources();
	if (sources.length === 0) return;
	const stamp = `${file}.stamp`;
	const parts = hashOfFiles(kernelAddon.inputs(), root);
	const id = hashOf([compiler.version, JSON.stringify([compileFlags, linkFlags]), parts]);
	if (!force && existsSync(file) && existsSync(stamp) && readFileSync(stamp, "utf8") === id) return;
	mkdirSync(objectFolder, { recursive: true });
	const linked = join(objectFolder, `gradbook_kernel.${process.pid}.node`);
	const args = [...compileFlags, ...sources, "-o", linked, ...linkFlags];
	await run(compiler.command, [...compiler.args, ...args], { verbose, what: "compiling the kernel's addon" });
	place(linked, file);
	rmSync(linked);
	writeFileSync(stamp, id);
}

async function main() {
	const started = Date.now();
	const compiler = await findCompiler();
	await buildKernelAddon(compiler);
	const id = identity(compiler);
	const cache = userCache(id);
	if (!force && existsSync(addonFile) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === id) {
		console.log("gradbook addon: up to date");
		return;
	}
	if (!force && cache.has()) {
		place(cache.file, addonFile);
		writeFileSync(stampFile, id);
		cache.touch();
		console.log(`gradbook addon: taken from ${cache.file}, built earlier from the same sources`);
		return;
	}

	// Longest first, so that no big file is left alone at the end.
	const files = sources().sort((a, b) => statSync(b).size - statSync(a).size);
	const jobs = Number(process.env.JOBS) || availableParallelism();
	console.log(`gradbook addon: ${files.length} C++ files, ${compiler.title}, ${jobs} at a time`);
	mkdirSync(objectFolder, { recursive: true });
	rmSync(stampFile, { force: true });
	const results = await inParallel(files, jobs, (file) => compile(file, compiler));
	const linked = join(objectFolder, `gradbook.${process.pid}.node`);
	const objects = results.map((result) => result.object);
	await run(compiler.command, [...compiler.args, ...objects, "-o", linked, ...linkFlags], {
		verbose,
		what: "linking the addon",
	});
	place(linked, addonFile);
	rmSync(linked);
	writeFileSync(stampFile, id);
	cache.store(addonFile);
	const compiled = results.filter((result) => result.compiled).length;
	const seconds = ((Date.now() - started) / 1000).toFixed(1);
	console.log(`gradbook addon: compiled ${compiled} of ${files.length}, linked, ${seconds} s`);
}

main().catch((error) => {
	console.error(`\n${error.message}\n`);
	process.exitCode = 1;
});
