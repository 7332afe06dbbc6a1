import { type LooseBundle, registerRenderer, table } from "../display";
import { escapeHtml } from "../display/escape";
import { formatCount } from "../display/numbers";
import { css } from "../display/theme";
import { dtypeName, isModule, isTensor, numbersOf, shapeText, sizeOf, type TensorLike } from "./engine";
import { imageGrid } from "./images";
import { keepingRandomNumbers, kindOf } from "./quiet";

/** What the views need of a data set. */
interface DatasetLike {
	readonly length: number;
	get(index: number): unknown;
	readonly classes?: unknown;
	readonly dataset?: unknown;
}

/** What the views need of a loader. */
interface LoaderLike {
	readonly dataset: DatasetLike;
	readonly batchSize: number | null;
	readonly dropLast: boolean;
	readonly sampler: unknown;
	readonly length?: number;
	[Symbol.iterator](): Iterator<unknown>;
}

/** Items looked at for the grid of pictures, and for the table. */
const pictures = 40;
const rows = 5;

function isDataset(value: unknown): value is DatasetLike {
	if (typeof value !== "object" || value === null || Array.isArray(value) || isModule(value)) return false;
	// A tensor of no dimensions has no length either, and says so by an error.
	if (typeof (value as Partial<DatasetLike>).get !== "function" || "set" in value || isTensor(value)) return false;
	// Of maps and the like, which have `get` too, only `length` tells.
	return typeof (value as Partial<DatasetLike>).length === "number";
}

function isLoader(value: unknown): value is LoaderLike {
	if (typeof value !== "object" || value === null) return false;
	const { dataset, batchSize, dropLast } = value as Partial<LoaderLike>;
	return isDataset(dataset) && batchSize !== undefined && typeof dropLast === "boolean" && Symbol.iterator in value;
}

registerRenderer(isDataset, datasetBundle);
registerRenderer(isLoader, loaderBundle);

/** The first items: a grid of pictures with their labels, or a table. */
function datasetBundle(dataset: DatasetLike): LooseBundle {
	const items = keepingRandomNumbers(() =>
		Array.from({ length: Math.min(dataset.length, pictures) }, (_, i) => dataset.get(i)),
	);
	const head = `${formatCount(dataset.length)} items`;
	const item = items.length === 0 ? "" : ` of ${structure(items[0])}`;
	const facts = `${head}${item}`;
	const own = ownText(dataset);
	return {
		"text/plain": own ?? `${kindOf(dataset)}: ${facts}`,
		"text/html": `${heading(kindOf(dataset), facts)}${items.length === 0 ? "" : contents(dataset, items)}`,
	};
}

function loaderBundle(loader: LoaderLike): LooseBundle {
	const { dataset, batchSize, dropLast, sampler } = loader;
	const batches = batchCount(loader);
	const facts = [
		batches === undefined ? "batches" : `${formatCount(batches)} batches`,
		batchSize === null ? "made by a batch sampler" : `of ${batchSize}`,
		...(sampler !== null && typeof sampler === "object" ? [`in the order of ${kindOf(sampler)}`] : []),
		...(dropLast ? ["an incomplete last one is left out"] : []),
	];
	const inner = datasetBundle(dataset);
	const first = dataset.length > 0 ? keepingRandomNumbers(() => dataset.get(0)) : undefined;
	const batch = first === undefined || batchSize === null ? "" : `; a batch is ${structure(first, batchSize)}`;
	const line = `${facts.join(", ")}${batch}`;
	return {
		"text/plain": `${kindOf(loader)}: ${line}\n  of ${String(inner["text/plain"]).split("\n").join("\n  ")}`,
		"text/html": `${heading(kindOf(loader), line)}<div style="margin-left:12px">${inner["text/html"]}</div>`,
	};
}

/** A loader over data of unknown length has no length of its own. */
function batchCount(loader: LoaderLike): number | undefined {
	try {
		return loader.length;
	} catch {
		return undefined;
	}
}

function contents(dataset: DatasetLike, items: unknown[]): string {
	const split = items.map(pictureAndLabel);
	if (split.every((one) => one !== undefined)) {
		const classes = classesOf(dataset);
		const labels = split.map(({ label }) => label);
		const known = labels.every((label) => label !== undefined);
		const names = labels.map((label) => classes?.[Number(label)] ?? String(label));
		const images = split.map(({ picture }) => picture);
		return String(
			imageGrid(images, { columns: 10, ...(known ? { titles: names } : {}) }).bundle()["text/html"] ??
				pngOf(imageGrid(images, { columns: 10 }).bundle()),
		);
	}
	const shown = items.slice(0, rows).map((item, index) => ({ index, ...fieldsOf(item) }));
	return String(table(shown).bundle()["text/html"]);
}

function pngOf(bundle: Record<string, unknown>): string {
	return `<img alt="${escapeHtml(String(bundle["text/plain"]))}" src="data:image/png;base64,${bundle["image/png"]}">`;
}

/** A picture alone, or with its label behind it. */
function pictureAndLabel(item: unknown): { picture: TensorLike; label?: unknown } | undefined {
	const [picture, label] = Array.isArray(item) ? item : [item];
	if (!isTensor(picture)) return undefined;
	const [height = 0, width = 0] = picture.shape.slice(-2);
	const channels = picture.shape.length === 3 ? picture.shape[0] : 1;
	const whole = (picture.shape.length === 3 || picture.shape.length === 2) && (channels === 1 || channels === 3);
	if (!whole || Math.min(height, width) < 8 || Math.max(height, width) > 1024) return undefined;
	return { picture, label: isTensor(label) && sizeOf(label.shape) === 1 ? numbersOf(label)[0] : label };
}

/** Names of the classes, also of the data set that a subset is of. */
function classesOf(dataset: DatasetLike): readonly string[] | undefined {
	if (Array.isArray(dataset.classes)) return dataset.classes.map(String);
	return isDataset(dataset.dataset) ? classesOf(dataset.dataset) : undefined;
}

function fieldsOf(item: unknown): Record<string, unknown> {
	if (isTensor(item)) return { item: valueText(item) };
	if (Array.isArray(item)) return Object.fromEntries(item.map((part, i) => [`[${i}]`, valueText(part)]));
	if (typeof item === "object" && item !== null)
		return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, valueText(part)]));
	return { item };
}

function valueText(value: unknown): unknown {
	if (!isTensor(value)) return value;
	if (sizeOf(value.shape) === 1) return numbersOf(value)[0];
	return sizeOf(value.shape) <= 8 ? String(value) : `${shapeText(value.shape)} ${dtypeName(value)}`;
}

/** `(1 × 28 × 28 float32, number)`; of a batch of `count`, what collating makes of it. */
function structure(item: unknown, count?: number): string {
	const within = (part: unknown): string => structure(part, count);
	if (isTensor(item)) {
		const shape = count === undefined ? item.shape : [count, ...item.shape];
		return `${shapeText(shape)} ${dtypeName(item)}`;
	}
	if (Array.isArray(item)) return `(${item.map(within).join(", ")})`;
	if (typeof item === "object" && item !== null) {
		return `{${Object.entries(item)
			.map(([key, part]) => `${key}: ${within(part)}`)
			.join(", ")}}`;
	}
	return count === undefined ? typeof item : `${count} of type ${typeof item}`;
}

/** What the class itself says, in place of JavaScript's `[object Object]`. */
function ownText(value: object): string | undefined {
	const text = value.toString === Object.prototype.toString ? "" : String(value);
	return text === "" || text.startsWith("[object") ? undefined : text;
}

function heading(kind: string, facts: string): string {
	return `<div style="font-family:${css.font};font-size:${css.fontSize};color:${css.text};margin-bottom:6px"><b>${escapeHtml(kind)}</b> ${escapeHtml(facts)}</div>`;
}
