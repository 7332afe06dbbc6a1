import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { convertFashionJson } from "../../../dist/engine/vision/datasets/fashionJson";
import { parseIdx } from "../../../dist/engine/vision/datasets/idx";
import { sha256, temporaryFolder } from "./tinyDataset";

let root: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
	root = temporaryFolder();
});
afterEach(() => root.remove());

function put(text: string, digest?: string) {
	const bytes = Buffer.from(text);
	writeFileSync(path.join(root.path, "0.json"), bytes);
	return [{ path: "0.json", bytes: bytes.length, sha256: digest ?? sha256(bytes) }];
}

const image = (value: number, count = 784) => `[${new Array(count).fill(value).join(",")}]`;

test("the first thousand are test images, six thousand training images; empty records count for nothing", async () => {
	// Record i is filled with i mod 251, which tells neighbours and thousands apart.
	const records = Array.from({ length: 7_000 }, (_, i) => image(i % 251));
	records.splice(1_000, 0, "[]");
	const files = put(`{"data": [${records.join(", ")}, []]}`);
	let seen = 0;
	const made = await convertFashionJson(root.path, files, (bytes) => {
		seen += bytes;
	});
	expect(seen).toBe(files[0]!.bytes);
	const testImages = parseIdx(made.testImages, "test");
	const trainImages = parseIdx(made.trainImages, "train");
	expect([testImages.shape, trainImages.shape]).toEqual([
		[10_000, 28, 28],
		[60_000, 28, 28],
	]);
	// Class 0 has every tenth place.
	const pixels = (images: Uint8Array, row: number) => new Set(images.subarray(row * 784, (row + 1) * 784));
	for (const record of [0, 1, 7, 999]) {
		expect(pixels(testImages.data, 10 * record)).toEqual(new Set([record % 251]));
		expect(pixels(testImages.data, 10 * record + 1)).toEqual(new Set([0]));
	}
	for (const record of [1_000, 1_001, 6_999]) {
		expect(pixels(trainImages.data, 10 * (record - 1_000))).toEqual(new Set([record % 251]));
	}
	expect([...parseIdx(made.trainLabels, "labels").data.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
	expect(parseIdx(made.testLabels, "labels").shape).toEqual([10_000]);
});

test.each<[string, string, string]>([
	[
		"too large a value",
		`{"data":[${image(1)},${image(256)}]}`,
		"0.json: image 1 goes wrong at pixel 0 with the value 256",
	],
	["a pixel too few", `{"data":[${image(1, 783)}]}`, "0.json: image 0 goes wrong at pixel 783"],
	["a pixel too many", `{"data":[${image(1, 785)}]}`, "0.json: image 0 goes wrong at pixel 784"],
	["too few images", `{"data":[${image(1)},${image(2)}]}`, "0.json holds 2 images, expected 7000"],
	["nothing", "", "0.json holds 0 images, expected 7000"],
])("%s is refused", async (_what, text, message) => {
	await expect(convertFashionJson(root.path, put(text), () => {})).rejects.toThrow(message);
});

test("a file with another digest is refused with both", async () => {
	const wrong = "0".repeat(64);
	await expect(convertFashionJson(root.path, put(`{"data":[${image(3)}]}`, wrong), () => {})).rejects.toThrow(
		new RegExp(`0\\.json has the SHA-256 [0-9a-f]{64}, expected ${wrong}`),
	);
});
