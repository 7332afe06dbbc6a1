import { Figure, type Layout } from "../display";
import { output } from "../display/display";
import { figureBundle } from "../display/figure/figure";
import { toPlain } from "../display/figure/plain";
import type { Trace } from "../display/figure/types";
import { shownSymbol } from "../display/format";
import type { Addition } from "../display/growth";
import { inspectText } from "../display/inspect";
import { type Growth, LiveDisplay } from "../display/live";
import type { MimeBundle } from "../display/mime";
import { formatCount } from "../display/numbers";
import { Series } from "../display/series";
import { seriesColour } from "../display/theme";

export interface CurveOptions {
	title?: string;
	/** What the steps are. Default "step". */
	x?: string;
	/** Title of the y axis, or of each panel's: `{ loss: "cross-entropy" }`. Default: the panel's name. */
	y?: string | Readonly<Record<string, string>>;
	/**
	 * Panels beside each other and the metrics in each. Default: metrics whose name holds "loss" in one, those with "acc"
	 * in another, every other in its own.
	 */
	panels?: Readonly<Record<string, readonly string[]>>;
	/** Logarithmic y axes: all, or the panels named. Default none. */
	logY?: boolean | readonly string[];
	/** Points kept of each curve; beyond, neighbours are merged into their mean, and the plot says so. Default 400. */
	points?: number;
	/** Height in pixels. Default 360. */
	height?: number;
}

/** A number, or a tensor of one element. */
export type Metric = number | { item(): number };

/** What points are added to: the curves themselves, or one run of several. */
export interface Run {
	/** Adds a point to each of the named curves; a curve begins with its first point. */
	add(step: number, metrics: Readonly<Record<string, Metric>>): void;
}

/**
 * Curves that move while the cell runs. Shown where they are made; at most ten times a second the new points go out (to a
 * front end without gradbook's renderer: once a second the whole picture, whose points are bounded however long the
 * training); the last state is there when the cell ends.
 *
 * @example
 * const curves = liveCurve({ title: "Training" });
 * for (…) curves.add(step, { loss });
 */
export function liveCurve(options: CurveOptions = {}): TrainingCurves {
	return new TrainingCurves(options);
}

interface Curve {
	run: string;
	metric: string;
	series: Series;
	/** Points that pages have; those after it are unfinished groups or new. */
	sent: number;
	/** The series' stride when the last whole picture went out. */
	stride: number;
}

/** What `liveCurve` gives: `add(step, { loss })` adds points, `run(name)` begins another line of the same quantities. */
export class TrainingCurves implements Run {
	/** Shown already when made: as a last expression it shows nothing more. */
	readonly [shownSymbol] = true;
	readonly #options: CurveOptions;
	readonly #curves = new Map<string, Curve>();
	readonly #live: LiveDisplay;
	#added = 0;
	/** Points added, and curves there, when the last whole picture went out. */
	#whole = { added: 0, curves: 0 };

	constructor(options: CurveOptions = {}) {
		this.#options = options;
		const points = options.points ?? 400;
		if (!(Number.isInteger(points) && points >= 2 && points % 2 === 0)) {
			throw new RangeError(`[liveCurve] points: ${points}, expected an even number of at least 2`);
		}
		const growth: Growth = { wholeIsDue: () => this.#wholeIsDue(), parts: () => this.#parts() };
		this.#live = new LiveDisplay(output(), (final) => this.#picture(final), growth);
	}

	/** Id of the display, for `updateDisplay`. */
	get id(): string {
		return this.#live.id;
	}

	add(step: number, metrics: Readonly<Record<string, Metric>>): void {
		this.#add("", step, metrics);
	}

	/** Curves of their own under this name, to compare runs in one picture. */
	run(name: string): Run {
		return { add: (step, metrics) => this.#add(name, step, metrics) };
	}

	/** Sends the last state now; it also goes out when the cell ends. */
	finish(): void {
		this.#live.flush();
	}

	/** The curves as they are now, as a figure of its own: to show them again, or to save them. */
	figure(): Figure {
		const curves = [...this.#curves.values()];
		const panels = this.#panels(curves);
		const runs = [...new Set(curves.map((curve) => curve.run))];
		// One metric to a panel: the panel names it, the legend names the runs.
		const single = runs.length > 1 && panels.every(({ metrics }) => metrics.length === 1);
		const traces = curves.map((curve): Trace => {
			const panel = panels.findIndex(({ metrics }) => metrics.includes(curve.metric));
			const inPanel = panels[panel]!.metrics.indexOf(curve.metric);
			const colour = runs.length > 1 ? runs.indexOf(curve.run) : inPanel;
			return {
				type: "scatter",
				mode: "lines",
				name: single && panel === 0 ? curve.run : [curve.run, curve.metric].filter((part) => part !== "").join(": "),
				...(single ? { legendgroup: curve.run, showlegend: panel === 0 } : {}),
				...curve.series.points(),
				xaxis: `x${panel === 0 ? "" : panel + 1}` as "x",
				yaxis: `y${panel === 0 ? "" : panel + 1}` as "y",
				line: {
					color: seriesColour(colour),
					width: 2,
					dash: runs.length > 1 ? dashes[inPanel % dashes.length] : "solid",
				},
			};
		});
		// As many points as were asked for; parts count on their places.
		return new Figure(traces, this.#layout(panels, curves), { maxPoints: Number.POSITIVE_INFINITY });
	}

	#add(run: string, step: number, metrics: Readonly<Record<string, Metric>>): void {
		if (typeof step !== "number")
			throw new TypeError(`[liveCurve] add: the step is ${inspectText(step)}, expected a number`);
		for (const [metric, value] of Object.entries(metrics)) {
			const key = `${run}\n${metric}`;
			let curve = this.#curves.get(key);
			if (curve === undefined) {
				curve = { run, metric, series: new Series(this.#options.points), sent: 0, stride: 1 };
				this.#curves.set(key, curve);
			}
			curve.series.add(step, numberOf(metric, value));
			this.#added++;
		}
		this.#live.changed();
	}

	#picture(final: boolean): MimeBundle {
		for (const curve of this.#curves.values()) {
			curve.sent = curve.series.x.length;
			curve.stride = curve.series.stride;
		}
		this.#whole = { added: this.#added, curves: this.#curves.size };
		return figureBundle(this.figure().figure, final);
	}

	#wholeIsDue(): boolean {
		if (this.#curves.size > this.#whole.curves || this.#added >= 2 * this.#whole.added) return true;
		for (const { series, stride } of this.#curves.values()) if (series.stride !== stride) return true;
		return false;
	}

	#parts(): Addition[] {
		return [...this.#curves.values()].flatMap((curve, trace): Addition[] => {
			const { x, y } = curve.series.points(curve.sent);
			const from = curve.sent;
			curve.sent = curve.series.x.length;
			return x.length === 0 ? [] : [{ trace, from, x: plainNumbers(x), y: plainNumbers(y) }];
		});
	}

	#panels(curves: Curve[]): { name: string; metrics: string[] }[] {
		const panels = new Map<string, string[]>();
		for (const metric of new Set(curves.map((curve) => curve.metric))) {
			const name = this.#panelOf(metric);
			panels.set(name, [...(panels.get(name) ?? []), metric]);
		}
		return [...panels].map(([name, metrics]) => ({ name, metrics }));
	}

	#panelOf(metric: string): string {
		for (const [name, metrics] of Object.entries(this.#options.panels ?? {})) if (metrics.includes(metric)) return name;
		if (/loss/i.test(metric)) return "loss";
		return /acc/i.test(metric) ? "accuracy" : metric;
	}

	#layout(panels: { name: string; metrics: string[] }[], curves: Curve[]): Partial<Layout> {
		const { title, x = "step", y, logY, height = 360 } = this.#options;
		const layout: Record<string, unknown> = { height };
		if (title !== undefined) layout.title = { text: title };
		if (panels.length > 1) layout.grid = { rows: 1, columns: panels.length, pattern: "independent" };
		for (const [i, { name }] of (panels.length > 0 ? panels : [{ name: "" }]).entries()) {
			const number = i === 0 ? "" : i + 1;
			const log = logY === true || (Array.isArray(logY) && logY.includes(name));
			const text = typeof y === "string" ? y : (y?.[name] ?? name);
			layout[`xaxis${number}`] = { title: { text: x } };
			layout[`yaxis${number}`] = { title: { text }, ...(log ? { type: "log" } : {}) };
		}
		const runs = new Set(curves.map((curve) => curve.run)).size;
		layout.showlegend = runs > 1 || panels.some(({ metrics }) => metrics.length > 1);
		const stride = Math.max(1, ...curves.map((curve) => curve.series.stride));
		if (stride > 1) {
			const text = `${stride === 2 ? "two" : `up to ${formatCount(stride)}`} values to a point (their mean)`;
			layout.annotations = [
				{
					text,
					xref: "paper",
					yref: "paper",
					x: 1,
					y: 1,
					xanchor: "right",
					yanchor: "bottom",
					showarrow: false,
					font: { size: 10 },
				},
			];
		}
		return layout as Partial<Layout>;
	}
}

const plainNumbers = (values: number[]) => toPlain(values, "points") as (number | null)[];

const dashes = ["solid", "dash", "dot", "dashdot"] as const;

function numberOf(metric: string, value: Metric): number {
	if (typeof value === "number") return value;
	if (typeof value?.item === "function") return value.item();
	throw new TypeError(
		`[liveCurve] add: ${metric} is ${inspectText(value)}, expected a number or a tensor of one element`,
	);
}
