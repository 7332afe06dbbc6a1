import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ProgressTask, silentProgress } from "../../../dist/engine/data/progress";
import { type DownloadOptions, download } from "../../../dist/engine/vision/datasets/download";
import { contents, serve, type TestServer, temporaryFolder, tiny } from "./tinyDataset";

const expected = tiny.editions.original.trainImages;
const compressed = gzipSync(contents.trainImages);

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

function options(extra: Partial<DownloadOptions> = {}): DownloadOptions {
	return {
		target: path.join(root.path, "raw", expected.name),
		scratch: root.path,
		expected,
		label: "tiny",
		report: silentProgress,
		stallMilliseconds: 5_000,
		...extra,
	};
}

/** Nothing under the file's name, nothing left aside. */
function expectNothing(): void {
	expect(existsSync(options().target)).toBe(false);
	expect(readdirSync(root.path)).toEqual([]);
}

test("a compressed file is decompressed, checked and put in its place, with progress in bytes that arrived", async () => {
	server = await serve((_request, response) => {
		response.setHeader("content-length", compressed.length);
		response.end(compressed);
	});
	const tasks: ProgressTask[] = [];
	let done = 0;
	let ended = 0;
	await download(
		server.url,
		options({
			report: (task) => {
				tasks.push(task);
				return {
					advance: (amount) => {
						done += amount;
					},
					end: () => {
						ended++;
					},
				};
			},
		}),
	);
	expect(readFileSync(options().target)).toEqual(Buffer.from(contents.trainImages));
	expect(readdirSync(root.path)).toEqual(["raw"]);
	expect(tasks).toEqual([{ label: "tiny", total: compressed.length, unit: "bytes" }]);
	expect(done).toBe(compressed.length);
	expect(ended).toBe(1);
});

test("an address that was redirected is followed; a file that is not compressed any more is taken as it is", async () => {
	server = await serve((request, response) => {
		if (request.url === "/") response.writeHead(302, { location: "/there" }).end();
		else response.end(contents.trainImages);
	});
	await download(server.url, options());
	expect(readFileSync(options().target)).toEqual(Buffer.from(contents.trainImages));
	expect(server.requests).toEqual(["/", "/there"]);
});

test("compression declared as the transport's gives the same file", async () => {
	server = await serve((_request, response) => {
		response.writeHead(200, { "content-encoding": "gzip" }).end(compressed);
	});
	await download(server.url, options());
	expect(readFileSync(options().target)).toEqual(Buffer.from(contents.trainImages));
});

test("redirects that never end are given up", async () => {
	server = await serve((_request, response) => {
		response.writeHead(302, { location: "/again" }).end();
	});
	await expect(download(server.url, options())).rejects.toThrow("redirect");
	expectNothing();
});

test("a status that is no success is named", async () => {
	server = await serve((_request, response) => {
		response.writeHead(404).end("nothing here");
	});
	await expect(download(server.url, options())).rejects.toThrow(`${server.url}: HTTP status 404`);
	expectNothing();
});

test("an altered file is refused with its name, its digest and the one expected", async () => {
	const altered = contents.trainImages.slice();
	altered[30]! ^= 1;
	server = await serve((_request, response) => {
		response.end(gzipSync(altered));
	});
	await expect(download(server.url, options())).rejects.toThrow(
		new RegExp(
			`${expected.name} arrived truncated or altered: its SHA-256 is [0-9a-f]{64}, expected ${expected.sha256}`,
		),
	);
	expectNothing();
});

test("a body that is shorter than announced is refused", async () => {
	server = await serve((_request, response) => {
		response.writeHead(200, { "content-length": compressed.length });
		response.write(compressed.subarray(0, compressed.length - 5));
		setTimeout(() => response.destroy(), 20);
	});
	await expect(download(server.url, options())).rejects.toThrow(server.url);
	expectNothing();
});

test("a compressed file cut at the server is refused", async () => {
	server = await serve((_request, response) => {
		response.end(compressed.subarray(0, compressed.length - 10));
	});
	await expect(download(server.url, options())).rejects.toThrow("unexpected end of file");
	expectNothing();
});

test("an empty body is refused", async () => {
	server = await serve((_request, response) => {
		response.end();
	});
	await expect(download(server.url, options())).rejects.toThrow("it has 0 bytes, expected 40");
	expectNothing();
});

test("a small file that unpacks to gigabytes is stopped at the expected size", async () => {
	const bomb = gzipSync(new Uint8Array(20_000_000));
	server = await serve((_request, response) => {
		response.end(bomb);
	});
	await expect(download(server.url, options())).rejects.toThrow("more data than the 40 bytes that were expected");
	expectNothing();
});

test("a server that stops sending, or never begins, is given up after the time set", async () => {
	server = await serve((request, response) => {
		if (request.url === "/half") response.write(compressed.subarray(0, 12));
	});
	const impatient = options({ stallMilliseconds: 200 });
	await expect(download(`${server.url}half`, impatient)).rejects.toThrow("/half: no data for 0.2 s");
	await expect(download(`${server.url}never`, impatient)).rejects.toThrow("/never: no data for 0.2 s");
	expectNothing();
});

test("a server that is slow but steady is waited for", async () => {
	server = await serve((_request, response) => {
		let sent = 0;
		const timer = setInterval(() => {
			response.write(compressed.subarray(sent, sent + 10));
			sent += 10;
			if (sent < compressed.length) return;
			clearInterval(timer);
			response.end();
		}, 100);
	});
	await download(server.url, options({ stallMilliseconds: 2_000 }));
	expect(existsSync(options().target)).toBe(true);
});

test("a server that is not there is named with the cause", async () => {
	server = await serve(() => {});
	const { url } = server;
	await server.close();
	server = undefined;
	await expect(download(url, options())).rejects.toThrow(/fetch failed \(.*ECONNREFUSED/);
	expectNothing();
});
