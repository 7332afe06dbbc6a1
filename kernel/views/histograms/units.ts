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
	const between = range === undefined ? undefined : betweenEnds(range);
	let dead = 0;
	let saturated = 0;
	for (let unit = 0; unit < units; unit++) {
		const of = { values, samples, units, unit, inner };
		if (between !== undefined && !moreThan((1 - mostly) * samples * inner, of, between)) saturated++;
		else if (!moreThan(0, of, (value) => value !== 0)) dead++;
	}
	return { units, dead, saturated };
}

/** Whether a value is at neither end of a range; NaN is at none. */
function betweenEnds([low, high]: readonly [number, number]): (value: number) => boolean {
	const margin = (high - low) * nearness;
	return (value) => !(value <= low + margin || value >= high - margin);
}

interface UnitValues {
	values: ArrayLike<number>;
	samples: number;
	units: number;
	unit: number;
	/** Values of one unit in one sample, which stand together. */
	inner: number;
}

/** Whether more than `most` of a unit's values pass the test: most units are known after a few. */
function moreThan(most: number, of: UnitValues, test: (value: number) => boolean): boolean {
	const { values, samples, units, unit, inner } = of;
	let count = 0;
	for (let sample = 0; sample < samples; sample++) {
		const start = (sample * units + unit) * inner;
		for (let i = start; i < start + inner; i++) {
			if (test(values[i]!) && ++count > most) return true;
		}
	}
	return false;
}
