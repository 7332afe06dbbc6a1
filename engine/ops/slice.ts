/** Part of a dimension, as Python's slice: from `start` up to and without `end`, every `step`-th. */
export class Slice {
	readonly start: number | null;
	readonly end: number | null;
	readonly step: number;

	constructor(start: number | null, end: number | null, step: number) {
		this.start = start;
		this.end = end;
		this.step = step;
	}

	toString(): string {
		return `${this.start ?? ""}:${this.end ?? ""}${this.step === 1 ? "" : `:${this.step}`}`;
	}
}

type Bound = number | null | undefined;

/** As in Python: `slice(end)`, `slice(start, end)`, `slice(start, end, step)`; null for an open end. */
export function slice(end: Bound): Slice;
export function slice(start: Bound, end: Bound, step?: Bound): Slice;
export function slice(...bounds: Bound[]): Slice {
	const [start, end, step] = bounds.length === 1 ? [null, bounds[0], null] : bounds;
	return checked(start ?? null, end ?? null, step ?? 1, () => `slice(${bounds.join(", ")})`);
}

const pattern = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/;

/** @internal `"1:3"`, `":-1"`, `"::2"` */
export function parseSlice(text: string): Slice {
	const found = pattern.exec(text);
	if (!found) {
		throw new TypeError(
			`[at] ${JSON.stringify(text)} is no index: expected "...", or a slice such as "1:3", ":-1" or "::2"`,
		);
	}
	const number = (part: string | undefined) => (part === undefined ? null : Number(part));
	return checked(number(found[1]), number(found[2]), number(found[3]) ?? 1, () => JSON.stringify(text));
}

function checked(start: number | null, end: number | null, step: number, text: () => string): Slice {
	for (const bound of [start, end, step]) {
		if (bound !== null && !Number.isInteger(bound))
			throw new TypeError(`[slice] bounds must be integers, got ${text()}`);
	}
	if (step <= 0) throw new RangeError(`[slice] step must be greater than zero, got ${text()}`);
	return new Slice(start, end, step);
}
