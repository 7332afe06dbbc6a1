import { Figure, type Trace } from "../../display";
import { formatCount, formatNumber } from "../../display/numbers";
import { seriesColour } from "../../display/theme";
import { detached, isModule, isTensor, type ModuleLike, numbersOf, sizeOf, type TensorLike } from "../engine";
import { axesOf, panelLayout } from "../panels";
import { summarise } from "../statistics";
import { histogramOf } from "./histogram";

export interface ParameterHistogramsOptions {
	/** Of the gradients in place of the values. Default false. */
	gradients?: boolean;
	/** Bars of each histogram. Default 40. */
	bins?: number;
	/** Panels in a row. Default 3. */
	columns?: number;
	/** Parameters shown; a note in the title says how many there are. Default 24. */
	limit?: number;
	title?: string;
}

/**
 * A histogram of every parameter of a model, each in a panel of its own with mean and spread.
 *
 * @example parameterHistograms(model)
 */
export function parameterHistograms(model: ModuleLike, options: ParameterHistogramsOptions = {}): Figure {
	if (!isModule(model)) throw new TypeError("[parameterHistograms] expected a module");
	const { gradients = false, bins = 40, columns = 3, limit = 24 } = options;
	const named = [...model.namedParameters()].flatMap(([name, parameter]): [string, TensorLike][] => {
		const shown = gradients ? parameter.grad : parameter;
		return isTensor(shown) && sizeOf(shown.shape) > 0 ? [[name, shown]] : [];
	});
	if (named.length === 0) {
		throw new RangeError(
			`[parameterHistograms] the model has no ${gradients ? "gradients yet: call backward() first" : "parameters"}`,
		);
	}
	const shown = named.slice(0, limit);
	const summaries = shown.map(([name, tensor]) => {
		const values = numbersOf(detached(tensor));
		const { mean, std } = summarise([values]);
		const spread = values.length > 1 ? ` ± ${formatNumber(std, 2)}` : "";
		return {
			title: `${name}: ${formatNumber(mean, 2)}${spread}`,
			histogram: histogramOf(values, Math.min(bins, Math.max(5, Math.ceil(2 * Math.sqrt(values.length))))),
		};
	});
	const traces = summaries.map(({ histogram }, i): Trace => {
		const { low, high, counts } = histogram ?? { low: 0, high: 1, counts: new Float64Array(1) };
		const width = (high - low) / counts.length;
		return {
			type: "bar",
			x: Array.from(counts, (_, j) => low + (j + 0.5) * width),
			y: Array.from(counts),
			width,
			marker: { color: seriesColour(0), line: { width: 0 } },
			...axesOf(i),
		};
	});
	const left = named.length - shown.length;
	const note = left > 0 ? ` (${formatCount(left)} of ${formatCount(named.length)} not shown)` : "";
	const title = options.title ?? (gradients ? "Gradients" : "Parameters");
	return new Figure(
		traces,
		panelLayout(
			summaries.map((one) => one.title),
			{ columns, panelHeight: 120, title: `${title}${note}`, y: "count" },
		),
	);
}
