import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import type { CatalogueEntry, DataFile, FileRole } from "../../../dist/engine/vision/datasets/catalogue";
import { emptyIdx } from "../../../dist/engine/vision/datasets/idx";

/* A data set of a few images of 2 × 2 pixels, with digests, to be served, spoilt and fetched. */

export const contents: Record<FileRole, Uint8Array> = {
	trainImages: images(6, 1),
	trainLabels: labels(6),
	testImages: images(3, 101),
	testLabels: labels(3),
};

const names: Record<FileRole, string> = {
	trainImages: "train-images-idx3-ubyte",
	trainLabels: "train-labels-idx1-ubyte",
	testImages: "t10k-images-idx3-ubyte",
	testLabels: "t10k-labels-idx1-ubyte",
};

function images(count: number, first: number): Uint8Array {
	const idx = emptyIdx([count, 2, 2]);
	idx.data.forEach((_, i) => {
		idx.data[i] = first + i;
	});
	return idx.file;
}

function labels(count: number): Uint8Array {
	const idx = emptyIdx([count]);
	idx.data.forEach((_, i) => {
		idx.data[i] = i % 3;
	});
	return idx.file;
}

export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

function dataFile(role: FileRole): DataFile {
	return { name: names[role], bytes: contents[role].length, sha256: sha256(contents[role]) };
}

export const tiny: CatalogueEntry = {
	name: "Tiny" as CatalogueEntry["name"],
	classes: ["a", "b", "c"],
	mirrors: [],
	editions: {
		original: {
			trainImages: dataFile("trainImages"),
			trainLabels: dataFile("trainLabels"),
			testImages: dataFile("testImages"),
			testLabels: dataFile("testLabels"),
		},
	},
	npm: { package: "tiny-data@1.0.0", edition: "original", idx: names },
};

/** The contents of a file by its name. */
export function contentsOf(name: string): Uint8Array | undefined {
	const role = (Object.keys(names) as FileRole[]).find((key) => names[key] === name);
	return role && contents[role];
}

export function temporaryFolder(): { path: string; remove(): void } {
	const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-data-"));
	return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface TestServer {
	url: string;
	requests: string[];
	close(): Promise<void>;
}

/** An HTTP server on this machine that remembers what it was asked for. */
export async function serve(listener: RequestListener): Promise<TestServer> {
	const requests: string[] = [];
	const server: Server = createServer((request, response) => {
		requests.push(request.url ?? "");
		listener(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		requests,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
}
