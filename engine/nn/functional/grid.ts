import { bind, shapeText } from "../../core/arguments";
import { quoted } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { linspace, ones, stack } from "../../ops";
import { composite } from "../../ops/composite";

/* Sampling at places given by a grid: spatial transformers (Jaderberg et al., 2015). */

/** Places of the result's elements, in [−1, 1], as [x, y(, z)] in the last dimension. */
function baseGrid(sizes: readonly number[], like: Tensor, alignCorners: boolean): Tensor {
	const { dtype, device } = like;
	const spatial = sizes.length;
	const axes = sizes.map((size, i) => {
		const line = size <= 1 ? linspace(0, 0, size, { dtype, device }) : linspace(-1, 1, size, { dtype, device });
		const scaled = alignCorners ? line : line.mul((size - 1) / size);
		return scaled.reshape(sizes.map((_, j) => (i === j ? size : 1))).expand(...sizes);
	});
	return stack([...axes.reverse(), ones([...sizes], { dtype, device })], spatial);
}

/**
 * The grid of an affine map, for `gridSample`.
 *
 * @param theta `[N, 2, 3]` or `[N, 3, 4]`
 * @param size of the result: `[N, C, H, W]` or `[N, C, D, H, W]`
 * @returns `[N, H, W, 2]` or `[N, D, H, W, 3]`
 */
export function affineGrid(
	theta: Tensor,
	size: readonly number[],
	...args: [alignCorners?: boolean | { alignCorners?: boolean }]
): Tensor {
	const { alignCorners = false } = bind<{ alignCorners: boolean }>("affineGrid", args, ["alignCorners"]);
	const spatial = size.length - 2;
	if (spatial !== 2 && spatial !== 3) {
		throw new RangeError(`[affineGrid] size must be of a batch of 2D or 3D images, got ${shapeText(size)}`);
	}
	if (`${theta.shape}` !== `${[size[0], spatial, spatial + 1]}`) {
		throw new RangeError(
			`[affineGrid] expected a batch of ${spatial}x${spatial + 1} affine matrices of shape Nx${spatial}x${spatial + 1} for size ${shapeText(size)}, got ${shapeText(theta.shape)}`,
		);
	}
	const places = baseGrid(size.slice(2), theta, alignCorners);
	const [n] = size as [number];
	const flat = places.reshape(1, -1, spatial + 1).expand(n, -1, -1);
	return flat.bmm(theta.transpose(1, 2)).reshape(n, ...size.slice(2), spatial);
}

export type GridMode = "bilinear" | "nearest" | "bicubic";
export type GridPadding = "zeros" | "border" | "reflection";

export interface GridSampleOptions {
	/** Default "bilinear" (of volumes trilinear); "bicubic" for images only. */
	mode?: GridMode;
	/** What lies outside of the image. Default "zeros". */
	paddingMode?: GridPadding;
	/** −1 and 1 are the centres of the outermost elements instead of their edges. Default false. */
	alignCorners?: boolean;
}

const modes: readonly unknown[] = ["bilinear", "nearest", "bicubic"];
const paddings: readonly unknown[] = ["zeros", "border", "reflection"];

/**
 * The image's values at the places of a grid, by interpolation.
 *
 * @param input `[N, C, H, W]` or `[N, C, D, H, W]`
 * @param grid `[N, Hout, Wout, 2]` or `[N, Dout, Hout, Wout, 3]`, x first, in [−1, 1]
 * @returns `[N, C, Hout, Wout]` or `[N, C, Dout, Hout, Wout]`
 */
export function gridSample(
	input: Tensor,
	grid: Tensor,
	...args:
		| [options?: GridSampleOptions]
		| [mode: GridMode, options?: Omit<GridSampleOptions, "mode">]
		| [mode: GridMode, paddingMode: GridPadding, options?: Pick<GridSampleOptions, "alignCorners">]
		| [mode: GridMode, paddingMode: GridPadding, alignCorners: boolean]
): Tensor {
	const {
		mode = "bilinear",
		paddingMode = "zeros",
		alignCorners = false,
	} = bind<GridSampleOptions>("gridSample", args, ["mode", "paddingMode", "alignCorners"]);
	if (!modes.includes(mode)) {
		throw new RangeError(
			`[gridSample] expected mode to be "bilinear", "nearest" or "bicubic", but got: ${quoted(mode)}`,
		);
	}
	if (!paddings.includes(paddingMode)) {
		throw new RangeError(
			`[gridSample] expected paddingMode to be "zeros", "border" or "reflection", but got: ${quoted(paddingMode)}`,
		);
	}
	const spatial = input.ndim - 2;
	if ((spatial !== 2 && spatial !== 3) || grid.ndim !== input.ndim || grid.size(-1) !== spatial) {
		throw new RangeError(
			`[gridSample] expected 4D or 5D input and grid with one place for each of its 2 or 3 dimensions, got ${shapeText(input.shape)} and ${shapeText(grid.shape)}`,
		);
	}
	if (input.size(0) !== grid.size(0)) {
		throw new RangeError(
			`[gridSample] expected input and grid of one batch size, got ${input.size(0)} and ${grid.size(0)}`,
		);
	}
	if (input.shape.slice(2).includes(0)) {
		throw new RangeError(
			`[gridSample] expected input with spatial dimensions that are not empty, got ${shapeText(input.shape)}`,
		);
	}
	if (mode === "bicubic" && spatial === 3)
		throw new RangeError("[gridSample] bicubic interpolation only supports 4D input");
	return (spatial === 2 ? sample2d : sample3d)({ mode, paddingMode, alignCorners }, input, grid);
}

const sample2d = composite<Required<GridSampleOptions>>("GridSampler2DBackward0", sampled);
const sample3d = composite<Required<GridSampleOptions>>("GridSampler3DBackward0", sampled);

function sampled(options: Required<GridSampleOptions>, input: Tensor, grid: Tensor): Tensor {
	const { mode, paddingMode, alignCorners } = options;
	const sizes = input.shape.slice(2);
	const [n, channels] = input.shape as [number, number];
	const out = [n, channels, ...grid.shape.slice(1, -1)];
	const flat = input.reshape(n, channels, -1);
	// Of the dimensions in the image's order: the grid says the last one first.
	const places = sizes.map((size, i) => {
		const place = grid.select(-1, sizes.length - 1 - i).reshape(n, -1);
		const found = alignCorners
			? place
					.add(1)
					.div(2)
					.mul(size - 1)
			: place.add(1).mul(size).sub(1).div(2);
		return mode === "bicubic" ? found : kept(found, size, paddingMode, alignCorners);
	});
	const at = (corner: readonly Tensor[]) => valuesAt(flat, sizes, corner);
	if (mode === "nearest") return at(places.map((place) => place.detach().round())).reshape(out);
	if (mode === "bicubic") return bicubic(places, sizes, options, at).reshape(out);
	const lower = places.map((place) => place.detach().floor());
	let sum: Tensor | null = null;
	for (let corner = 0; corner < 1 << sizes.length; corner++) {
		const upper = sizes.map((_, i) => ((corner >> i) & 1) === 1);
		const where = lower.map((low, i) => (upper[i] ? low.add(1) : low));
		const weight = places
			.map((place, i) => (upper[i] ? place.sub(lower[i]!) : lower[i]!.add(1).sub(place)))
			.reduce((a, b) => a.mul(b));
		const part = at(where).mul(weight.unsqueeze(1));
		sum = sum ? sum.add(part) : part;
	}
	return sum!.reshape(out);
}

/** Values at whole places, zeros outside: [N, C, places]. */
function valuesAt(flat: Tensor, sizes: readonly number[], where: readonly Tensor[]): Tensor {
	let index: Tensor | null = null;
	let inside: Tensor | null = null;
	where.forEach((place, i) => {
		const size = sizes[i]!;
		const within = place.ge(0).logicalAnd(place.lt(size));
		const bounded = place
			.nanToNum(0)
			.clamp(0, size - 1)
			.long();
		inside = inside ? (inside as Tensor).logicalAnd(within) : within;
		index = index ? (index as Tensor).mul(size).add(bounded) : bounded;
	});
	const all = index!.unsqueeze(1).expand(-1, flat.size(1), -1);
	return flat.gather(2, all).maskedFill(inside!.logicalNot().unsqueeze(1), 0);
}

/** Places outside brought to the border, or mirrored at it. */
function kept(place: Tensor, size: number, padding: GridPadding, alignCorners: boolean): Tensor {
	if (padding === "zeros") return place;
	const mirrored =
		padding === "reflection" ? (alignCorners ? reflected(place, 0, size - 1) : reflected(place, -0.5, size)) : place;
	return mirrored.clamp(0, size - 1);
}

function reflected(place: Tensor, low: number, span: number): Tensor {
	if (span === 0) return place.mul(0);
	const away = place.sub(low).abs();
	const extra = away.fmod(span);
	const even = away.detach().div(span).floor().remainder(2).eq(0);
	return extra.where(even, extra.neg().add(span)).add(low);
}

const A = -0.75;

/** Keys' cubic: the weights of the four neighbours of a place `t` after the second. */
function cubicWeights(t: Tensor): Tensor[] {
	const near = (x: Tensor) =>
		x
			.mul(A + 2)
			.sub(A + 3)
			.mul(x)
			.mul(x)
			.add(1);
	const far = (x: Tensor) =>
		x
			.mul(A)
			.sub(5 * A)
			.mul(x)
			.add(8 * A)
			.mul(x)
			.sub(4 * A);
	const rest = t.neg().add(1);
	return [far(t.add(1)), near(t), near(rest), far(rest.add(1))];
}

function bicubic(
	places: readonly Tensor[],
	sizes: readonly number[],
	{ paddingMode, alignCorners }: Required<GridSampleOptions>,
	at: (where: readonly Tensor[]) => Tensor,
): Tensor {
	const lower = places.map((place) => place.detach().floor());
	const weights = places.map((place, i) => cubicWeights(place.sub(lower[i]!)));
	const rows = [0, 1, 2, 3].map((j) => {
		const parts = [0, 1, 2, 3].map((i) => {
			const where = [lower[0]!.add(j - 1), lower[1]!.add(i - 1)].map((place, k) =>
				kept(place, sizes[k]!, paddingMode, alignCorners),
			);
			return at(where).mul(weights[1]![i]!.unsqueeze(1));
		});
		return parts.reduce((a, b) => a.add(b)).mul(weights[0]![j]!.unsqueeze(1));
	});
	return rows.reduce((a, b) => a.add(b));
}
