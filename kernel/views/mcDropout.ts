import { type LooseBundle, View } from "../display";
import { escapeHtml } from "../display/escape";
import { formatCount, formatNumber } from "../display/numbers";
import { css, rightColour, seriesColours, wrongColour } from "../display/theme";
import { isDropout } from "./dropout";
import { detached, isModule, isTensor, type ModuleLike, numbersOf, shapeText, type TensorLike } from "./engine";
import { type Classes, imageGrid } from "./images";
import { call, kindOf, quietly } from "./quiet";

export interface McDropoutOptions {
	/** Passes with dropout on. Default 100. */
	samples?: number;
	/** Names of the classes by their numbers. */
	classes?: readonly string[];
	/** The true classes: numbers, names, or a tensor of numbers. */
	labels?: Classes;
	/** Cases shown, the least certain first. Default 8. */
	limit?: number;
	/** Classes shown of each case, the likeliest first. Default 4. */
	top?: number;
	/** Heading. */
	caption?: string;
}

/** The mean and spread of class probabilities over many passes with dropout on. */
export class McDropout extends View {
	/** Mean probability of each class of each case: N rows of C. */
	readonly mean: number[][];
	/** Standard deviation over the passes (n − 1). */
	readonly std: number[][];
	/** Entropy of the mean probabilities in nats: 0 where the network is sure, ln C where it knows nothing. */
	readonly entropy: number[];
	/** Cases from the least to the most certain. */
	readonly order: number[];

	/** @internal */
	constructor(moments: { mean: number[][]; std: number[][] }, render: (view: McDropout) => LooseBundle) {
		super(() => render(this));
		this.mean = moments.mean;
		this.std = moments.std;
		this.entropy = this.mean.map((row) => row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0));
		this.order = this.entropy.map((_, i) => i).sort((a, b) => this.entropy[b]! - this.entropy[a]!);
	}
}

/**
 * How sure a classifier is: runs it many times with only its dropout layers in training mode (Gal and Ghahramani, 2016)
 * and shows the least certain cases first, each with its picture (or number) and its likeliest classes: mean probability
 * as a bar, standard deviation as a line over its end. The model returns logits or probabilities, N × C; one number for each
 * case, N × 1 or N, is the logit (or probability, where all lie in 0 to 1) of class 1 of two. Modes and random numbers stay
 * as they were.
 *
 * @example mcDropout(model, images, { labels, classes: testSet.classes, samples: 100 })
 */
export function mcDropout(model: ModuleLike, input: TensorLike, options: McDropoutOptions = {}): McDropout {
	if (!isModule(model)) throw new TypeError("[mcDropout] expected a module");
	if (!isTensor(input)) throw new TypeError("[mcDropout] expected a tensor of cases as the second argument");
	if (![...model.namedModules()].some(([, module]) => isDropout(module))) {
		throw new RangeError(`[mcDropout] ${kindOf(model)} has no dropout layer: all passes would be the same`);
	}
	const { samples = 100 } = options;
	if (!(Number.isInteger(samples) && samples >= 2)) {
		throw new RangeError(`[mcDropout] samples: ${samples}, expected a whole number of at least 2`);
	}
	const moments = quietly(model, () => momentsOf(model, input, samples), isDropout);
	const truth = options.labels === undefined ? undefined : namesOf(options.labels, options.classes);
	if (truth !== undefined && truth.length !== moments.mean.length) {
		throw new RangeError(`[mcDropout] ${truth.length} labels for ${moments.mean.length} cases`);
	}
	return new McDropout(moments, (view) => render(view, input, truth, { ...options, samples }));
}

/** Mean and standard deviation of the probabilities over the passes, by Welford's updates. */
function momentsOf(model: ModuleLike, input: TensorLike, samples: number): { mean: number[][]; std: number[][] } {
	let mean: Float64Array | undefined;
	let squares = new Float64Array();
	let classes = 0;
	for (let sample = 0; sample < samples; sample++) {
		const output = call(model, input);
		if (!isTensor(output) || output.shape.length < 1 || output.shape.length > 2) {
			throw new RangeError(
				`[mcDropout] the model returned ${isTensor(output) ? `a tensor of shape ${shapeText(output.shape)}` : typeof output}, expected N × C`,
			);
		}
		const columns = output.shape[1] ?? 1;
		const numbers = numbersOf(detached(output));
		classes = Math.max(2, columns);
		const values = columns === 1 ? ofTwoClasses(numbers) : probabilities(numbers, columns);
		mean ??= new Float64Array(values.length);
		if (squares.length === 0) squares = new Float64Array(values.length);
		for (let i = 0; i < values.length; i++) {
			const delta = values[i]! - mean[i]!;
			mean[i]! += delta / (sample + 1);
			squares[i]! += delta * (values[i]! - mean[i]!);
		}
	}
	const rows = (of: (i: number) => number): number[][] =>
		Array.from({ length: mean!.length / classes }, (_, row) =>
			Array.from({ length: classes }, (_, column) => of(row * classes + column)),
		);
	return { mean: rows((i) => mean![i]!), std: rows((i) => Math.sqrt(squares[i]! / (samples - 1))) };
}

/** Rows that are no probabilities already are taken as logits. */
export function probabilities(values: ArrayLike<number>, classes: number): Float64Array {
	const result = Float64Array.from(values);
	for (let start = 0; start < result.length; start += classes) {
		const row = result.subarray(start, start + classes);
		const sum = row.reduce((a, b) => a + b, 0);
		if (row.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-3) continue;
		const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
		let total = 0;
		for (let i = 0; i < classes; i++) {
			row[i] = Math.exp(row[i]! - largest);
			total += row[i]!;
		}
		for (let i = 0; i < classes; i++) row[i]! /= total;
	}
	return result;
}

/** Both probabilities of each case from the logits, or probabilities, of class 1. */
function ofTwoClasses(values: ArrayLike<number>): Float64Array {
	const given = Array.from(values);
	const logits = !given.every((value) => value >= 0 && value <= 1);
	return Float64Array.from(
		given.flatMap((value) => {
			const p = logits ? 1 / (1 + Math.exp(-value)) : value;
			return [1 - p, p];
		}),
	);
}

function namesOf(labels: Classes, classes: readonly string[] | undefined): string[] {
	const list = Array.from(isTensor(labels) ? numbersOf(labels) : (labels as ArrayLike<number | string>));
	return list.map((label) => (typeof label === "number" ? (classes?.[label] ?? String(label)) : label));
}

interface Bar {
	name: string;
	mean: number;
	std: number;
}

function render(
	view: McDropout,
	input: TensorLike,
	truth: readonly string[] | undefined,
	{ classes, limit = 8, top = 4, samples, caption = "Least certain first" }: McDropoutOptions,
): LooseBundle {
	const shown = view.order.slice(0, limit);
	const cases = shown.map((index) => {
		const bars = view.mean[index]!.map(
			(mean, i): Bar => ({ name: classes?.[i] ?? String(i), mean, std: view.std[index]![i]! }),
		);
		const best = bars.sort((a, b) => b.mean - a.mean).slice(0, top);
		return { index, best, true: truth?.[index], entropy: view.entropy[index]! };
	});
	const left = view.order.length - shown.length;
	const head = `${caption}: ${shown.length} of ${formatCount(view.order.length)} cases, ${samples} passes with dropout`;
	const lines = cases.map(({ index, best, true: right }) => {
		const text = best.map(({ name, mean, std }) => `${name} ${mean.toFixed(2)} ± ${std.toFixed(2)}`).join(", ");
		return `case ${index}${right === undefined ? "" : ` (${right})`}: ${text}`;
	});
	const pictures = picturesOf(input, shown);
	const cards = cases.map(({ index, best, true: right, entropy }, i) => {
		const wrong = right !== undefined && best[0]?.name !== right;
		const mark =
			right === undefined
				? ""
				: `<span style="color:${wrong ? wrongColour : rightColour};font-weight:600">${wrong ? "✗" : "✓"} ${escapeHtml(right)}</span>`;
		return `<div class="gradbook-case">${pictures?.[i] ?? ""}<div><div>case ${index} ${mark}</div>${barsSvg(best)}<div class="gradbook-muted">entropy ${formatNumber(entropy, 2)}</div></div></div>`;
	});
	const note = left > 0 ? `<div class="gradbook-muted">${formatCount(left)} more certain cases not shown</div>` : "";
	return {
		"text/plain": [head, ...lines.map((line) => `  ${line}`)].join("\n"),
		"text/html": `${style}<div class="gradbook-cases"><b>${escapeHtml(head)}</b><div class="gradbook-grid">${cards.join("")}</div>${note}</div>`,
	};
}

/** The cases' pictures, where they are pictures. */
function picturesOf(input: TensorLike, cases: readonly number[]): string[] | undefined {
	const { shape } = input;
	const [height = 0, width = 0] = shape.slice(-2);
	const channels = shape.length === 4 ? shape[1] : 1;
	if (shape.length < 3 || shape.length > 4 || (channels !== 1 && channels !== 3)) return undefined;
	if (Math.min(height, width) < 4 || Math.max(height, width) > 256) return undefined;
	const plain = detached(input);
	return cases.map((index) => {
		const one = plain.narrow!(0, index, 1);
		const { "image/png": png } = imageGrid(one, { columns: 1 }).bundle();
		return `<img alt="case ${index}" width="72" src="data:image/png;base64,${png}">`;
	});
}

const bar = { height: 16, name: 84, width: 120 };

function barsSvg(bars: readonly Bar[]): string {
	const text = bars.map(({ name, mean, std }) => `${name} ${mean.toFixed(2)} ± ${std.toFixed(2)}`).join(", ");
	const x = (share: number) => Math.round((bar.name + Math.min(1, Math.max(0, share)) * bar.width) * 10) / 10;
	const rows = bars.map(({ name, mean, std }, i) => {
		const y = i * bar.height;
		const short = name.length > 13 ? `${name.slice(0, 12)}…` : name;
		return `<text x="${bar.name - 6}" y="${y + 12}" text-anchor="end" fill="currentColor">${escapeHtml(short)}</text><rect x="${bar.name}" y="${y + 3}" width="${Math.max(0.5, x(mean) - bar.name)}" height="10" fill="${i === 0 ? seriesColours[0] : seriesColours[5]}"/><path d="M${x(mean - std)} ${y + 8}H${x(mean + std)}M${x(mean - std)} ${y + 5}v6M${x(mean + std)} ${y + 5}v6" stroke="currentColor" stroke-width="1.3"/><text x="${bar.name + bar.width + 6}" y="${y + 12}" fill="currentColor">${mean.toFixed(2)}</text>`;
	});
	const width = bar.name + bar.width + 36;
	const height = bars.length * bar.height;
	return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(text)}" style="font-size:11px">${rows.join("")}</svg>`;
}

const style = `<style>
.gradbook-cases{font-family:${css.font};font-size:12px;color:${css.text}}
.gradbook-grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:14px;margin:8px 0}
.gradbook-case{display:flex;gap:10px;align-items:flex-start}
.gradbook-case img{image-rendering:pixelated;flex:none}
.gradbook-muted{color:${css.mutedText}}
</style>`;
