import { float32, float64, uint8 } from "../../core/dtype";
import type { Tensor } from "../../core/tensor";
import { indexTensor } from "../../data/tensors";
import { tensor } from "../../ops/create";
import type { Size } from "./transform";

/* Images in another size, as PyTorch's `interpolate` makes them: a weighted sum along each axis, as a product of matrices. */

/** torchvision's names of the ways to find a value between pixels. */
export const InterpolationMode = {
	NEAREST: "nearest",
	NEAREST_EXACT: "nearest-exact",
	BILINEAR: "bilinear",
	BICUBIC: "bicubic",
} as const;

export type Interpolation = (typeof InterpolationMode)[keyof typeof InterpolationMode];

/** For each pixel along one axis of the result, how much each pixel along the axis counts: [out, in], row by row. */
type Weights = Float64Array;

/** How far a filter reaches on each side, and its value at a distance. */
interface Filter {
	reach: number;
	at: (distance: number) => number;
}

const triangle: Filter = { reach: 1, at: (x) => Math.max(1 - Math.abs(x), 0) };

/** Keys' cubic convolution with parameter a. */
function cubic(a: number): Filter {
	return {
		reach: 2,
		at(distance) {
			const x = Math.abs(distance);
			if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
			return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
		},
	};
}

/** The filter is as wide as the pixels of the result: nothing between them is lost. */
function antialiased(from: number, to: number, filter: Filter): Weights {
	const scale = from / to;
	const stretch = Math.max(scale, 1);
	const support = filter.reach * stretch;
	const rows = new Float64Array(to * from);
	for (let i = 0; i < to; i++) {
		const center = scale * (i + 0.5);
		const first = Math.max(Math.trunc(center - support + 0.5), 0);
		const end = Math.min(Math.trunc(center + support + 0.5), from);
		let total = 0;
		for (let j = first; j < end; j++) {
			rows[i * from + j] = filter.at((j - center + 0.5) / stretch);
			total += rows[i * from + j]!;
		}
		for (let j = first; j < end; j++) rows[i * from + j]! /= total;
	}
	return rows;
}

/** The pixels beside the place, whatever lies between; those beyond the edge are the edge's. */
function plain(from: number, to: number, filter: Filter): Weights {
	const scale = from / to;
	const rows = new Float64Array(to * from);
	for (let i = 0; i < to; i++) {
		const place = scale * (i + 0.5) - 0.5;
		const source = filter.reach === 1 ? Math.max(place, 0) : place;
		const base = Math.floor(source);
		for (let j = base - filter.reach + 1; j <= base + filter.reach; j++) {
			rows[i * from + Math.min(Math.max(j, 0), from - 1)]! += filter.at(source - j);
		}
	}
	return rows;
}

/** Images [..., H, W] in another size. */
export function resize(images: Tensor, size: Size, interpolation: Interpolation, antialias: boolean): Tensor {
	const old = [images.size(-2), images.size(-1)] as const;
	if (old[0] === size[0] && old[1] === size[1]) return images;
	if (interpolation === "nearest" || interpolation === "nearest-exact") {
		const shift = interpolation === "nearest" ? 0 : 0.5;
		const rows = ([0, 1] as const).map((axis) =>
			indexTensor(
				Array.from({ length: size[axis] }, (_, i) =>
					// In single precision, as PyTorch counts.
					Math.min(Math.floor(Math.fround((i + shift) * Math.fround(old[axis] / size[axis]))), old[axis] - 1),
				),
			),
		);
		return images.indexSelect(images.ndim - 2, rows[0]!).indexSelect(images.ndim - 1, rows[1]!);
	}
	const filter = interpolation === "bilinear" ? triangle : cubic(antialias ? -0.5 : -0.75);
	const weights = ([0, 1] as const).map((axis) => (antialias ? antialiased : plain)(old[axis], size[axis], filter));
	const along = (axis: 0 | 1) => ({ weights: weights[axis]!, from: old[axis], to: size[axis] });
	if (images.dtype === uint8) {
		const wide = old[1] === size[1] ? images.to(float64) : inFixedPoint(images.to(float64), along(1), false);
		return (old[0] === size[0] ? wide : inFixedPoint(wide, along(0), true)).to(uint8);
	}
	const floating = images.isFloatingPoint() && images.elementSize() >= 4;
	const values = floating ? images : images.to(float32);
	const matrix = ({ weights, from, to }: Axis) => tensor(weights, { dtype: values.dtype }).reshape(to, from);
	const result = matrix(along(0)).matmul(values.matmul(matrix(along(1)).t()));
	if (floating) return result;
	return images.isFloatingPoint() ? result.to(images.dtype) : result.round().to(images.dtype);
}

interface Axis {
	weights: Weights;
	from: number;
	to: number;
}

/**
 * Bytes along one axis, as PyTorch computes them where the processor has AVX2: weights are 16-bit integers with as many
 * fraction bits as the largest allows, and each pass gives bytes again.
 */
function inFixedPoint(images: Tensor, { weights, from, to }: Axis, rows: boolean): Tensor {
	const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
	let bits = 0;
	while (bits < 22 && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++;
	const whole = weights.map((weight) => Math.trunc(weight * 2 ** bits + (weight < 0 ? -0.5 : 0.5)));
	const matrix = tensor(whole, { dtype: float64 }).reshape(to, from);
	const sums = rows ? matrix.matmul(images) : images.matmul(matrix.t());
	return sums
		.add(2 ** (bits - 1))
		.div(2 ** bits)
		.floor()
		.clamp(0, 255);
}

/** Images [..., C, H, W] seen through a grid of places (of pixels, [h, w] each); beyond the edge is `fill`, or 0 where that is null. */
export function sample(
	images: Tensor,
	x: Float64Array,
	y: Float64Array,
	[height, width]: Size,
	interpolation: "nearest" | "bilinear",
	fill: readonly number[] | null,
): Tensor {
	const [rows, columns] = [images.size(-2), images.size(-1)];
	const floating = images.isFloatingPoint() && images.elementSize() >= 4;
	const dtype = floating ? images.dtype : float32;
	// PyTorch rounds a product and its sum to float32 at once: so do sums in float64 that are rounded after each step.
	const rounded = (sums: Tensor) => sums.to(dtype).double();
	const flat = images
		.to(dtype)
		.double()
		.reshape([...images.shape.slice(0, -2), rows * columns]);
	let sum: Tensor | null = null;
	let inside: Tensor | null = null;
	for (const { places, weights } of corners(x, y, rows, columns, interpolation)) {
		const weight = rounded(tensor(weights, { dtype: float64 }));
		const part = flat.indexSelect(flat.ndim - 1, indexTensor(places)).mul(weight);
		sum = rounded(sum === null ? part : sum.add(part));
		inside = rounded(inside === null ? weight : inside.add(weight));
	}
	const filled = fill === null ? null : tensor([...fill], { dtype }).reshape([-1, 1]);
	// As torchvision does it: at the edge the sum, which lacks what lies beyond, is weighted once more.
	const found = sum!.to(dtype);
	const out = filled === null ? found : found.sub(filled).mul(inside!.to(dtype)).add(filled);
	const shaped = out.reshape([...images.shape.slice(0, -2), height, width]);
	if (floating) return shaped;
	return images.isFloatingPoint() ? shaped.to(images.dtype) : shaped.round().to(images.dtype);
}

/** The pixels that count at each place, and how much; weight 0 beyond the edge. */
function* corners(x: Float64Array, y: Float64Array, rows: number, columns: number, interpolation: string) {
	const reach = interpolation === "nearest" ? [0] : [0, 1];
	for (const dy of reach) {
		for (const dx of reach) {
			const places = new Array<number>(x.length);
			const weights = new Float64Array(x.length);
			for (let i = 0; i < x.length; i++) {
				const [column, weightX] = neighbour(x[i]!, dx, interpolation);
				const [row, weightY] = neighbour(y[i]!, dy, interpolation);
				const within = column >= 0 && column < columns && row >= 0 && row < rows;
				places[i] = within ? row * columns + column : 0;
				weights[i] = within ? weightX * weightY : 0;
			}
			yield { places, weights };
		}
	}
}

function neighbour(place: number, offset: number, interpolation: string): [index: number, weight: number] {
	if (interpolation === "nearest") {
		const down = Math.floor(place);
		return [place - down === 0.5 ? down + (Math.abs(down) % 2) : Math.round(place), 1];
	}
	const down = Math.floor(place);
	return [down + offset, offset === 0 ? 1 - (place - down) : place - down];
}
