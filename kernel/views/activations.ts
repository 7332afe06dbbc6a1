import type { Tensor } from "../../engine";
import { Figure, type Trace } from "../display";
import { seriesColour } from "../display/theme";
import { numbersOf } from "./engine";
import { engine } from "./lazy";
import { axesOf, panelLayout } from "./panels";
import { keepingRandomNumbers } from "./quiet";

/** A function of a tensor, such as a module or `(x) => x.mul(x.sigmoid())`. */
export type Activation = (x: Tensor) => Tensor;

export interface ActivationGalleryOptions {
	/** Inputs from −range to range, or from the first to the second. Default 4. */
	range?: number | readonly [from: number, to: number];
	/** Panels in a row. Default 4. */
	columns?: number;
	title?: string;
}

/**
 * Activation functions, each with its derivative as autograd computes it. Without functions of your own: those of the
 * engine, with their default settings.
 *
 * @example activationGallery({ swish: new nn.SiLU(), "x σ(2x)": (x) => x.mul(x.mul(2).sigmoid()) })
 */
export function activationGallery(
	functions: Readonly<Record<string, Activation>> = usual(),
	options: ActivationGalleryOptions = {},
): Figure {
	const { range = 4, columns = 4, title = "Activation functions" } = options;
	const [from, to] = typeof range === "number" ? [-range, range] : range;
	if (!(from < to)) throw new RangeError(`[activationGallery] range: ${from} to ${to}, expected a rising one`);
	const names = Object.keys(functions);
	if (names.length === 0) throw new RangeError("[activationGallery] expected at least one function");
	const curves = names.map((name) => curveOf(name, functions[name]!, from, to));
	const traces = curves.flatMap(({ x, y, dy }, i): Trace[] => {
		const common = { type: "scatter" as const, mode: "lines" as const, x, ...axesOf(i), showlegend: i === 0 };
		return [
			{ ...common, y, name: "function", legendgroup: "f", line: { color: seriesColour(0), width: 2 } },
			{
				...common,
				y: dy,
				name: "derivative",
				legendgroup: "d",
				line: { color: seriesColour(1), width: 2, dash: "dash" },
			},
		];
	});
	return new Figure(traces, panelLayout(names, { columns, panelHeight: 150, title, legend: true }));
}

interface Curve {
	x: number[];
	y: number[];
	dy: number[];
}

/** Points between which a line is straight to the eye; an odd number, so that a kink at 0 is one of them. */
const points = 97;

function curveOf(name: string, activation: Activation, from: number, to: number): Curve {
	const { autograd, enableGrad, linspace, onesLike } = engine();
	const x = linspace(from, to, points).requiresGrad_();
	const { y, dy } = keepingRandomNumbers(() =>
		enableGrad(() => {
			const y = activation(x);
			if (`${y?.shape}` !== `${x.shape}`) {
				throw new RangeError(
					`[activationGallery] "${name}" made a shape of [${y?.shape}] from [${x.shape}], expected the same`,
				);
			}
			const [dy] = autograd.grad([y], [x], { gradOutputs: [onesLike(y)], allowUnused: true });
			return { y, dy };
		}),
	);
	const plain = (tensor: Tensor | null | undefined) =>
		tensor
			? Array.from(numbersOf(tensor.detach()), (value) => Number(value.toFixed(4)))
			: new Array<number>(points).fill(0);
	return { x: plain(x), y: plain(y), dy: plain(dy) };
}

function usual(): Record<string, Activation> {
	const { nn } = engine();
	return {
		ReLU: new nn.ReLU(),
		LeakyReLU: new nn.LeakyReLU(),
		ELU: new nn.ELU(),
		SELU: new nn.SELU(),
		GELU: new nn.GELU(),
		SiLU: new nn.SiLU(),
		Mish: new nn.Mish(),
		Softplus: new nn.Softplus(),
		Sigmoid: new nn.Sigmoid(),
		Tanh: new nn.Tanh(),
		Softsign: new nn.Softsign(),
		Hardswish: new nn.Hardswish(),
		Hardsigmoid: new nn.Hardsigmoid(),
		Hardtanh: new nn.Hardtanh(),
		ReLU6: new nn.ReLU6(),
		Tanhshrink: new nn.Tanhshrink(),
	};
}
