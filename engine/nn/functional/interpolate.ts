import { bind } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { raisedOnCards } from "../../ops/castPolicy";
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from "./averagePooling";
import { LineMatrix, mixed } from "./mix";
import type { PerDimension } from "./spatial";

/*
 * Resizing `[N, C, …]`. Every mode weighs neighbours along one dimension after the other; what differs is which neighbours
 * and how much.
 */

export type InterpolationMode = "nearest" | "nearest-exact" | "linear" | "bilinear" | "bicubic" | "trilinear" | "area";

export interface InterpolateOptions {
	/** The result's spatial size: one number, or one for each dimension. Either this or `scaleFactor`. */
	size?: PerDimension | null;
	/** How many times larger, rounded down. */
	scaleFactor?: number | readonly number[] | null;
	/** Default "nearest". */
	mode?: InterpolationMode;
	/** For linear, bilinear, bicubic and trilinear: the corner elements' centres stay where they are. Default false. */
	alignCorners?: boolean | null;
	/** Take the ratio of the sizes rather than `scaleFactor` itself for the places. Default false. */
	recomputeScaleFactor?: boolean | null;
	/** For bilinear and bicubic: wider windows when making smaller. Default false. */
	antialias?: boolean;
}

type Row = [place: number, weight: number][];

/** One dimension to be resized. `ratio`: input elements for each output element. */
interface Line {
	from: number;
	to: number;
	ratio: number;
	align: boolean;
	antialias: boolean;
	/** Rounds as the tensor's type does: which neighbour is nearest hangs on it. */
	round: (value: number) => number;
}

const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));

/** The weight of a neighbour at a distance (Keys, 1981). */
function cubic(distance: number, a: number): number {
	const x = Math.abs(distance);
	if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
	return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

const triangle = (distance: number) => Math.max(0, 1 - Math.abs(distance));

function nearestRow(i: number, { from, ratio, round }: Line): Row {
	return [[Math.min(from - 1, Math.floor(round(i * ratio))), 1]];
}

function nearestExactRow(i: number, { from, ratio, round }: Line): Row {
	return [[Math.min(from - 1, Math.floor(round((i + 0.5) * ratio))), 1]];
}

function linearRow(i: number, { from, ratio, align }: Line): Row {
	const at = align ? i * ratio : Math.max(0, (i + 0.5) * ratio - 0.5);
	const first = Math.min(from - 1, Math.floor(at));
	const part = clamp(at - first, 1);
	return [
		[first, 1 - part],
		[Math.min(from - 1, first + 1), part],
	];
}

function cubicRow(i: number, { from, ratio, align }: Line): Row {
	const at = align ? i * ratio : (i + 0.5) * ratio - 0.5;
	const first = Math.floor(at);
	return [-1, 0, 1, 2].map((step) => [clamp(first + step, from - 1), cubic(at - first - step, -0.75)]);
}

/** A window as wide as what it stands for. */
function smoothRow(i: number, { from, ratio }: Line, reach: number, weigh: (distance: number) => number): Row {
	const spread = Math.max(1, ratio);
	const centre = ratio * (i + 0.5);
	const first = Math.max(0, Math.trunc(centre - reach * spread + 0.5));
	const last = Math.min(from, Math.trunc(centre + reach * spread + 0.5));
	const row = Array.from({ length: Math.max(0, last - first) }, (_, j): [number, number] => [
		first + j,
		weigh((first + j - centre + 0.5) / spread),
	]);
	const total = row.reduce((sum, [, weight]) => sum + weight, 0);
	return row.map(([place, weight]) => [place, total === 0 ? weight : weight / total]);
}

type Method = "nearest" | "nearest-exact" | "linear" | "cubic";

function rowOf(method: Method, i: number, line: Line): Row {
	if (method === "nearest") return nearestRow(i, line);
	if (method === "nearest-exact") return nearestExactRow(i, line);
	if (method === "linear") return line.antialias ? smoothRow(i, line, 1, triangle) : linearRow(i, line);
	return line.antialias ? smoothRow(i, line, 2, (distance) => cubic(distance, -0.5)) : cubicRow(i, line);
}

/** What each mode does, in how many dimensions, and the name of its node (without the dimensions' number). */
const modes: Record<Exclude<InterpolationMode, "area">, { method: Method; dims: readonly number[]; node: string }> = {
	nearest: { method: "nearest", dims: [1, 2, 3], node: "UpsampleNearest" },
	"nearest-exact": { method: "nearest-exact", dims: [1, 2, 3], node: "UpsampleNearestExact" },
	linear: { method: "linear", dims: [1], node: "UpsampleLinear" },
	bilinear: { method: "linear", dims: [2], node: "UpsampleBilinear" },
	trilinear: { method: "linear", dims: [3], node: "UpsampleTrilinear" },
	bicubic: { method: "cubic", dims: [2], node: "UpsampleBicubic" },
};

const order = ["size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor", "antialias"] as const;

function numbersFor(name: string, value: unknown, dims: number, whole: boolean): number[] {
	const list = Array.isArray(value) ? (value as unknown[]) : new Array<unknown>(dims).fill(value);
	if (list.length !== dims) {
		throw new RangeError(
			`[interpolate] input and ${name} must have the same number of spatial dimensions, but got input with ${dims} and ${name} ${quoted(value)}`,
		);
	}
	for (const one of list) {
		if (!(typeof one === "number" && one > 0 && (!whole || Number.isInteger(one)))) {
			throw new RangeError(
				`[interpolate] ${name} must be ${whole ? "positive integers" : "positive numbers"}, got ${quoted(value)}`,
			);
		}
	}
	return list as number[];
}

/** The result's size, and the factors where they were given. */
function sizeOf(given: InterpolateOptions, inner: readonly number[]): { size: number[]; factors: number[] | null } {
	const { size = null, scaleFactor = null, recomputeScaleFactor = false } = given;
	if ((size === null) === (scaleFactor === null)) {
		throw new TypeError(
			size === null
				? "[interpolate] either size or scaleFactor should be defined"
				: "[interpolate] only one of size or scaleFactor should be defined",
		);
	}
	if (size !== null) {
		if (recomputeScaleFactor) {
			throw new TypeError("[interpolate] recomputeScaleFactor is not meaningful with an explicit size");
		}
		return { size: numbersFor("size", size, inner.length, true), factors: null };
	}
	const factors = numbersFor("scaleFactor", scaleFactor, inner.length, false);
	const scaled = inner.map((length, i) => Math.floor(length * factors[i]!));
	return { size: scaled, factors: recomputeScaleFactor ? null : factors };
}

/** The arguments after the input, in place or by name. */
export type InterpolateArguments =
	| [options: InterpolateOptions]
	| [size: PerDimension | null, options?: Omit<InterpolateOptions, "size">]
	| [
			size: PerDimension | null,
			scaleFactor: number | readonly number[] | null,
			options?: Omit<InterpolateOptions, "size" | "scaleFactor">,
	  ];

/**
 * Resizes the spatial dimensions of `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`, to `size` or by `scaleFactor`.
 * "linear" is for one dimension, "bilinear" and "bicubic" for two, "trilinear" for three, the others for any.
 */
export function interpolate(input: Tensor, ...args: InterpolateArguments): Tensor {
	if (autocastState.active) return raisedOnCards(interpolate, input, ...args);
	const given = bind<InterpolateOptions>("interpolate", args, order);
	const { mode = "nearest", alignCorners = null, antialias = false } = given;
	if (!(input instanceof Tensor)) throw new TypeError(`[interpolate] input must be a tensor, got ${quoted(input)}`);
	const dims = input.ndim - 2;
	if (mode !== "area" && !Object.hasOwn(modes, mode)) {
		const all = [...Object.keys(modes), "area"].map((name) => JSON.stringify(name)).join(", ");
		throw new RangeError(`[interpolate] mode must be one of ${all}, got ${quoted(mode)}`);
	}
	const plain = mode === "area" || mode === "nearest" || mode === "nearest-exact";
	if (plain && alignCorners !== null) {
		throw new RangeError(
			"[interpolate] alignCorners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear",
		);
	}
	if (antialias && (dims !== 2 || (mode !== "bilinear" && mode !== "bicubic"))) {
		throw new RangeError(
			'[interpolate] antialias option is restricted to modes "bilinear" and "bicubic" and requires a 4-D tensor as input',
		);
	}
	if (dims < 1 || dims > 3 || (mode !== "area" && !modes[mode].dims.includes(dims))) {
		throw new RangeError(`[interpolate] got ${input.ndim}D input, but mode "${mode}" ${dimsText(mode)}`);
	}
	const inner = input.shape.slice(2);
	const { size, factors } = sizeOf(given, inner);
	if (size.some((length) => length < 1) || inner.some((length) => length < 1)) {
		throw new RangeError(
			`[interpolate] input and output sizes should be greater than 0, but got input [${inner}], output [${size}]`,
		);
	}
	if (mode === "area") return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][dims - 1]!(input, size);
	const { method, node } = modes[mode];
	const align = alignCorners ?? false;
	const round = input.dtype.name === "float64" ? (value: number) => value : Math.fround;
	const matrices = inner.map((from, i) => {
		const to = size[i]!;
		const factor = factors?.[i];
		const ratio = align ? (to > 1 ? (from - 1) / (to - 1) : 0) : factor !== undefined ? 1 / factor : from / to;
		const line: Line = { from, to, ratio: plain ? round(ratio) : ratio, align, antialias, round };
		const key = `${method} ${from} ${to} ${line.ratio} ${align} ${antialias} ${round === Math.fround}`;
		return LineMatrix.kept(key, () =>
			LineMatrix.of(
				Array.from({ length: to }, (_, j) => rowOf(method, j, line)),
				from,
			),
		);
	});
	return mixed(`${node}${dims}D${antialias ? "Aa" : ""}Backward0`, input, matrices);
}

function dimsText(mode: InterpolationMode): string {
	if (mode === "area" || modes[mode].dims.length > 1) return "needs 3D, 4D or 5D input";
	return `needs ${modes[mode].dims[0]! + 2}D input`;
}
