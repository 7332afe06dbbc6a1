import { encodePng, type Pixels, View } from "../display";
import { escapeHtml } from "../display/escape";
import { inspectText } from "../display/inspect";
import { formatCount, formatNumber } from "../display/numbers";
import { css, rightColour, wrongColour } from "../display/theme";
import { dtypeName, isTensor, numbersOf, shapeText, sizeOf, type TensorLike } from "./engine";

/** Pictures: a batch (N × H × W, N × 1 × H × W, N × 3 × H × W), one picture, or an array of either. */
export type Images = TensorLike | readonly (TensorLike | readonly (readonly number[])[])[];

/** Classes: numbers, names, or a tensor of numbers. */
export type Classes = TensorLike | ArrayLike<number> | readonly string[];

export interface ImageGridOptions {
	/** Pictures in a row. Default: as many as fit into about 720 pixels, at most 10. */
	columns?: number;
	/** Text under each picture. */
	titles?: readonly string[];
	/** The class of each picture, shown under it. */
	labels?: Classes;
	/** The class predicted for each: wrong ones are marked, and the true one is named beside them. */
	predictions?: Classes;
	/** Names of the classes by their numbers. */
	classes?: readonly string[];
	/** Heading above the grid. */
	caption?: string;
	/** Values drawn black and white. Default: 0 to 255 for bytes, 0 to 1 where all values are, else their own range. */
	range?: readonly [black: number, white: number];
	/**
	 * Whether a tensor of shape 3 × H × W is one picture in colours or three grey ones. Default: three grey ones where there
	 * are three titles, labels or predictions, else colours.
	 */
	colour?: boolean;
	/** Dark on light instead of light on dark. Default false. */
	invert?: boolean;
	/** Screen pixels for each pixel. Default: whole, so that a picture is about 64 pixels wide. */
	scale?: number;
	/** Pictures shown; a note says how many there are. Default 64. */
	limit?: number;
}

interface Picture {
	width: number;
	height: number;
	channels: 1 | 3;
	/** Channel after channel, as tensors hold them. */
	values: ArrayLike<number>;
	bytes: boolean;
}

/**
 * A grid of pictures: one PNG where nothing stands under them, else a picture each with its caption. Grey or RGB, values
 * from 0 to 1 or 0 to 255 or any `range`.
 *
 * @example imageGrid(x, { labels: y, predictions: model(x).argmax(1), classes: names })
 */
export function imageGrid(images: Images, options: ImageGridOptions = {}): View {
	const texts = options.titles ?? options.labels ?? options.predictions;
	const colour = options.colour ?? (texts === undefined || lengthOf(texts) !== 3);
	const { count, shown } = picturesOf(images, options.limit ?? 64, colour);
	if (count === 0) throw new RangeError("[imageGrid] there are no images in the batch");
	const range = options.range ?? rangeFor(shown);
	const pixels = shown.map((picture) => toPixels(picture, range, options.invert ?? false));
	const captions = captionsOf(shown.length, count, options);
	const widest = Math.max(...shown.map((picture) => picture.width));
	const scale = options.scale ?? Math.max(1, Math.round(64 / widest));
	const columns = options.columns ?? Math.min(shown.length, 10, Math.max(1, Math.floor(720 / (widest * scale + 8))));
	if (!(Number.isInteger(columns) && columns > 0)) {
		throw new RangeError(`[imageGrid] columns: ${columns}, expected a whole number of at least 1`);
	}
	const rest = count - shown.length;
	const note = rest > 0 ? `${formatCount(rest)} of ${formatCount(count)} images not shown` : undefined;
	const text = describe(shown, range, options.caption, captions, note);
	return new View(() =>
		captions === undefined && options.caption === undefined && note === undefined
			? { "text/plain": text, "image/png": encodePng(tiled(pixels, columns, scale)) }
			: {
					"text/plain": text,
					"text/html": htmlGrid(pixels, { columns, scale, captions, caption: options.caption, note }),
				},
	);
}

/** The first `limit` pictures, and how many there are. */
function picturesOf(images: Images, limit: number, colour: boolean): { count: number; shown: Picture[] } {
	if (isTensor(images)) return fromTensor(images, limit, colour);
	if (!Array.isArray(images))
		throw new TypeError(`[imageGrid] expected a tensor or an array, got ${inspectText(images)}`);
	// Rows of numbers: one picture rather than a list of them.
	if (Array.isArray(images[0]) && typeof images[0][0] === "number")
		return { count: 1, shown: [fromRows(images as never)] };
	const list = images as readonly (TensorLike | readonly (readonly number[])[])[];
	let count = 0;
	const shown: Picture[] = [];
	for (const image of list) {
		const part = isTensor(image)
			? fromTensor(image, limit - shown.length, true)
			: { count: 1, shown: [fromRows(image)] };
		count += part.count;
		shown.push(...part.shown.slice(0, limit - shown.length));
	}
	return { count, shown };
}

function fromTensor(tensor: TensorLike, limit: number, colour: boolean): { count: number; shown: Picture[] } {
	const { shape } = tensor;
	const [height = 0, width = 0] = shape.slice(-2);
	const expected = "expected H × W, 3 × H × W, N × H × W, N × 1 × H × W or N × 3 × H × W";
	if (shape.length < 2 || shape.length > 4) {
		throw new RangeError(`[imageGrid] a tensor of shape ${shapeText(shape)} holds no pictures; ${expected}`);
	}
	if (shape.length === 4 && shape[1] !== 1 && shape[1] !== 3) {
		throw new RangeError(`[imageGrid] ${shape[1]} channels in a tensor of shape ${shapeText(shape)}; ${expected}`);
	}
	const channels = shape.length === 4 ? (shape[1] as 1 | 3) : shape.length === 3 && shape[0] === 3 && colour ? 3 : 1;
	const size = channels * height * width;
	const count = size === 0 ? 0 : sizeOf(shape) / size;
	const wanted = Math.min(count, Math.max(0, limit));
	let plain = typeof tensor.detach === "function" ? tensor.detach() : tensor;
	// A data set of 60,000 images is not copied for the first 64 of them.
	if (count > wanted && count === shape[0] && typeof plain.narrow === "function") plain = plain.narrow(0, 0, wanted);
	const values = Float64Array.from(wanted === 0 ? [] : numbersOf(plain));
	const bytes = dtypeName(tensor) === "uint8";
	const shown = Array.from({ length: wanted }, (_, i) => {
		return { width, height, channels, bytes, values: values.subarray(i * size, (i + 1) * size) };
	});
	return { count, shown };
}

function fromRows(rows: readonly (readonly number[])[]): Picture {
	const width = Array.isArray(rows?.[0]) ? rows[0].length : 0;
	if (width === 0 || !rows.every((row) => Array.isArray(row) && row.length === width)) {
		throw new TypeError(`[imageGrid] expected rows of equally many numbers, got ${inspectText(rows).slice(0, 80)}`);
	}
	return { width, height: rows.length, channels: 1, bytes: false, values: rows.flat() };
}

function rangeFor(pictures: Picture[]): readonly [number, number] {
	if (pictures.every((picture) => picture.bytes)) return [0, 255];
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (const { values } of pictures) {
		for (let i = 0; i < values.length; i++) {
			const value = values[i]!;
			if (value < low) low = value;
			if (value > high) high = value;
		}
	}
	if (low >= 0 && high <= 1) return [0, 1];
	if (low >= 0 && high <= 255 && high > 1 && Number.isInteger(low) && Number.isInteger(high)) return [0, 255];
	return low < high ? [low, high] : [low - 0.5, low + 0.5];
}

function toPixels(picture: Picture, [black, white]: readonly [number, number], invert: boolean): Pixels {
	const { width, height, channels, values } = picture;
	const plane = width * height;
	const data = new Uint8Array(plane * channels);
	const [zero, one] = invert ? [white, black] : [black, white];
	for (let i = 0; i < plane; i++) {
		for (let c = 0; c < channels; c++) {
			const share = (values[c * plane + i]! - zero) / (one - zero);
			data[i * channels + c] = Math.round(Math.min(1, Math.max(0, share)) * 255);
		}
	}
	return { width, height, channels, data };
}

/** All pictures in one, each pixel `scale` pixels wide, with transparent gaps. */
function tiled(pictures: Pixels[], columns: number, scale: number): Pixels {
	const gap = 4;
	const cellWidth = Math.max(...pictures.map((picture) => picture.width)) * scale + gap;
	const cellHeight = Math.max(...pictures.map((picture) => picture.height)) * scale + gap;
	const across = Math.min(columns, pictures.length);
	const width = across * cellWidth - gap;
	const height = Math.ceil(pictures.length / columns) * cellHeight - gap;
	const colour = pictures.some((picture) => picture.channels === 3);
	const channels = colour ? 4 : 2;
	const data = new Uint8Array(width * height * channels);
	pictures.forEach((picture, index) => {
		const left = (index % columns) * cellWidth;
		const top = Math.floor(index / columns) * cellHeight;
		for (let y = 0; y < picture.height * scale; y++) {
			for (let x = 0; x < picture.width * scale; x++) {
				const from = (Math.floor(y / scale) * picture.width + Math.floor(x / scale)) * picture.channels;
				const to = ((top + y) * width + left + x) * channels;
				for (let c = 0; c < channels - 1; c++) data[to + c] = picture.data[from + (picture.channels === 1 ? 0 : c)]!;
				data[to + channels - 1] = 255;
			}
		}
	});
	return { width, height, channels, data };
}

interface Caption {
	text: string;
	/** Whether a prediction is right; undefined where there is none. */
	right?: boolean;
}

function captionsOf(shown: number, all: number, options: ImageGridOptions): Caption[] | undefined {
	const { titles, labels, predictions, classes } = options;
	if (titles !== undefined) {
		checkCount("titles", titles.length, all);
		return titles.slice(0, shown).map((text) => ({ text }));
	}
	const truth = labels === undefined ? undefined : namesOf("labels", labels, classes, all);
	const guess = predictions === undefined ? undefined : namesOf("predictions", predictions, classes, all);
	if (guess === undefined) return truth?.slice(0, shown).map((text) => ({ text }));
	return guess.slice(0, shown).map((name, i) => {
		if (truth === undefined) return { text: name };
		return truth[i] === name
			? { text: `✓ ${name}`, right: true }
			: { text: `✗ ${name}, not ${truth[i]}`, right: false };
	});
}

function namesOf(what: string, values: Classes, classes: readonly string[] | undefined, count: number): string[] {
	const list = Array.from(isTensor(values) ? numbersOf(values) : (values as ArrayLike<number | string>));
	checkCount(what, list.length, count);
	return list.map((value) => {
		if (typeof value === "string") return value;
		const name = classes?.[value];
		if (classes !== undefined && name === undefined) {
			throw new RangeError(`[imageGrid] ${what}: class ${value}, but there are ${classes.length} names in classes`);
		}
		return name ?? String(value);
	});
}

function lengthOf(values: Classes): number {
	return isTensor(values) ? sizeOf(values.shape) : values.length;
}

function checkCount(what: string, count: number, images: number): void {
	if (count !== images)
		throw new RangeError(`[imageGrid] ${count} ${what} for ${images} images; expected one for each`);
}

interface Layout {
	columns: number;
	scale: number;
	captions: Caption[] | undefined;
	caption: string | undefined;
	note: string | undefined;
}

function htmlGrid(pictures: Pixels[], { columns, scale, captions, caption, note }: Layout): string {
	const cells = pictures.map((picture, i) => {
		const { text, right } = captions?.[i] ?? { text: "" };
		const alt = escapeHtml(text === "" ? `image ${i + 1}` : text);
		const mark = right === undefined ? "" : ` style="color:${right ? rightColour : wrongColour};font-weight:600"`;
		const label = text === "" ? "" : `<figcaption${mark}>${escapeHtml(text)}</figcaption>`;
		const source = `data:image/png;base64,${encodePng(picture).toString("base64")}`;
		return `<figure><img src="${source}" alt="${alt}" width="${picture.width * scale}" height="${picture.height * scale}">${label}</figure>`;
	});
	const heading = caption === undefined ? "" : `<div class="gradbook-images-caption">${escapeHtml(caption)}</div>`;
	const foot = note === undefined ? "" : `<div>${escapeHtml(note)}</div>`;
	return `${gridStyle}<div class="gradbook-images">${heading}<div style="display:grid;grid-template-columns:repeat(${columns},minmax(40px,max-content));gap:8px 10px;overflow-x:auto">${cells.join("")}</div>${foot}</div>`;
}

const gridStyle = `<style>
.gradbook-images{font-family:${css.font};font-size:12px;color:${css.text}}
.gradbook-images figure{margin:0;text-align:center;max-width:110px;display:flex;flex-direction:column;align-items:center}
.gradbook-images img{image-rendering:pixelated;max-width:100%;height:auto}
.gradbook-images figcaption{line-height:1.25;margin-top:2px;font-size:11px}
.gradbook-images-caption{font-size:${css.fontSize};font-weight:600;margin-bottom:6px}
</style>`;

function describe(
	pictures: Picture[],
	range: readonly [number, number],
	caption: string | undefined,
	captions: Caption[] | undefined,
	note: string | undefined,
): string {
	const { width, height, channels } = pictures[0]!;
	const kind = channels === 3 ? "colour" : "grey";
	const count = pictures.length === 1 ? "1 image" : `${pictures.length} images`;
	const values = `${kind}, ${formatNumber(range[0])} to ${formatNumber(range[1])}`;
	const lines = [`${caption === undefined ? "" : `${caption}: `}${count} of ${width} × ${height} pixels (${values})`];
	if (captions !== undefined) lines.push(captions.map((entry) => entry.text).join(" | "));
	if (note !== undefined) lines.push(`(${note})`);
	return lines.join("\n");
}
