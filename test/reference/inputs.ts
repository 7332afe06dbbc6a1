import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { type DType, Tensor } from "gradbook";

/*
 * Reads the files of this folder. Inputs are described by shape, dtype, range and seed, and made here by the same formula
 * as in harness.py.
 */

export type Numeral = number | boolean | "nan" | "inf" | "-inf";

export interface Spec {
	shape: number[];
	/** "float" stands for float32 and float64 in turn. */
	dtype: string;
	lo: number;
	hi: number;
	seed: number;
	values?: Numeral[];
	grad?: boolean;
}

export type Layout = "contiguous" | "strided" | "transposed";

export function readCases<C>(file: string): C[] {
	const text = readFileSync(join(__dirname, file), "utf8");
	return (JSON.parse(text) as { cases: C[] }).cases;
}

export function number(value: Numeral): number {
	if (value === "nan") return Number.NaN;
	if (value === "inf") return Number.POSITIVE_INFINITY;
	return value === "-inf" ? Number.NEGATIVE_INFINITY : Number(value);
}

export function uniform(size: number, lo: number, hi: number, seed: number): number[] {
	return Array.from(
		{ length: size },
		(_, i) => lo + (hi - lo) * (((i * 2654435761 + seed * 1234567 + 12345) % 2 ** 32) / 2 ** 32),
	);
}

export function sizeOf(shape: readonly number[]): number {
	return shape.reduce((product, size) => product * size, 1);
}

/** "rounding_mode" → "roundingMode"; a trailing underscore stays. */
export function camel(name: string): string {
	return name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function dtypeNamed(name: string): DType {
	const dtype = (torch as unknown as Record<string, DType>)[name];
	if (!dtype) throw new Error(`no dtype ${name}`);
	return dtype;
}

function valuesOf(spec: Spec, dtype: DType): number[] {
	if (spec.values) return spec.values.map(number).map((v) => (spec.dtype === "float" ? Math.fround(v) : v));
	const values = uniform(sizeOf(spec.shape), spec.lo, spec.hi, spec.seed);
	if (!dtype.isFloatingPoint) return values.map(Math.floor);
	return spec.dtype === "float" ? values.map(Math.fround) : values;
}

/** The described tensor, in memory of the wanted layout. */
export function makeInput(spec: Spec, float: DType, layout: Layout = "contiguous"): Tensor {
	const dtype = spec.dtype === "float" ? float : dtypeNamed(spec.dtype);
	const values = valuesOf(spec, dtype);
	return laidOut(values, spec.shape, dtype, layout).requiresGrad_(spec.grad === true);
}

function laidOut(values: number[], shape: number[], dtype: DType, layout: Layout): Tensor {
	const flat = (data: number[], sizes: number[]) => torch.tensor(Float64Array.from(data), { dtype }).view(sizes);
	if (shape.length === 0 || values.length === 0 || layout === "contiguous") return flat(values, shape);
	if (layout === "strided") {
		// Every second element of memory that is twice as long.
		const wide = values.flatMap((value) => [value, 77]);
		return flat(wide, shape.with(-1, shape.at(-1)! * 2)).at("...", "::2");
	}
	const reversed = shape.toReversed();
	const dims = shape.map((_, i) => shape.length - 1 - i);
	const source = new Array<number>(values.length);
	values.forEach((value, i) => {
		let rest = i;
		let position = 0;
		const at = new Array<number>(shape.length);
		for (let dim = shape.length - 1; dim >= 0; dim--) {
			at[dim] = rest % shape[dim]!;
			rest = Math.floor(rest / shape[dim]!);
		}
		for (let dim = shape.length - 1; dim >= 0; dim--) position = position * shape[dim]! + at[dim]!;
		source[position] = value;
	});
	return flat(source, reversed).permute(dims);
}

/** What an argument of a case stands for; tensors are made by `make` and collected. */
export function decode(value: unknown, make: (spec: Spec) => Tensor): unknown {
	if (Array.isArray(value)) return value.map((item) => decode(item, make));
	if (typeof value !== "object" || value === null) return value;
	if ("tensor" in value) return make(value.tensor as Spec);
	if ("dtype" in value) return dtypeNamed(value.dtype as string);
	if ("float" in value) return number(value.float as Numeral);
	const bounds = (value as { slice: (number | null)[] }).slice;
	return torch.slice(bounds[0], bounds[1], bounds[2]);
}

/** All results of an op, nested arrays flattened. */
export function flatten(result: unknown): unknown[] {
	return Array.isArray(result) ? result.flatMap(flatten) : [result];
}

export function numbersOf(x: Tensor): number[] {
	return [x.detach().tolist()].flat(Number.POSITIVE_INFINITY as 1) as number[];
}

/** The first element that is not close enough, as text; null where all are. */
export function mismatch(
	found: readonly number[],
	expected: readonly number[],
	rtol: number,
	atol: number,
): string | null {
	if (found.length !== expected.length) return `${found.length} elements, expected ${expected.length}`;
	for (let i = 0; i < expected.length; i++) {
		const [a, b] = [found[i]!, expected[i]!];
		if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
		if (!(Math.abs(a - b) <= atol + rtol * Math.abs(b)))
			return `element ${i} is ${a}, expected ${b} (all: ${found} against ${expected})`;
	}
	return null;
}

export { Tensor };
