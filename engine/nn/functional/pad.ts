import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind } from "../../core/arguments";
import { int64 } from "../../core/dtype";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { LineMatrix, mixed } from "./mix";

/* Elements added around a tensor. `pad` lists them as PyTorch does: before and after, of the last dimension first. */

/** The part of x that is left without its first and last elements, as far as `pad` asks for that. */
function cropped(x: Handle, pad: readonly number[], sign: 1 | -1): Handle {
	const shape = native.shape(x);
	let view = x;
	for (let i = 0; i < pad.length / 2; i++) {
		const dim = shape.length - 1 - i;
		const before = Math.max(0, sign * pad[2 * i]!);
		const after = Math.max(0, sign * pad[2 * i + 1]!);
		if (before > 0 || after > 0) view = native.slice(view, dim, before, shape[dim]! - after, 1);
	}
	return view;
}

/** x with `value` around it; negative numbers take elements away. */
export function constantPad(x: Tensor, pad: readonly number[], value: number): Tensor {
	const shape = x.shape;
	if (pad.length % 2 !== 0 || pad.length > 2 * shape.length) {
		throw new RangeError(
			`[pad] expects two numbers for each of at most ${shape.length} dimensions, got [${pad.join(", ")}]`,
		);
	}
	for (let i = 0; i < pad.length / 2; i++) {
		const dim = shape.length - 1 - i;
		const size = shape[dim]! + pad[2 * i]! + pad[2 * i + 1]!;
		if (size < 0) {
			throw new RangeError(
				`[pad] the input size ${shape[dim]}, plus negative padding ${pad[2 * i]} and ${pad[2 * i + 1]}, resulted in a negative output size, which is invalid (dimension ${dim})`,
			);
		}
		shape[dim] = size;
	}
	const out = native.full(shape, value, x.dtype.code, x.handle);
	native.copy_(cropped(out, pad, 1), cropped(x.handle, pad, -1));
	return tracked(x) ? record(wrap(out), constantPadBackward, [x], [], pad) : wrap(out);
}

const constantPadBackward: Derivative = {
	name: "ConstantPadNdBackward0",
	backward: (node, grad) => [
		constantPad(
			grad,
			(node.attributes as number[]).map((count) => -count),
			0,
		),
	],
};

export type PadMode = "constant" | "reflect" | "replicate" | "circular";

export interface PadOptions {
	/** Where the new elements come from: one value, the mirror image, the edge, the other end. Default "constant". */
	mode?: PadMode;
	/** That of "constant". Default 0. */
	value?: number | null;
}

/** Which element of those from `first` to `end` (what negative padding leaves) stands at place `at`, which may lie outside. */
const sources: Record<
	Exclude<PadMode, "constant">,
	(at: number, first: number, end: number, size: number) => number
> = {
	reflect: (at, _first, _end, size) => (at < 0 ? -at : at < size ? at : 2 * (size - 1) - at),
	replicate: (at, _first, _end, size) => Math.max(0, Math.min(size - 1, at)),
	circular: (at, first, end) => first + ((((at - first) % (end - first)) + end - first) % (end - first)),
};

const nodeNames = {
	reflect: (dims: number) => `ReflectionPad${dims}DBackward0`,
	replicate: (dims: number) => `ReplicationPad${dims}DBackward0`,
	circular: () => "CopySlices",
};

function checkRoom(mode: PadMode, size: number, before: number, after: number, dim: number, shape: number[]): void {
	const most = mode === "reflect" ? size - 1 : mode === "circular" ? size : Number.POSITIVE_INFINITY;
	if (before > most || after > most) {
		const bound = mode === "reflect" ? "less than" : "at most";
		throw new RangeError(
			`[pad] padding size should be ${bound} the corresponding input dimension for mode "${mode}", but got: padding (${before}, ${after}) at dimension ${dim} of input [${shape.join(", ")}]`,
		);
	}
	if (size + before + after < 1 || size === 0) {
		throw new RangeError(
			`[pad] padding (${before}, ${after}) of dimension ${dim} of input [${shape.join(", ")}] leaves no element`,
		);
	}
}

/**
 * Elements added around a tensor (negative numbers take them away).
 *
 * @param padding how many before and after: of the last dimension, then of the one before it, …
 */
export function pad(input: Tensor, padding: readonly number[], ...args: PadArguments): Tensor {
	const { mode = "constant", value = null } = bind<PadOptions>("pad", args, ["mode", "value"]);
	if (!(input instanceof Tensor)) throw new TypeError(`[pad] input must be a tensor, got ${quoted(input)}`);
	if (!Array.isArray(padding) || !padding.every(Number.isInteger) || padding.length % 2 !== 0) {
		throw new TypeError(`[pad] padding must be an even number of integers, got ${quoted(padding)}`);
	}
	if (mode === "constant") return constantPad(input, padding, value ?? 0);
	if (!(mode in sources)) {
		throw new RangeError(`[pad] mode must be "constant", "reflect", "replicate" or "circular", got ${quoted(mode)}`);
	}
	if (value !== null && value !== 0)
		throw new RangeError(`[pad] padding mode "${mode}" doesn't take in value argument`);
	const dims = padding.length / 2;
	const shape = input.shape;
	if (dims < 1 || dims > 3 || (shape.length !== dims + 1 && shape.length !== dims + 2)) {
		throw new RangeError(
			`[pad] only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now: the last 1 to 3 dimensions of a tensor with one or two more, got padding [${padding.join(", ")}] of input [${shape.join(", ")}]`,
		);
	}
	const source = sources[mode];
	const lines = Array.from({ length: dims }, (_, i) => {
		const dim = shape.length - dims + i;
		const size = shape[dim]!;
		const [before, after] = padding.slice(2 * (dims - 1 - i)) as [number, number];
		checkRoom(mode, size, before, after, dim, shape);
		const [first, end] = [Math.max(0, -before), size - Math.max(0, -after)];
		const places = () =>
			Array.from({ length: size + before + after }, (_, at) => source(at - before, first, end, size));
		return { size, key: `${mode} ${size} ${before} ${after}`, places };
	});
	if (input.isFloatingPoint()) {
		const matrices = lines.map(({ size, key, places }) =>
			LineMatrix.kept(key, () =>
				LineMatrix.of(
					places().map((at) => [[at, 1]]),
					size,
				),
			),
		);
		return mixed(nodeNames[mode](dims), input, matrices);
	}
	const handle = lines.reduce((x, line, i) => {
		const index = line.places();
		const places = native.fromNumbers(Float64Array.from(index), [index.length], int64.code, input.handle);
		return native.indexSelect(x, shape.length - dims + i, places);
	}, input.handle);
	return wrap(handle);
}

/** The arguments after the padding, in place or by name. */
export type PadArguments = [options?: PadOptions] | [mode: PadMode, value?: number | null];
