import { existsSync, readFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";
import vm from "node:vm";

/*
 * How a program that imports the engine comes by its three hundred modules: out of one file, and compiled ahead.
 *
 * `modules.pack`, beside this file, has the text of each module that an entry of the package leads to; scripts/pack-engine.mjs
 * writes it, and `enter(module)` into the entries. The modules stay what they are, each under its own file's name, in stacks
 * and in `require.cache`: there is one of each, also where a part of them is loaded from its file. What is saved is Node's
 * search for the files. One that calls `import()` is loaded from its file.
 *
 * `engine.code`, beside the addon, has what V8 has compiled of that text once all of it is loaded (scripts/compile-engine.mjs). It
 * names the pack that it was made of, its folder, which V8 has in it as the place of every function, and the version of Node: V8
 * looks whether it has made it, but takes a Node of another build with the same V8 for the same, whose functions lie elsewhere.
 * Where anything differs V8 compiles the text.
 */

/** The first line of either file, JSON. The parts follow it. */
interface Head {
	/** Hash of the pack's parts; of compiled code the hash of the pack that it was made of. */
	pack: string;
	/** Of compiled code: this folder, when it was made. */
	folder?: string;
	/** Of compiled code: the version of the Node that compiled it. */
	node?: string;
	/** By a module's file name below this folder: where its part begins and ends, in bytes behind the head. */
	parts: Record<string, [begin: number, end: number]>;
}

type Evaluate = (
	exports: unknown,
	require: (request: string) => unknown,
	module: NodeJS.Module,
	filename: string,
	folder: string,
) => void;

/** What stands around a module's text in the pack, as Node puts it around a file's. */
export const wrapper = ["(function (exports, require, module, __filename, __dirname) { ", "\n})"] as const;

/** V8 copies code that begins elsewhere. */
const alignment = 8;

const packFile = join(__dirname, "modules.pack");
export const codeFile = join(__dirname, "..", "..", "build", "Release", "engine.code");

function readParts(file: string): { head: Head; body: Buffer } {
	const bytes = readFileSync(file);
	const end = bytes.indexOf("\n") + 1;
	return { head: JSON.parse(bytes.toString("utf8", 0, end)) as Head, body: bytes.subarray(end) };
}

class Pack {
	readonly #head: Head;
	/** In one piece, so that no collection moves it. It is ASCII. */
	readonly #text: string;
	#code: { head: Head; body: Buffer } | undefined;
	/** What was compiled, where that is to be kept. */
	readonly #scripts: Map<string, vm.Script> | undefined;
	/** Why what was compiled ahead is not used. */
	reason: string | undefined;

	/** @param fresh makes no use of what was compiled ahead, and keeps what is compiled */
	constructor(fresh = false) {
		const { head, body } = readParts(packFile);
		this.#head = head;
		this.#text = body.toString("latin1");
		if (fresh) this.#scripts = new Map();
		else if (!existsSync(codeFile)) this.reason = `there is no ${codeFile}`;
		else {
			this.#code = readParts(codeFile);
			const { pack, folder, node } = this.#code.head;
			if (pack !== head.pack) this.#refuse(`${codeFile} belongs to another build of the engine`);
			else if (folder !== __dirname) this.#refuse(`${codeFile} was made for ${folder}, and the engine was moved`);
			else if (node !== process.version)
				this.#refuse(`${codeFile} was made by Node ${node}, and this is ${process.version}`);
		}
	}

	#refuse(reason: string): void {
		this.reason = reason;
		this.#code = undefined;
	}

	/** Runs the text of a module. */
	run(module: NodeJS.Module): void {
		const { filename } = module;
		if (process.sourceMapsEnabled) {
			// Which only Node's own way reads.
			const text = this.#source(nameOf(filename)).slice(wrapper[0].length, -wrapper[1].length);
			(module as unknown as { _compile(text: string, file: string): void })._compile(text, filename);
			return;
		}
		const folder = dirname(filename);
		const require = (request: string) => this.#require(request, folder, module);
		const evaluate = this.#compile(filename).runInThisContext() as Evaluate;
		evaluate.call(module.exports, module.exports, require, module, filename, folder);
	}

	#source(name: string): string {
		return this.#text.slice(...this.#head.parts[name]!);
	}

	#compile(filename: string): vm.Script {
		const name = nameOf(filename);
		const place = this.#code?.head.parts[name];
		const cachedData = place && this.#code?.body.subarray(...place);
		const script = new vm.Script(this.#source(name), { filename, cachedData });
		if (script.cachedDataRejected) this.#refuse(`${codeFile} was made by another version of Node, or with other flags`);
		this.#scripts?.set(name, script);
		return script;
	}

	/** Asks V8 whether it takes what was compiled ahead: it says the same of every part. */
	probe(): void {
		const [first] = Object.keys(this.#head.parts);
		this.#compile(join(__dirname, first!));
	}

	#require(request: string, folder: string, from: NodeJS.Module): unknown {
		if (request.startsWith(".")) {
			const path = join(folder, request);
			for (const filename of [`${path}.js`, join(path, "index.js")])
				if (nameOf(filename) in this.#head.parts) return this.#load(filename);
		}
		return from.require(request);
	}

	/** As Node loads a file: a module that is being loaded is given as it is, one that throws is forgotten. */
	#load(filename: string): unknown {
		const present = require.cache[filename];
		if (present !== undefined) return present.exports;
		const module = new Module(filename) as NodeJS.Module;
		module.filename = filename;
		require.cache[filename] = module;
		try {
			this.run(module);
		} catch (error) {
			delete require.cache[filename];
			throw error;
		}
		module.loaded = true;
		return module.exports;
	}

	/** The content of `codeFile`. */
	compiled(): Buffer {
		const parts: Head["parts"] = {};
		const pieces: Buffer[] = [];
		let at = 0;
		for (const [name, script] of this.#scripts!) {
			const code = script.createCachedData();
			const padding = -code.length & (alignment - 1);
			parts[name] = [at, at + code.length];
			pieces.push(code, Buffer.alloc(padding));
			at += code.length + padding;
		}
		const head = JSON.stringify({
			pack: this.#head.pack,
			folder: __dirname,
			node: process.version,
			parts,
		} satisfies Head);
		const padding = -(Buffer.byteLength(head) + 1) & (alignment - 1);
		return Buffer.concat([Buffer.from(`${head}${" ".repeat(padding)}\n`), ...pieces]);
	}
}

function nameOf(filename: string): string {
	return filename.slice(__dirname.length + 1);
}

let pack: Pack | undefined;

/** Makes of a module what the pack's text of its name makes of it: all that an entry of the package has to do. */
export function enter(module: NodeJS.Module): void {
	pack ??= new Pack();
	pack.run(module);
}

/** Loads entries of the package, and gives what V8 has compiled of them: the content of `codeFile`. */
export function compileAhead(entries: string[]): Buffer {
	if (pack !== undefined)
		throw new Error("[compileAhead] the engine is loaded already; expected a process that has not");
	pack = new Pack(true);
	for (const entry of entries) require(entry);
	return pack.compiled();
}

/** Why what was compiled ahead is not used; undefined where it is. Loads nothing. */
export function notCompiledAhead(): string | undefined {
	if (!existsSync(packFile)) return `there is no ${packFile}`;
	if (pack !== undefined) return pack.reason;
	const looked = new Pack();
	looked.probe();
	return looked.reason;
}
