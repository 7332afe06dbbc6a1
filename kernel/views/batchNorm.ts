import { Figure, type LooseBundle, type Trace, table, View } from "../display";
import { inspectText } from "../display/inspect";
import { formatNumber } from "../display/numbers";
import { seriesColour } from "../display/theme";
import { detached, isModule, isTensor, type ModuleLike, numbersOf, type TensorLike } from "./engine";
import { axesOf, panelLayout } from "./panels";
import { call, kindOf, quietly } from "./quiet";
import { summarise } from "./statistics";

export interface BatchNormStateOptions {
	/** The layer whose statistics are drawn, by its name. Default: the first. */
	layer?: string;
	/** Its features that are drawn. Default: the first 4. */
	features?: readonly number[];
	title?: string;
}

/** What the views need of a BatchNorm. */
type BatchNormLike = ModuleLike & {
	readonly runningMean: TensorLike;
	readonly runningVar: TensorLike;
	readonly numBatchesTracked?: TensorLike | null;
	readonly momentum?: number | null;
};

interface CloneLike {
	clone(): unknown;
}

interface Moment {
	pass: number;
	/** By feature: the batch's own, and the running one after it. */
	batchMean: number[];
	batchVar: number[];
	runningMean: number[];
	runningVar: number[];
}

const mostPasses = 200;

/**
 * The BatchNorm layers of a model. At once it shows a table: mode, momentum, batches seen, running mean and variance.
 * From then on it watches one layer, and shows how its running statistics (lines) follow those of the batches (dots)
 * through training; in evaluation the lines alone are used. `remove()` ends the watch, `table()` is the table as it is now.
 *
 * @example
 * const norms = batchNormState(model);
 * // … training …
 * norms
 */
export function batchNormState(model: ModuleLike, options: BatchNormStateOptions = {}): BatchNormState {
	return new BatchNormState(model, options);
}

/** What `batchNormState` gives: shows itself and follows the layers until `remove()`. */
export class BatchNormState extends View implements Disposable {
	readonly #model: ModuleLike;
	readonly #layers: [string, BatchNormLike][];
	readonly #watched: [string, BatchNormLike];
	readonly #features: readonly number[];
	readonly #options: BatchNormStateOptions;
	readonly #hook: { remove(): void };
	#moments: Moment[] = [];
	#passes = 0;
	/** During a pass of the table's own. */
	#paused = false;
	#stride = 1;

	/** @internal */
	constructor(model: ModuleLike, options: BatchNormStateOptions) {
		if (!isModule(model)) throw new TypeError("[batchNormState] expected a module");
		super(() => this.#bundle());
		this.#options = options;
		this.#model = model;
		this.#layers = [...model.namedModules()].filter((entry): entry is [string, BatchNormLike] => isBatchNorm(entry[1]));
		const names = this.#layers.map(([name]) => `"${name}"`).join(", ");
		if (this.#layers.length === 0) {
			throw new RangeError(`[batchNormState] ${kindOf(model)} has no layer with running statistics`);
		}
		const watched = this.#layers.find(([name]) => options.layer === undefined || name === options.layer);
		if (watched === undefined) {
			throw new RangeError(`[batchNormState] layer: ${inspectText(options.layer)}, expected one of ${names}`);
		}
		this.#watched = watched;
		const count = watched[1].runningMean.shape[0] ?? 0;
		this.#features = options.features ?? Array.from({ length: Math.min(4, count) }, (_, i) => i);
		const wrong = this.#features.find((feature) => !(Number.isInteger(feature) && feature >= 0 && feature < count));
		if (wrong !== undefined) {
			throw new RangeError(`[batchNormState] features: ${wrong}, expected whole numbers from 0 to ${count - 1}`);
		}
		const norm = watched[1];
		this.#hook = norm.registerForwardHook((called: unknown, [input]: unknown[]) => {
			// A copy of the model has copies of its hooks.
			if (called === norm && !this.#paused && norm.training && isTensor(input)) this.#note(norm, input);
		});
	}

	/** Takes the hook away: nothing is noted any more, what was stays. */
	remove(): void {
		this.#hook.remove();
	}

	[Symbol.dispose](): void {
		this.remove();
	}

	/**
	 * All layers as they are now. With `input`, what the model is called with, each layer's output in training (by the
	 * batch's statistics) beside evaluation (by the running ones); the statistics are not moved by it.
	 */
	table({ input }: { input?: unknown } = {}): View {
		const [train, evaluation] =
			input === undefined ? [] : [true, false].map((training) => this.#outputs(input, training));
		const rows = this.#layers.map(([name, norm]) => ({
			layer: name === "" ? "(itself)" : name,
			kind: kindOf(norm),
			mode: norm.training ? "train" : "eval",
			momentum: norm.momentum === null ? "average of all" : norm.momentum,
			batches: norm.numBatchesTracked ? numbersOf(norm.numBatchesTracked)[0] : undefined,
			mean: spread(norm.runningMean),
			variance: spread(norm.runningVar),
			train: train?.get(norm),
			evaluation: evaluation?.get(norm),
		}));
		return table(rows, {
			caption: this.#options.title ?? "Batch normalisation (mean ± std over features)",
			columns: {
				...{ layer: "layer", kind: "kind", mode: "mode", momentum: "momentum", batches: "batches" },
				...{ mean: "running mean", variance: "running variance" },
				...(train === undefined ? {} : { train: "output in train", evaluation: "output in eval" }),
			},
		});
	}

	/** Running statistics of the watched layer beside those of each batch. */
	figure(): Figure {
		if (this.#moments.length === 0) {
			throw new Error("[batchNormState] nothing was noted: run the model in training mode");
		}
		const x = this.#moments.map(({ pass }) => pass);
		const traces = (["Mean", "Var"] as const).flatMap((kind, panel) =>
			this.#features.flatMap((feature, i): Trace[] => {
				const color = seriesColour(i);
				const common = { type: "scatter" as const, x, ...axesOf(panel), legendgroup: String(feature) };
				return [
					{
						...common,
						...{ mode: "markers", name: `feature ${feature}: batches`, showlegend: false, opacity: 0.45 },
						y: this.#moments.map((moment) => Number(moment[`batch${kind}`][i]!.toPrecision(4))),
						marker: { color, size: 4 },
					},
					{
						...common,
						...{ mode: "lines", name: `feature ${feature}`, showlegend: panel === 0 },
						y: this.#moments.map((moment) => Number(moment[`running${kind}`][i]!.toPrecision(4))),
						line: { color, width: 2 },
					},
				];
			}),
		);
		const [name, norm] = this.#watched;
		const title =
			this.#options.title ??
			`${[name, kindOf(norm)].filter((part) => part !== "").join(" ")}: running (lines) and batches (dots)`;
		const panels = ["mean", "variance"];
		return new Figure(traces, panelLayout(panels, { columns: 2, panelHeight: 230, title, x: "pass", legend: true }));
	}

	/** Mean and spread of what each layer gives out in one pass. */
	#outputs(input: unknown, training: boolean): Map<ModuleLike, string> {
		const norms = this.#layers.map(([, norm]) => norm);
		const seen = new Map<ModuleLike, string>();
		const hooks = norms.map((norm) =>
			norm.registerForwardHook((_module: unknown, _args: unknown, output: unknown) => {
				if (isTensor(output)) seen.set(norm, spread(output));
			}),
		);
		// The pass moves copies of the statistics; what is recorded of the layer's own still holds.
		const kept = norms.map(({ runningMean, runningVar, numBatchesTracked }) => {
			return { runningMean, runningVar, numBatchesTracked };
		});
		const copies = kept.map((buffers) =>
			Object.fromEntries(
				Object.entries(buffers).map(([name, buffer]) => [name, (buffer as CloneLike | null)?.clone() ?? null]),
			),
		);
		const watched = this.#paused;
		try {
			this.#paused = true;
			for (const [i, norm] of norms.entries()) Object.assign(norm, copies[i]);
			quietly(
				this.#model,
				() => void call(this.#model, input),
				(module) => training && isBatchNorm(module),
			);
		} finally {
			this.#paused = watched;
			for (const [i, norm] of norms.entries()) Object.assign(norm, kept[i]);
			for (const hook of hooks) hook.remove();
		}
		return seen;
	}

	#note(norm: BatchNormLike, input: TensorLike): void {
		if (this.#passes++ % this.#stride !== 0) return;
		const values = numbersOf(detached(input));
		const [samples = 1, channels = 1] = input.shape;
		const inner = values.length / (samples * channels);
		const moment: Moment = { pass: this.#passes - 1, batchMean: [], batchVar: [], runningMean: [], runningVar: [] };
		const [means, variances] = [numbersOf(detached(norm.runningMean)), numbersOf(detached(norm.runningVar))];
		for (const feature of this.#features) {
			const own = new Float64Array(samples * inner);
			for (let sample = 0; sample < samples; sample++) {
				const start = (sample * channels + feature) * inner;
				for (let i = 0; i < inner; i++) own[sample * inner + i] = values[start + i]!;
			}
			const { mean, std } = summarise([own]);
			moment.batchMean.push(mean);
			moment.batchVar.push(std ** 2);
			moment.runningMean.push(means[feature]!);
			moment.runningVar.push(variances[feature]!);
		}
		this.#moments.push(moment);
		if (this.#moments.length < mostPasses) return;
		this.#moments = this.#moments.filter((_, i) => i % 2 === 0);
		this.#stride *= 2;
	}

	#bundle(): LooseBundle {
		const now = this.table().bundle();
		return this.#moments.length === 0 ? now : { ...this.figure().bundle(), "text/plain": now["text/plain"] };
	}
}

function isBatchNorm(module: ModuleLike): module is BatchNormLike {
	const { runningMean, runningVar } = module as Partial<BatchNormLike>;
	return isTensor(runningMean) && isTensor(runningVar);
}

function spread(tensor: TensorLike): string {
	const { mean, std } = summarise([numbersOf(detached(tensor))]);
	return `${formatNumber(mean, 3)}${Number.isNaN(std) ? "" : ` ± ${formatNumber(std, 2)}`}`;
}
