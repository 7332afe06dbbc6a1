// npm run bundle: everything in one archive, for a machine without npm or network (a GPU host): the compiled JavaScript, the
// addon, production packages, tests and benchmarks, and the Node binary that runs this. See docs/cuda.md.
//
//   node scripts/bundle.mjs [--output FILE] [--quick]      --quick: less compression, a fifth larger
//
// The archive is for this kind of machine: its system, processor and a C library at least as new as the one here.
import { execFileSync, spawnSync } from "node:child_process";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { addonFile, kernelAddon, root } from "./addon.mjs";

/** Bytes of an archive; where that is made with less compression, which takes a third of the time. */
const [most, mostQuick] = [60e6, 66e6];
const { platform, arch } = process;

/** Folders and files of the project that go along. */
const own = [
	...["package.json", "LICENSE", "README.md", "binding.gyp", "tsconfig.json", "vitest.config.mts"],
	...["dist", "engine/native", "kernel/native", "kernel/install/logo", "scripts", "docs", "bench", "notebooks"],
	...["test/cuda", "test/engine", "test/kernel/support", "test/reference", "test/support", "test/tsconfig.json"],
];

/** What the tests need beside the production packages. */
const forTests = ["vitest", "fast-check"];

/** The build of zeromq that this Node loads, of many that the package has. */
function zeromqBuild() {
	const require = createRequire(import.meta.url);
	require("zeromq");
	const loaded = Object.keys(require.cache).find((file) => file.endsWith(".node") && file.includes("zeromq"));
	if (loaded === undefined) throw new Error("bundle: zeromq loads no build that could go along");
	return loaded.slice(loaded.lastIndexOf("/build/") + 1);
}

/**
 * What is needed of packages that bring much else. `alone`: without the packages that they name, which are there to build them or
 * for what is not done here.
 */
const parts = {
	// The files that kernel/labextension/bundle.ts names; each has all that it draws with inside.
	"plotly.js": { keep: (file) => /^dist\/plotly(-basic|-cartesian|-gl3d)?\.min\.js$/.test(file), alone: true },
	"@tslab/typescript-for-tslab": { keep: (file) => /^lib\/typescript\.(js|d\.ts)$/.test(file) },
	zeromq: { keep: (file) => /^(lib\/|build\/manifest)/.test(file) || file === zeromqBuild() },
	"cmake-ts": { keep: (file) => file.startsWith("build/"), alone: true },
	// vite asks for it to read styles, of which tests have none.
	lightningcss: { keep: (file) => file.startsWith("node/"), alone: true },
};

/** Never needed: maps, forms for browsers, and what is for readers. */
const useless = /\.(map|flow|wasm)$|(^|\/)(CHANGELOG|README|CONTRIBUTING|HISTORY)\.md$/i;

/** Pictures of documents, and what computes or checks PyTorch's numbers: neither is needed where the suites run. */
const pictures = /\.(png|svg|webp|jpg)$/;
const elsewhere = /^test\/reference\/(native\/|.*\.py$)/;

function filesBelow(folder, prefix = "") {
	return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
		const name = prefix + entry.name;
		if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesBelow(folder, `${name}/`);
		return entry.isFile() ? [name] : [];
	});
}

function copy(from, to) {
	mkdirSync(dirname(to), { recursive: true });
	copyFileSync(from, to);
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Where Node finds a package that is asked for from a folder. */
function found(name, from) {
	for (let folder = from; ; folder = dirname(folder)) {
		const candidate = join(folder, "node_modules", name);
		if (existsSync(join(candidate, "package.json"))) return candidate;
		if (folder === dirname(folder)) return undefined;
	}
}

/** Every package that these ask for, directly or not. Optional ones only where they are installed. */
function closure(names) {
	const packages = new Set();
	const visit = (name, from, optional) => {
		const folder = found(name, from);
		if (folder === undefined) {
			if (optional) return;
			throw new Error(`bundle: the package ${name} is not installed: npm ci`);
		}
		if (packages.has(folder)) return;
		packages.add(folder);
		if (parts[name]?.alone) return;
		const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
		for (const next of Object.keys(dependencies)) visit(next, folder, next in optionalDependencies);
		for (const next of Object.keys(optionalDependencies)) visit(next, folder, true);
	};
	for (const name of names) visit(name, root, false);
	return [...packages].sort();
}

function copyPackages(to) {
	const { dependencies } = manifestOf(root);
	for (const folder of closure([...Object.keys(dependencies), ...forTests])) {
		const { name } = manifestOf(folder);
		const keep = parts[name]?.keep ?? (() => true);
		const place = folder.slice(root.length + 1);
		for (const file of filesBelow(folder)) {
			const wanted = file === "package.json" || /^licen[cs]e/i.test(file) || (keep(file) && !useless.test(file));
			if (wanted) copy(join(folder, file), join(to, place, file));
		}
	}
	// `require("gradbook")` from any folder, by NODE_PATH.
	symlinkSync("..", join(to, "node_modules", "gradbook"));
}

/** A notebook without its outputs: they are made anew where it runs. */
function withoutOutputs(file) {
	const notebook = JSON.parse(readFileSync(file, "utf8"));
	for (const cell of notebook.cells) {
		if (cell.cell_type === "code") Object.assign(cell, { outputs: [], execution_count: null });
	}
	return `${JSON.stringify(notebook, null, 1)}\n`;
}

function copyOwn(to) {
	for (const name of own) {
		const from = join(root, name);
		if (!statSync(from).isDirectory()) {
			copy(from, join(to, name));
			continue;
		}
		for (const file of filesBelow(from)) {
			if (useless.test(file) || (pictures.test(file) && !name.includes("logo")) || elsewhere.test(`${name}/${file}`))
				continue;
			const target = join(to, name, file);
			if (file.endsWith(".ipynb")) {
				mkdirSync(dirname(target), { recursive: true });
				writeFileSync(target, withoutOutputs(join(from, file)));
			} else copy(join(from, file), target);
		}
	}
	for (const file of [addonFile, kernelAddon.file]) copy(file, join(to, file.slice(root.length + 1)));
	copy(join(root, "scripts", "bundle", "gradbook"), join(to, "gradbook"));
	chmodSync(join(to, "gradbook"), 0o755);
}

function copyNode(to) {
	const binary = join(to, "bin", "node");
	copy(process.execPath, binary);
	chmodSync(binary, 0o755);
	const stripped = spawnSync("strip", [binary]);
	if (stripped.error) console.log("bundle: no strip here; the Node binary keeps its symbols");
}

/** The newest version of the C library that a binary asks for. */
function neededLibc(file) {
	const versions = readFileSync(file, "latin1").match(/GLIBC_2\.\d+/g) ?? [];
	const minor = Math.max(0, ...versions.map((version) => Number(version.slice("GLIBC_2.".length))));
	return minor > 0 ? `glibc 2.${minor}` : "any C library";
}

function main() {
	const { values } = parseArgs({ options: { output: { type: "string" }, quick: { type: "boolean" } } });
	if (platform !== "linux")
		throw new Error(`bundle: made on Linux only, for machines with NVIDIA's cards; this is ${platform}`);
	for (const file of [addonFile, kernelAddon.file, join(root, "dist", "kernel", "cli.js")]) {
		if (!existsSync(file)) throw new Error(`bundle: ${file} has not been built: npm run build`);
	}
	const { version } = manifestOf(root);
	const output = resolve(values.output ?? join(root, "output", `gradbook-${version}-${platform}-${arch}.tar.xz`));
	mkdirSync(dirname(output), { recursive: true });
	const staging = mkdtempSync(join(tmpdir(), "gradbook-bundle-"));
	try {
		const to = join(staging, "gradbook");
		copyOwn(to);
		copyPackages(to);
		copyNode(to);
		// Machine code packs better by a filter of its processor's.
		const filter = arch === "x64" ? "--x86 " : "";
		const compression = `xz -T0 ${filter}--lzma2=preset=${values.quick ? 1 : 6} --stdout`;
		execFileSync("sh", ["-c", `tar --sort=name --owner=0 --group=0 -cf - gradbook | ${compression} > "$0"`, output], {
			cwd: staging,
			stdio: "inherit",
		});
	} finally {
		rmSync(staging, { recursive: true });
	}
	const { size } = statSync(output);
	const limit = values.quick ? mostQuick : most;
	console.log(
		`${output}: ${(size / 1e6).toFixed(1)} MB, for ${platform} ${arch} with ${neededLibc(addonFile)} or newer`,
	);
	if (size > limit)
		throw new Error(`bundle: ${(size / 1e6).toFixed(1)} MB are more than the ${limit / 1e6} MB that it may have`);
}

main();
