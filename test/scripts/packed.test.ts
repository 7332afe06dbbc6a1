import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/* The engine from one file and compiled ahead (engine/packed.ts), in copies of the package that may be damaged. */

const root = resolve(__dirname, "..", "..");

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-packed-"));
	const filter = (file: string) => !/\.(ts|map)$/.test(file);
	for (const name of ["dist/engine", "build/Release/engine.code", "package.json", "scripts"])
		cpSync(join(root, name), join(folder, name), { recursive: true, filter });
	for (const name of ["build/Release/gradbook.node", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
	// As if it had been made there.
	edit(codeFile(), (text) => text.replace(join(root, "dist", "engine"), join(folder, "dist", "engine")));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a program prints; `why()`: why what was compiled ahead is not used. */
function run(program: string, { flags = [], cwd = folder }: { flags?: string[]; cwd?: string } = {}) {
	const head = `const { notCompiledAhead: why } = require("./dist/engine/packed");`;
	const args = [...flags, "-e", `${head}\n${program}`];
	const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", timeout: 60_000 });
	return stdout + stderr;
}

const codeFile = () => join(folder, "build", "Release", "engine.code");
const packFile = () => join(folder, "dist", "engine", "modules.pack");
const computes = `const torch = require("./dist/engine"); console.log(torch.ones(2).sum().item(), why());`;

function edit(file: string, change: (text: string) => string): void {
	const before = readFileSync(file, "latin1");
	const after = change(before);
	expect(after).not.toBe(before);
	writeFileSync(file, after, "latin1");
}

describe("modules from one file", () => {
	test("are what the files are: one of each, under its name, whichever way it is reached", () => {
		const program = `
			const early = require("./dist/engine/core/gradMode");
			const torch = require("./dist/engine");
			const { Tensor } = require("./dist/engine/core/tensor");
			const { Linear } = require("./dist/engine/nn/modules/linear");
			const { datasets } = require("./dist/engine/vision");
			const { TensorDataset } = require("./dist/engine/data");
			console.log(early.noGrad === torch.noGrad, Tensor === torch.Tensor, Linear === torch.nn.Linear);
			console.log(TensorDataset === torch.utils.data.TensorDataset, typeof datasets.FashionMNIST);
			const names = Object.keys(require.cache).filter((file) => file.includes("dist/engine"));
			console.log(names.length > 250, names.every((file) => require("node:fs").existsSync(file)));
			const { datasetFromModule } = require("./dist/engine/data/workers/source");
			console.log(datasetFromModule === torch.utils.data.datasetFromModule);
			console.log(Object.values(require.cache).every((module) => module.loaded), require.resolve("./dist/engine/core/tensor") in require.cache);`;
		expect(run(program, { cwd: root })).toBe("true true true\ntrue function\ntrue true\ntrue\ntrue true\n");
	});

	test.each([true, false])("throw from their own files, lines and columns (compiled ahead: %j)", (ahead) => {
		if (!ahead) rmSync(codeFile());
		const program = `
			const torch = require("./dist/engine");
			try { torch.vander(torch.ones(2, 3)); } catch (error) { console.log(error.stack); }`;
		const [message, place] = run(program).split("\n");
		expect(message).toBe("RangeError: [vander] expects a vector and N ≥ 0, got shape [2, 3] and 2");
		const [, file, line, column] = /\((.*):(\d+):(\d+)\)/.exec(place!)!;
		const text = readFileSync(file!.replace(folder, root), "utf8").split("\n")[Number(line) - 1]!;
		expect(text.slice(Number(column) - 1)).toMatch(/^new RangeError\(/);
	});

	test("throw from the TypeScript where Node reads source maps", () => {
		const program = `try { const torch = require("./dist/engine"); torch.vander(torch.ones(2, 3)); } catch (error) { console.log(error.stack); }`;
		expect(run(program, { flags: ["--enable-source-maps"], cwd: root })).toMatch(/\/engine\/[\w/]+\.ts:\d+:\d+/);
	});

	test("have the names for ES modules that they have for require", () => {
		const program = `
			const names = (module) => Object.keys(module).filter((name) => name !== "default" && name !== "module.exports").sort().join();
			(async () => {
				for (const entry of ["index", "vision/index", "metrics/index"]) {
					const file = require.resolve("./dist/engine/" + entry);
					console.log(names(await import(file)) === names({ ...require(file), __esModule: true }));
				}
			})();`;
		expect(run(program)).toBe("true\ntrue\ntrue\n");
	});

	test("are forgotten when one of them throws, as Node does: it is loaded again", () => {
		rmSync(join(folder, "build", "Release", "gradbook.node"));
		const addon = join(root, "build", "Release", "gradbook.node");
		const program = `
			for (const _ of [1, 2]) try { require("./dist/engine"); } catch (error) { console.log(error.message.split(" at ")[0]); }
			require("node:fs").symlinkSync(${JSON.stringify(addon)}, "build/Release/gradbook.node");
			console.log(require("./dist/engine").ones(2).tolist());`;
		const missing = "gradbook: the native addon is missing\n";
		expect(run(program)).toBe(`${missing}${missing}[ 1, 1 ]\n`);
	});

	test("load in a thread", () => {
		const program = `new (require("node:worker_threads").Worker)(${JSON.stringify(computes.replace("why()", "''"))}, { eval: true });`;
		expect(run(program)).toBe("2 \n");
	});
});

describe("what was compiled ahead", () => {
	/** What is computed when a module is loaded, with another value in as many letters. */
	const infinity = "require('./dist/engine').inf";
	const turn = (text: string) => text.replace("inf = Number.POSITIVE", "inf = Number.NEGATIVE");
	const anew = (text: string) => text.replace(/"pack":"\w{6}/, '"pack":"000000');

	test("is used by the Node that it was made by", () => {
		expect(run(computes)).toBe("2 undefined\n");
		// V8 does not read a text whose code it has: the hash of the pack is what tells it of another one.
		edit(packFile(), turn);
		expect(run(`console.log(${infinity}, why())`)).toBe("Infinity undefined\n");
	});

	test("is not used for another build of the engine, though V8 would", () => {
		edit(packFile(), (text) => anew(turn(text)));
		const reason = `${codeFile()} belongs to another build of the engine`;
		expect(run(`console.log(${infinity}, why())`)).toBe(`-Infinity ${reason}\n`);
	});

	test("is not used for an engine that was moved, whose functions would have places elsewhere", () => {
		cpSync(join(root, "build", "Release", "engine.code"), codeFile());
		const reason = `${codeFile()} was made for ${join(root, "dist", "engine")}, and the engine was moved`;
		expect(run(computes)).toBe(`2 ${reason}\n`);
	});

	test("is not used by another Node, though V8 would: their own functions lie elsewhere", () => {
		edit(codeFile(), (text) => text.replace(`"node":"${process.version}"`, '"node":"v20.19.0"'));
		expect(run(computes)).toMatch(new RegExp(`^2 .*was made by Node v20.19.0, and this is ${process.version}\n$`));
	});

	test("is not used where there is none", () => {
		rmSync(codeFile());
		expect(run(computes)).toBe(`2 there is no ${codeFile()}\n`);
	});

	test("is not used with other flags of V8, which make another code", () => {
		const reason = `${codeFile()} was made by another version of Node, or with other flags`;
		expect(run(computes, { flags: ["--no-opt"] })).toBe(`2 ${reason}\n`);
	});

	test("is made by npm run compile:engine, where there is something to compile", () => {
		const compile = () =>
			spawnSync(process.execPath, ["scripts/compile-engine.mjs"], { cwd: folder, encoding: "utf8" });
		edit(packFile(), (text) => anew(turn(text)));
		expect(compile()).toMatchObject({ status: 0, stdout: "", stderr: "" });
		expect(run(`console.log(${infinity}, why())`)).toBe("-Infinity undefined\n");
		rmSync(packFile());
		const nothing = `gradbook engine: not compiled ahead, there is no ${packFile()} yet\n`;
		expect(compile()).toMatchObject({ status: 0, stdout: nothing, stderr: "" });
	});
});

test("entries are packed once: what the compiler has not written anew is refused", () => {
	const { status, stderr } = spawnSync(process.execPath, ["scripts/pack-engine.mjs"], {
		cwd: folder,
		encoding: "utf8",
	});
	expect(status).toBe(1);
	expect(stderr).toContain("pack-engine: the entries have been packed before: npm run build:ts");
});
