/** Ends of the ranges of functions that flatten out. */
const ranges: Readonly<Record<string, readonly [low: number, high: number]>> = {
	Sigmoid: [0, 1],
	Hardsigmoid: [0, 1],
	Tanh: [-1, 1],
	Hardtanh: [-1, 1],
	Softsign: [-1, 1],
};

/** Modules that are activation functions, by the names of their classes. */
export const activationKinds: ReadonlySet<string> = new Set([
	...Object.keys(ranges),
	...["ReLU", "ReLU6", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Softplus"],
	...["Hardswish", "LogSigmoid", "Threshold", "Tanhshrink", "Hardshrink", "Softshrink", "GLU"],
]);

/** How near to an end counts, as a share of the range; and for what share of its values, to call a unit saturated. */
const nearness = 0.02;
const mostly = 0.95;

/**
 * Units (positions along dimension 1, all others pooled) that gave 0 for everything, and units of functions with two
 * ends whose values lie at one of them.
 */
export function unitStates(
	kind: string,
	shape: readonly number[],
	values: ArrayLike<number>,
): { units?: number; dead?: number; saturated?: number } {
	const [samples = 1, units = 1] = shape;
	// Of a recurrent or attention layer dimension 1 is time, and its units are told apart along the last.
	const inTime = shape.length === 3 && !activationKinds.has(kind);
	if (shape.length < 2 || inTime || values.length === 0) return {};
	const inner = values.length / (samples * units);
	const range = ranges[kind];
	const [low, high] = range ?? [0, 0];
	const margin = (high - low) * nearness;
	let dead = 0;
	let saturated = 0;
	for (let unit = 0; unit < units; unit++) {
		let active = 0;
		let atEnds = 0;
		for (let sample = 0; sample < samples; sample++) {
			const start = (sample * units + unit) * inner;
			for (let i = start; i < start + inner; i++) {
				const value = values[i]!;
				if (value !== 0) active++;
				if (value <= low + margin || value >= high - margin) atEnds++;
			}
		}
		if (range !== undefined && atEnds >= mostly * samples * inner) saturated++;
		else if (active === 0) dead++;
	}
	return { units, dead, saturated };
}
