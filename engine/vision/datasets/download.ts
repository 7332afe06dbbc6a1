import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { ProgressReporter } from "../../data/progress";
import type { DataFile } from "./catalogue";
import { mismatch } from "./files";

export interface DownloadOptions {
	/** The finished file, decompressed. */
	target: string;
	/** Where it is written aside; on the same disk. */
	scratch: string;
	expected: DataFile;
	label: string;
	report: ProgressReporter;
	/** Milliseconds without a byte, at the start or in between, after which the download is given up. */
	stallMilliseconds: number;
}

/**
 * Fetches a file over HTTP, following redirects, and decompresses it on the way to the disk. Only a file that has the
 * expected size and digest appears under its name; anything else is removed, and the error says what was wrong.
 */
export async function download(url: string, options: DownloadOptions): Promise<void> {
	const { expected, target, stallMilliseconds } = options;
	const aside = path.join(options.scratch, `${expected.name}.download`);
	const stall = new StallWatch(stallMilliseconds);
	try {
		const response = await fetch(url, { signal: stall.signal, redirect: "follow" });
		if (!response.ok || response.body === null) {
			await response.body?.cancel();
			throw new Error(`HTTP status ${response.status}${response.statusText ? ` (${response.statusText})` : ""}`);
		}
		const length = Number(response.headers.get("content-length") ?? Number.NaN);
		const bar = options.report({
			label: options.label,
			total: Number.isInteger(length) && length > 0 ? length : undefined,
			unit: "bytes",
		});
		const hash = createHash("sha256");
		let written = 0;
		try {
			const received = watched(response.body, (bytes) => {
				stall.alive();
				bar.advance(bytes);
			});
			const counted = (chunks: AsyncIterable<Uint8Array>) =>
				hashed(chunks, hash, expected.bytes, (bytes) => {
					written = bytes;
				});
			const first = await received.next();
			const chunks = prepend(first, received);
			const compressed = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
			// A server may have taken the compression for the transport's and fetch undone it: go by what arrives.
			if (compressed) await pipeline(chunks, createGunzip(), counted, createWriteStream(aside));
			else await pipeline(chunks, counted, createWriteStream(aside));
		} finally {
			bar.end();
		}
		const problem = mismatch(expected, written, () => hash.digest("hex"));
		if (problem !== undefined) throw new Error(`${expected.name} arrived truncated or altered: ${problem}`);
		await mkdir(path.dirname(target), { recursive: true });
		await rename(aside, target);
	} catch (cause) {
		await rm(aside, { force: true });
		const why = stall.expired ? `no data for ${stallMilliseconds / 1000} s` : reason(cause);
		throw new Error(`${url}: ${why}`, { cause });
	} finally {
		stall.stop();
	}
}

/** Aborts when nothing has come for a while. */
class StallWatch {
	expired = false;
	readonly #controller = new AbortController();
	#timer: NodeJS.Timeout;

	constructor(private readonly milliseconds: number) {
		this.#timer = this.#start();
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	alive(): void {
		this.stop();
		this.#timer = this.#start();
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#start(): NodeJS.Timeout {
		return setTimeout(() => {
			this.expired = true;
			this.#controller.abort();
		}, this.milliseconds);
	}
}

async function* watched(
	body: AsyncIterable<Uint8Array>,
	saw: (bytes: number) => void,
): AsyncGenerator<Uint8Array, undefined> {
	for await (const chunk of body) {
		saw(chunk.length);
		yield chunk;
	}
	return undefined;
}

async function* prepend(
	first: IteratorResult<Uint8Array, undefined>,
	rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
	if (first.done === true) return;
	yield first.value;
	yield* rest;
}

async function* hashed(
	chunks: AsyncIterable<Uint8Array>,
	hash: Hash,
	limit: number,
	wrote: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
	let bytes = 0;
	for await (const chunk of chunks) {
		bytes += chunk.length;
		if (bytes > limit) throw new Error(`more data than the ${limit} bytes that were expected`);
		hash.update(chunk);
		wrote(bytes);
		yield chunk;
	}
}

/** `fetch failed` says nothing; what caused it does. */
function reason(error: unknown): string {
	const { message, cause } = error as Error;
	return cause instanceof Error && cause.message !== "" ? `${message} (${cause.message})` : message;
}
