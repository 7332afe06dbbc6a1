import { Figure, type LooseBundle, type Trace, table, View } from "../../display";
import { formatNumber } from "../../display/numbers";
import { axesOf, panelLayout } from "../panels";
import { type Histogram, histogramOf, middleOf, rebinned } from "./histogram";

/** What is remembered of one layer at one step. */
export interface LayerRecord {
	step: number;
	histogram: Histogram | undefined;
	mean: number;
	std: number;
	/** Units, and those of them that said 0 for every sample, or that stood at an end of their range. */
	units?: number;
	dead?: number;
	saturated?: number;
}

interface Texts {
	title: string;
	/** Title of the value axes. */
	value: string;
	/** What has been counted: "pass", "step". */
	step: string;
	/** What to do first, where nothing was seen. */
	empty: string;
}

/** Steps kept: when there are more, every second is left out, and from then on only every second of the others is looked at. */
const mostSteps = 60;
const bins = 64;
const drawnBins = 48;

/**
 * Histograms of each layer as training goes on. Shown as a last expression, it draws what it has seen so far; `remove()`
 * takes its hooks away again. It looks at some steps only, and more seldom the longer it watches, so its cost fades.
 */
export class LayerHistograms extends View implements Disposable {
	readonly #layers = new Map<string, LayerRecord[]>();
	readonly #stride = new Map<string, number>();
	readonly #seen = new Map<string, number>();
	readonly #hooks: { remove(): void }[] = [];
	readonly #texts: Texts;
	readonly #every: number;
	readonly #early: boolean;

	/** @internal `early`: also looks at the first steps, at doubled distances, so that short trainings show something. */
	constructor(texts: Texts, layers: readonly string[], { every, early }: { every: number; early: boolean }) {
		super(() => this.#bundle());
		this.#texts = texts;
		this.#every = every;
		this.#early = early;
		for (const layer of layers) this.#layers.set(layer, []);
	}

	/** @internal */
	keep(hook: { remove(): void }): void {
		this.#hooks.push(hook);
	}

	/** @internal Counts a step of this layer; whether it is to be recorded. */
	wants(layer: string): boolean {
		const seen = this.#seen.get(layer) ?? 0;
		this.#seen.set(layer, seen + 1);
		if (seen % (this.#stride.get(layer) ?? this.#every) === 0) return true;
		return this.#early && seen < this.#every && (seen & (seen - 1)) === 0;
	}

	/** @internal `values` are a sample of the layer's. */
	add(layer: string, values: ArrayLike<number>, record: Omit<LayerRecord, "step" | "histogram">): void {
		const records = this.#layers.get(layer)!;
		records.push({ step: this.#seen.get(layer)! - 1, histogram: histogramOf(values, bins), ...record });
		if (records.length <= mostSteps) return;
		this.#stride.set(layer, 2 * (this.#stride.get(layer) ?? this.#every));
		this.#layers.set(
			layer,
			records.filter((_, i) => i % 2 === 0),
		);
	}

	/** What was recorded, by layer. */
	get records(): ReadonlyMap<string, readonly LayerRecord[]> {
		return this.#layers;
	}

	/** Takes the hooks away: nothing is recorded any more, what was stays. */
	remove(): void {
		for (const hook of this.#hooks.splice(0)) hook.remove();
	}

	[Symbol.dispose](): void {
		this.remove();
	}

	/** One small picture for each layer: from left to right the steps, upwards the values, light where most of them are. */
	figure(): Figure {
		const shown = [...this.#layers].filter(([, records]) => records.some(({ histogram }) => histogram !== undefined));
		if (shown.length === 0) throw new Error(`[histograms] nothing was recorded: ${this.#texts.empty}`);
		const traces = shown.map(([, records], i) => heatTrace(records, i));
		const titles = shown.map(([layer, records]) => `${layer}${unitsText(records.at(-1)!)}`);
		return new Figure(
			traces,
			panelLayout(titles, {
				columns: 2,
				title: this.#texts.title,
				x: this.#texts.step,
				y: this.#texts.value,
				// The first column is as wide as its neighbour, half of it before the first step.
				xaxis: { rangemode: "nonnegative" },
			}),
		);
	}

	/** Mean and spread of each layer at the first and last step that was recorded, with dead and saturated units. */
	table(): View {
		const rows = [...this.#layers].flatMap(([layer, records]) => {
			const [first, last] = [records[0], records.at(-1)];
			if (first === undefined || last === undefined) return [];
			const spread = ({ mean, std }: LayerRecord) => `${formatNumber(mean, 2)} ± ${formatNumber(std, 2)}`;
			return [
				{
					layer,
					first: spread(first),
					last: spread(last),
					units: last.units,
					dead: last.dead,
					saturated: last.saturated,
				},
			];
		});
		const counted = rows.some(({ units }) => units !== undefined);
		return table(rows, {
			caption: this.#texts.title,
			columns: {
				layer: "layer",
				first: `first ${this.#texts.step} (mean ± std)`,
				last: `last ${this.#texts.step}`,
				...(counted ? { units: "units", dead: "dead", saturated: "saturated" } : {}),
			},
		});
	}

	#bundle(): LooseBundle {
		if ([...this.#layers.values()].every((records) => records.length === 0)) {
			return { "text/plain": `${this.#texts.title}: nothing recorded yet; ${this.#texts.empty}` };
		}
		const bundle = this.figure().bundle();
		return { ...bundle, "text/plain": this.table().bundle()["text/plain"] };
	}
}

function heatTrace(records: readonly LayerRecord[], panel: number): Trace {
	const known = records.filter((record) => record.histogram !== undefined);
	const [low, high] = middleOf(known.map(({ histogram }) => histogram!));
	const columns = records.map(({ histogram }) =>
		histogram === undefined ? undefined : rebinned(histogram, low, high, drawnBins),
	);
	const size = (high - low) / drawnBins;
	// Square roots, and an end below the fullest cells: where most values are 0, all others would be dark.
	const z = Array.from({ length: drawnBins }, (_, i) =>
		columns.map((column) => (column === undefined ? null : Number(Math.sqrt(column[i]!).toFixed(3)))),
	);
	const cells = z
		.flat()
		.filter((value) => value !== null)
		.sort((a, b) => a - b);
	const zmax = cells[Math.floor(0.96 * (cells.length - 1))] || 1;
	return {
		type: "heatmap",
		x: records.map(({ step }) => step),
		y: Array.from({ length: drawnBins }, (_, i) => low + (i + 0.5) * size),
		z,
		zmin: 0,
		zmax,
		...axesOf(panel),
		colorscale: "Viridis",
		showscale: false,
		hovertemplate: "step %{x}, value %{y:.3g}<extra></extra>",
	} as Trace;
}

function unitsText({ units, dead, saturated }: LayerRecord): string {
	if (units === undefined) return "";
	const parts = [...(dead ? [`${dead} dead`] : []), ...(saturated ? [`${saturated} saturated`] : [])];
	return `: ${parts.length === 0 ? `all ${units} units alive` : `${parts.join(", ")} of ${units} units`}`;
}
