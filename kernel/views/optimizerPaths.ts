import type { Tensor } from "../../engine";
import { Figure, type Trace } from "../display";
import { formatNumber } from "../display/numbers";
import { seriesColour } from "../display/theme";
import { numbersOf } from "./engine";
import { engine } from "./lazy";

/** A loss of two parameters, in operations that take tensors of any shape: `(x, y) => x.square().add(y.square())`. */
export type Loss2d = (x: Tensor, y: Tensor) => Tensor;

/** An optimiser for a path: `(params) => new optim.Adam(params, { lr: 0.1 })`. */
export type MakeOptimizer = (params: Tensor[]) => { step(): unknown; zeroGrad(): void };

export interface OptimizerPathsOptions {
	/** Default: a ravine, 0.1 x² + 2 y². */
	loss?: Loss2d;
	/** By name. Default: SGD, momentum, Nesterov, Adagrad, RMSprop and Adam, with rates that suit the default loss. */
	optimizers?: Readonly<Record<string, MakeOptimizer>>;
	/** Where all begin. Default [−5, −2]. */
	start?: readonly [x: number, y: number];
	/** Steps of each. Default 40. */
	steps?: number;
	/** What is seen. Default: all paths, with some room; a path that flies off does not count. */
	xRange?: readonly [from: number, to: number];
	yRange?: readonly [from: number, to: number];
	title?: string;
}

/**
 * The ways of optimisers from one point downhill, over the contours of a loss of two parameters. They are the engine's
 * own, one step after the other.
 *
 * @example
 * optimizerPaths({ loss: (x, y) => x.sub(1).square().add(y.sub(x.square()).square().mul(10)), start: [-1, 1] })
 */
export function optimizerPaths(options: OptimizerPathsOptions = {}): Figure {
	const { loss = ravine, start = [-5, -2], steps = 40, optimizers = usual() } = options;
	if (!(Number.isInteger(steps) && steps > 0)) {
		throw new RangeError(`[optimizerPaths] steps: ${steps}, expected a whole number of at least 1`);
	}
	const paths = Object.entries(optimizers).map(([name, make]) => ({ name, ...walk(loss, make, start, steps) }));
	const xRange =
		options.xRange ??
		extent(
			paths.map(({ x }) => x),
			start[0],
		);
	const yRange =
		options.yRange ??
		extent(
			paths.map(({ y }) => y),
			start[1],
		);
	const surface = contour(loss, xRange, yRange);
	const traces: Trace[] = paths.map(({ name, x, y, last }, i) => ({
		type: "scatter",
		mode: "lines+markers",
		name: `${name}: ${formatNumber(last, 2)}`,
		x,
		y,
		line: { color: seriesColour(i), width: 2 },
		marker: { color: seriesColour(i), size: 4 },
	}));
	const ends: Trace = {
		...{ type: "scatter", mode: "markers", name: "start", showlegend: false },
		...{ x: [start[0]], y: [start[1]] },
		marker: { color: "#808080", size: 11, symbol: "x" },
	} as Trace;
	return new Figure([surface, ...traces, ends], {
		title: { text: options.title ?? `${steps} steps of each optimiser, with the loss at the end` },
		height: 480,
		showlegend: true,
		xaxis: { title: { text: "x" }, range: [...xRange] },
		yaxis: { title: { text: "y" }, range: [...yRange] },
	});
}

function ravine(x: Tensor, y: Tensor): Tensor {
	return x.square().mul(0.1).add(y.square().mul(2));
}

function usual(): Record<string, MakeOptimizer> {
	const { optim } = engine();
	return {
		SGD: (params) => new optim.SGD(params, { lr: 0.4 }),
		momentum: (params) => new optim.SGD(params, { lr: 0.15, momentum: 0.7 }),
		Nesterov: (params) => new optim.SGD(params, { lr: 0.15, momentum: 0.7, nesterov: true }),
		Adagrad: (params) => new optim.Adagrad(params, { lr: 1 }),
		RMSprop: (params) => new optim.RMSprop(params, { lr: 0.2 }),
		Adam: (params) => new optim.Adam(params, { lr: 0.4 }),
	};
}

interface Path {
	x: number[];
	y: number[];
	/** The loss at the end. */
	last: number;
}

function walk(loss: Loss2d, make: MakeOptimizer, start: readonly [number, number], steps: number): Path {
	const { enableGrad, tensor } = engine();
	const [x, y] = start.map((value) => tensor(value, { requiresGrad: true })) as [Tensor, Tensor];
	const optimizer = make([x, y]);
	const path: Path = { x: [start[0]], y: [start[1]], last: Number.NaN };
	enableGrad(() => {
		for (let step = 0; step < steps; step++) {
			optimizer.zeroGrad();
			loss(x, y).backward();
			optimizer.step();
			path.x.push(Number(x.item().toPrecision(5)));
			path.y.push(Number(y.item().toPrecision(5)));
		}
		path.last = Number(loss(x, y).item());
	});
	return path;
}

/** From the smallest to the largest coordinate, but not further than ten times as far from 0 as the start. */
function extent(paths: readonly number[][], start: number): [number, number] {
	const far = 10 * Math.max(1, Math.abs(start));
	const values = paths.flat().filter((value) => Math.abs(value) <= far);
	const [low, high] = [Math.min(start, ...values), Math.max(start, ...values)];
	const room = Math.max(0.12 * (high - low), 0.5);
	return [low - room, high + room];
}

const gridSize = 50;

function contour(
	loss: Loss2d,
	[left, right]: readonly [number, number],
	[low, high]: readonly [number, number],
): Trace {
	const { linspace, noGrad, tensor } = engine();
	const x = linspace(left, right, gridSize);
	const y = linspace(low, high, gridSize);
	const z = noGrad(() => {
		const [gx, gy] = [
			x.reshape(1, gridSize).expand(gridSize, gridSize),
			y.reshape(gridSize, 1).expand(gridSize, gridSize),
		];
		const all = loss(gx, gy);
		if (`${all.shape}` === `${gridSize},${gridSize}`) return Array.from(numbersOf(all));
		// A loss that does not take tensors of any shape is asked point by point.
		const [xs, ys] = [numbersOf(x), numbersOf(y)];
		return Array.from({ length: gridSize ** 2 }, (_, i) =>
			Number(loss(tensor(xs[i % gridSize]!), tensor(ys[Math.floor(i / gridSize)]!)).item()),
		);
	});
	// Roots bring the lines near the minimum apart.
	const lowest = Math.min(...z);
	const rows = Array.from({ length: gridSize }, (_, i) =>
		z.slice(i * gridSize, (i + 1) * gridSize).map((value) => Number(Math.sqrt(value - lowest).toPrecision(3))),
	);
	return {
		type: "contour",
		x: Array.from(numbersOf(x), (value) => Number(value.toPrecision(5))),
		y: Array.from(numbersOf(y), (value) => Number(value.toPrecision(5))),
		z: rows,
		colorscale: "Greys",
		reversescale: false,
		opacity: 0.35,
		showscale: false,
		ncontours: 14,
		hoverinfo: "skip",
		name: "loss",
		showlegend: false,
	} as Trace;
}
