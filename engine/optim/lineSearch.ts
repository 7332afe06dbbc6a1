import type { Tensor } from "../core/tensor";

/* The line search of LBFGS: a step that meets the strong Wolfe conditions (Nocedal and Wright, 2006, algorithm 3.5). */

/** Value and gradient of the function at x + t·d. */
export type Evaluate = (t: number) => { value: number; grad: Tensor };

/** The least point of the cubic through two points with their slopes, kept within bounds. */
function cubicMinimum(
	x1: number,
	f1: number,
	g1: number,
	x2: number,
	f2: number,
	g2: number,
	bounds: readonly [number, number] = x1 <= x2 ? [x1, x2] : [x2, x1],
): number {
	const [low, high] = bounds;
	const d1 = g1 + g2 - (3 * (f1 - f2)) / (x1 - x2);
	const square = d1 * d1 - g1 * g2;
	if (!(square >= 0)) return (low + high) / 2;
	const d2 = Math.sqrt(square);
	const at =
		x1 <= x2
			? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
			: x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
	return Math.min(Math.max(at, low), high);
}

interface Point {
	t: number;
	value: number;
	grad: Tensor;
	/** Along the direction. */
	slope: number;
}

export interface LineSearchResult extends Pick<Point, "t" | "value" | "grad"> {
	evaluations: number;
}

export function strongWolfe(
	evaluate: Evaluate,
	first: number,
	direction: Tensor,
	start: Omit<Point, "t">,
	toleranceChange: number,
	maxIterations: number,
): LineSearchResult {
	const c1 = 1e-4;
	const c2 = 0.9;
	const largest = direction.abs().max().item();
	const origin: Point = { t: 0, ...start };
	let evaluations = 0;
	const at = (t: number): Point => {
		const { value, grad } = evaluate(t);
		evaluations++;
		return { t, value, grad, slope: grad.dot(direction).item() };
	};
	const tooHigh = (point: Point) => point.value > start.value + c1 * point.t * start.slope;
	const flat = (point: Point) => Math.abs(point.slope) <= -c2 * start.slope;
	const answer = ({ t, value, grad }: Point): LineSearchResult => ({ t, value, grad, evaluations });

	// A bracket that must hold a good point, or such a point itself.
	let previous = origin;
	let point = at(first);
	let bracket: [Point, Point] | null = null;
	let iterations = 0;
	while (iterations < maxIterations) {
		if (tooHigh(point) || (iterations > 1 && point.value >= previous.value)) {
			bracket = [previous, point];
			break;
		}
		if (flat(point)) return answer(point);
		if (point.slope >= 0) {
			bracket = [previous, point];
			break;
		}
		const bounds = [point.t + 0.01 * (point.t - previous.t), point.t * 10] as const;
		const next = cubicMinimum(previous.t, previous.value, previous.slope, point.t, point.value, point.slope, bounds);
		previous = point;
		point = at(next);
		iterations++;
	}
	bracket ??= [origin, point];

	// Narrow the bracket down.
	let [low, high] = bracket[0].value <= bracket[1].value ? [0, 1] : [1, 0];
	let stalled = false;
	while (iterations < maxIterations) {
		const [a, b] = bracket;
		if (Math.abs(b.t - a.t) * largest < toleranceChange) break;
		const least = Math.min(a.t, b.t);
		const most = Math.max(a.t, b.t);
		let t = cubicMinimum(a.t, a.value, a.slope, b.t, b.value, b.slope);
		// Too near an end twice in a row: step away from it.
		const margin = 0.1 * (most - least);
		if (Math.min(most - t, t - least) < margin) {
			if (stalled || t >= most || t <= least) {
				t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
				stalled = false;
			} else stalled = true;
		} else stalled = false;
		const found = at(t);
		iterations++;
		if (tooHigh(found) || found.value >= bracket[low]!.value) {
			bracket[high] = found;
			[low, high] = bracket[0].value <= bracket[1].value ? [0, 1] : [1, 0];
			continue;
		}
		const done = flat(found);
		if (!done && found.slope * (bracket[high]!.t - bracket[low]!.t) >= 0) bracket[high] = bracket[low]!;
		bracket[low] = found;
		if (done) break;
	}
	return answer(bracket[low]!);
}
