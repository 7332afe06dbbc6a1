import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultRoot } from "../../../dist/engine/vision/datasets/cache";
import { locate, readChecked } from "../../../dist/engine/vision/datasets/files";
import { contents, temporaryFolder, tiny } from "./tinyDataset";

let root: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	root = temporaryFolder();
});
afterEach(() => root.remove());

function put(folder: string, name: string, bytes: Uint8Array): string {
	const target = path.join(root.path, folder, name);
	mkdirSync(path.dirname(target), { recursive: true });
	writeFileSync(target, bytes);
	return target;
}

function putTest(folder: string): void {
	put(folder, "t10k-images-idx3-ubyte", contents.testImages);
	put(folder, "t10k-labels-idx1-ubyte.gz", gzipSync(contents.testLabels));
}

test.each(["Tiny/raw", "Tiny", "."])("plain and compressed files are found in %s", (folder) => {
	expect(locate(tiny, root.path, false)).toBeUndefined();
	putTest(folder);
	const split = locate(tiny, root.path, false)!;
	expect(split.edition).toBe("original");
	expect(readChecked(split.images)).toEqual(Buffer.from(contents.testImages));
	expect(readChecked(split.labels)).toEqual(Buffer.from(contents.testLabels));
	expect(locate(tiny, root.path, true)).toBeUndefined();
	expect(locate(tiny, root.path, false, "npm")).toBeUndefined();
});

test("images without their labels are not a split", () => {
	put("Tiny/raw", "t10k-images-idx3-ubyte", contents.testImages);
	expect(locate(tiny, root.path, false)).toBeUndefined();
});

test("a truncated file is refused with its name and what was expected", () => {
	putTest("Tiny/raw");
	const file = put("Tiny/raw", "t10k-images-idx3-ubyte", contents.testImages.subarray(0, 20));
	const { images } = locate(tiny, root.path, false)!;
	expect(() => readChecked(images)).toThrow(`${file} is truncated or altered: it has 20 bytes, expected 28`);
});

test("an altered file is refused with both digests", () => {
	putTest("Tiny/raw");
	const altered = contents.testImages.slice();
	altered[20]! ^= 1;
	put("Tiny/raw", "t10k-images-idx3-ubyte", altered);
	const { images } = locate(tiny, root.path, false)!;
	expect(() => readChecked(images)).toThrow(/its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/);
	expect(() => readChecked(images)).toThrow(tiny.editions.original.testImages.sha256);
});

test("a compressed file that is cut, is none, or unpacks to too much is refused", () => {
	putTest("Tiny/raw");
	const { labels } = locate(tiny, root.path, false)!;
	put("Tiny/raw", "t10k-labels-idx1-ubyte.gz", gzipSync(contents.testLabels).subarray(0, 15));
	expect(() => readChecked(labels)).toThrow(
		"t10k-labels-idx1-ubyte.gz is truncated or altered: decompressing it failed",
	);
	put("Tiny/raw", "t10k-labels-idx1-ubyte.gz", Uint8Array.of(1, 2, 3));
	expect(() => readChecked(labels)).toThrow("decompressing it failed");
	put("Tiny/raw", "t10k-labels-idx1-ubyte.gz", gzipSync(new Uint8Array(1_000_000)));
	expect(() => readChecked(labels)).toThrow("is truncated or altered");
});

test("the default folder follows the environment and the platform, never the working directory", () => {
	expect(defaultRoot({ GRADBOOK_DATA: "/data" }, "linux", "/home/u")).toBe("/data");
	expect(defaultRoot({ XDG_CACHE_HOME: "/c" }, "linux", "/home/u")).toBe("/c/gradbook/data");
	expect(defaultRoot({ XDG_CACHE_HOME: "relative" }, "linux", "/home/u")).toBe("/home/u/.cache/gradbook/data");
	expect(defaultRoot({}, "linux", "/home/u")).toBe("/home/u/.cache/gradbook/data");
	expect(defaultRoot({ XDG_CACHE_HOME: "/c" }, "darwin", "/Users/u")).toBe("/Users/u/Library/Caches/gradbook/data");
});
