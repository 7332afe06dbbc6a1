// What the addon is made of: sources, include folders, defines and flags. build-addon.mjs compiles it from this
// description, and binding.gyp reads the same one:
//
//   node scripts/addon.mjs sources|kernel-sources|includes|defines|cflags|ldflags      one item a line
//
// No SIMD flag stands here: the addon must load on any processor of its architecture, so a kernel for AVX2 or AVX-512
// asks for it by a target attribute in its source and is chosen when the program runs.
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

/** The package's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the built addon goes, and where node-gyp would put it. */
export const addonFile = join(root, "build", "Release", "gradbook.node");

const nativeFolder = join(root, "engine", "native");
const kernelFolder = join(root, "kernel", "native");

/** Files below `folder` with one of these endings, sorted, with `/` between folders. */
function filesBelow(folder, endings) {
	return readdirSync(folder, { recursive: true })
		.map((name) => join(folder, String(name)))
		.filter((file) => endings.some((ending) => file.endsWith(ending)))
		.sort();
}

/** The kernel's own small addon, built beside the engine's (kernel/session/runtime/descriptors.ts). */
export const kernelAddon = {
	file: join(root, "build", "Release", "gradbook_kernel.node"),
	sources: () => (existsSync(kernelFolder) ? filesBelow(kernelFolder, [".cc"]) : []),
	inputs: () => filesBelow(kernelFolder, [".cc", ".h"]),
};

/** Every C++ source of the addon. CUDA sources (.cu) are not among them: they are compiled when first used. */
export function sources() {
	return filesBelow(nativeFolder, [".cc"]);
}

/** Everything whose change can change the addon: sources, headers, and text that a source includes. */
export function inputs() {
	return filesBelow(nativeFolder, [".cc", ".h", ".hpp", ".inc", ".def", ".cu", ".cuh"]);
}

/** Node-API's headers come from npm, so a build needs no download and does not depend on how Node was installed. */
export function includes() {
	return [
		nativeFolder,
		dirname(require.resolve("node-addon-api/napi.h")),
		join(dirname(require.resolve("node-api-headers/package.json")), "include"),
	];
}

export const defines = [
	// Finalizers that run inside garbage collection (node_api_basic_finalize), also in a loop that never yields. Node gives
	// them to modules of this version only; older headers ask for NAPI_EXPERIMENTAL, newer ones for the number itself.
	"NAPI_EXPERIMENTAL",
	"NAPI_VERSION=2147483647",
	"NAPI_CPP_EXCEPTIONS",
	"NODE_GYP_MODULE_NAME=gradbook",
	"BUILDING_NODE_EXTENSION",
];

export const cflags = [
	"-std=c++17",
	"-O3",
	// As PyTorch is built. Loops with conditions over floating-point numbers become SIMD code only so.
	"-fno-math-errno",
	"-fno-trapping-math",
	// Fused multiply-add only where the source asks for it: a result must not depend on its place in a loop.
	"-ffp-contract=off",
	"-DNDEBUG",
	"-fPIC",
	"-fexceptions",
	"-fvisibility=hidden",
	"-fvisibility-inlines-hidden",
	"-pthread",
	"-Wall",
	"-Wextra",
	"-Wno-unused-parameter",
];

/** Node-API's symbols are in the Node binary that loads the addon. */
export const ldflags =
	process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared", "-pthread", "-ldl"];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const inRoot = (files) => files.map((file) => relative(root, file));
	const lists = {
		sources: () => inRoot(sources()),
		"kernel-sources": () => inRoot(kernelAddon.sources()),
		includes,
		defines,
		cflags,
		ldflags,
	};
	const list = lists[process.argv[2]];
	if (!list) throw new Error(`addon.mjs: expected one of ${Object.keys(lists).join(", ")}, got ${process.argv[2]}`);
	console.log((typeof list === "function" ? list() : list).join("\n"));
}
