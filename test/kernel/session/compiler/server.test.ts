import childProcess, { type ChildProcess, execFileSync } from "node:child_process";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { LanguageServer } from "../../../../dist/kernel/session/compiler/server";
import { folderWith, Notebook, packageRoot } from "./notebook";

/** What happens when the language server ends. */

const place = folderWith();
let notebook: Notebook;

beforeEach(() => {
	notebook = new Notebook(place.folder);
});
afterEach(async () => {
	await notebook.close();
});
afterAll(() => place.done());

/** Language servers among the children of this process. */
function servers(): number[] {
	const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
	return lines
		.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
		.filter((match) => match !== null && Number(match[2]) === process.pid && match[3]!.includes("--lsp"))
		.map((match) => Number(match![1]));
}

test("a server that was killed is started again, and knows the cells", async () => {
	await notebook.run("class Kept { a = 1 }");
	const [before] = servers();
	process.kill(before!, "SIGKILL");
	expect(await notebook.run("new Kept().a")).toBe(1);
	expect((await notebook.check("new Kept().b"))?.evalue).toContain("TS2339");
	expect(servers()).toHaveLength(1);
	expect(servers()[0]).not.toBe(before);
	expect(notebook.log.join()).toContain("SIGKILL");
});

test("a server that is killed while it is asked is asked once more", async () => {
	await notebook.run("const name = 'n'");
	const completion = notebook.compiler.complete("name.toUp", 9);
	process.kill(servers()[0]!, "SIGKILL");
	expect((await completion).matches).toEqual(["toUpperCase"]);
});

test("a server whose end is not heard of yet is asked in vain, and then the next one", async () => {
	const { spawn } = childProcess;
	let child: ChildProcess | undefined;
	const spawning = vi.spyOn(childProcess, "spawn").mockImplementation((...started: unknown[]) => {
		const made = (spawn as (...started: unknown[]) => ChildProcess)(...started);
		const { emit } = made;
		made.emit = (...told: unknown[]) => {
			if (told[0] !== "exit") return Reflect.apply(emit, made, told);
			setTimeout(() => Reflect.apply(emit, made, told), 300);
			return true;
		};
		child ??= made;
		return made as never;
	});
	const other = new Notebook(place.folder);
	try {
		await other.run("const name = 'n'");
		const closed = new Promise((resolve) => child!.stdout!.once("close", resolve));
		child!.kill("SIGKILL");
		await closed;
		expect((await other.compiler.complete("name.toUp", 9)).matches).toEqual(["toUpperCase"]);
	} finally {
		spawning.mockRestore();
		await other.close();
	}
});

test("a server that keeps ending fails the cell, not the kernel", async () => {
	await notebook.run("1");
	process.kill(servers()[0]!, "SIGKILL");
	const { spawn } = childProcess;
	const stillborn = vi.spyOn(childProcess, "spawn").mockImplementation((...started: unknown[]) => {
		const child = (spawn as (...started: unknown[]) => ChildProcess)(...started);
		child.kill("SIGKILL");
		return child as never;
	});
	const error = await notebook.check("1 + 1");
	stillborn.mockRestore();
	expect(error?.ename).toBe("TypeScriptError");
	expect(error?.traceback.at(-1)).toContain("has not run");
	expect(await notebook.run("2 + 2")).toBe(4);
});

test("closing ends the process, also while it starts", async () => {
	await notebook.run("1");
	expect(servers()).toHaveLength(1);
	await notebook.close();
	expect(servers()).toEqual([]);
	const early = new Notebook(place.folder);
	await early.close();
	expect(servers()).toEqual([]);
});

test("a package without TypeScript's program for this platform says so", async () => {
	const server = new LanguageServer({
		folder: place.folder,
		packageRoot: "/",
		configName: "none.json",
		log: () => undefined,
	});
	await expect(server.ask("textDocument/hover", "x.ts", {})).rejects.toThrow(/typescript/);
	await server.close();
});

test("two notebooks of a folder do not meet", async () => {
	const other = new Notebook(place.folder);
	try {
		await notebook.run("const mine = 1");
		expect((await other.check("mine"))?.evalue).toContain("TS2304");
	} finally {
		await other.close();
	}
	expect(packageRoot).not.toBe(place.folder);
});
