import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { CatalogueEntry, DataFile, EditionName, FileRole } from "./catalogue";

/** Where the files of one split lie. */
export interface LocatedSplit {
	edition: EditionName;
	images: LocatedFile;
	labels: LocatedFile;
}

/** A file, plain or compressed (`.gz`), and what it must hold. */
export interface LocatedFile {
	path: string;
	expected: DataFile;
}

/** The folder in which this edition is kept under a root. The originals lie where torchvision puts them. */
export function editionFolder(entry: CatalogueEntry, root: string, edition: EditionName): string {
	return path.join(root, entry.name, edition === "original" ? "raw" : "npm");
}

/**
 * Finds the images and labels of a split: the original files in `<root>/<name>/raw`, `<root>/<name>` or `<root>` itself,
 * else the edition made from the npm package. Says nothing about what is in them.
 */
export function locate(
	entry: CatalogueEntry,
	root: string,
	train: boolean,
	only?: EditionName,
): LocatedSplit | undefined {
	const folders: [EditionName, string][] = [
		["original", editionFolder(entry, root, "original")],
		["original", path.join(root, entry.name)],
		["original", root],
		["npm", editionFolder(entry, root, "npm")],
	];
	const [imagesRole, labelsRole]: [FileRole, FileRole] = train
		? ["trainImages", "trainLabels"]
		: ["testImages", "testLabels"];
	for (const [edition, folder] of folders) {
		const files = entry.editions[edition];
		if (files === undefined || (only !== undefined && edition !== only)) continue;
		const images = present(folder, files[imagesRole]);
		const labels = present(folder, files[labelsRole]);
		if (images && labels) return { edition, images, labels };
	}
	return undefined;
}

function present(folder: string, expected: DataFile): LocatedFile | undefined {
	for (const name of [expected.name, `${expected.name}.gz`]) {
		const file = path.join(folder, name);
		if (existsSync(file)) return { path: file, expected };
	}
	return undefined;
}

/** Reads a file and refuses it where it is not, byte for byte, what it must be. */
export function readChecked(file: LocatedFile): Uint8Array {
	const compressed = file.path.endsWith(".gz");
	const { size } = statSync(file.path);
	// A wrong size settles it without reading, perhaps, gigabytes.
	if (!compressed && size !== file.expected.bytes)
		throw refused(file, `it has ${size} bytes, expected ${file.expected.bytes}`);
	if (compressed && size > 2 * file.expected.bytes + 1024)
		throw refused(file, `${size} bytes cannot be ${file.expected.bytes} compressed ones`);
	const bytes = compressed ? decompress(file) : readFileSync(file.path);
	const problem = mismatch(file.expected, bytes.length, () => createHash("sha256").update(bytes).digest("hex"));
	if (problem !== undefined) throw refused(file, problem);
	return bytes;
}

function decompress(file: LocatedFile): Uint8Array {
	try {
		return gunzipSync(readFileSync(file.path), { maxOutputLength: file.expected.bytes + 1 });
	} catch (cause) {
		throw refused(file, `decompressing it failed (${(cause as Error).message})`, cause);
	}
}

function refused({ path: name, expected }: LocatedFile, problem: string, cause?: unknown): Error {
	return new Error(
		`[datasets] ${name} is truncated or altered: ${problem}. It must hold ${expected.bytes} bytes with the SHA-256 ` +
			`${expected.sha256}; delete it to have it fetched again.`,
		{ cause },
	);
}

/** What is wrong with something of this length and digest; undefined where it is as expected. */
export function mismatch(expected: DataFile, bytes: number, digest: () => string): string | undefined {
	if (bytes !== expected.bytes) return `it has ${bytes} bytes, expected ${expected.bytes}`;
	const found = digest();
	return found === expected.sha256 ? undefined : `its SHA-256 is ${found}, expected ${expected.sha256}`;
}
