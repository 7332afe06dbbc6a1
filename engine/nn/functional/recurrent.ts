import type { Derivative, Gradient, Node } from "../../autograd/node";
import { anyTracked, record, recordAll } from "../../autograd/record";
import { autocastState } from "../../core/autocast";
import { gradMode } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { cat, stack, zerosLike } from "../../ops";
import { lowered, raised } from "../../ops/castPolicy";
import { gradientsOf } from "../../ops/composite";
import { linear } from "./linear";

/*
 * One layer of a recurrent network, all its steps and directions, as one op. Sequences are packed: the rows of one time
 * step stand together, those of the longest sequences first. Its formula in single operations serves second derivatives.
 */

/** @internal The addon's numbers. */
export const modes = { RNN_TANH: 0, RNN_RELU: 1, LSTM: 2, GRU: 3 } as const;
export type RecurrentMode = keyof typeof modes;

/** Rows of the weights for each hidden unit. */
export const gatesOf: Record<RecurrentMode, number> = { RNN_TANH: 1, RNN_RELU: 1, LSTM: 4, GRU: 3 };

/** Of one direction. */
export interface RecurrentWeights {
	/** `[gates · H, I]` */
	ih: Tensor;
	/** `[gates · H, P]` */
	hh: Tensor;
	/** `[gates · H]`, or null */
	biasIh: Tensor | null;
	biasHh: Tensor | null;
	/** Projection `[P, H]`, or null: then P is H. */
	hr: Tensor | null;
}

export interface LayerResult {
	/** `[rows, directions · P]`, or `[…shape, directions · P]` */
	output: Tensor;
	/** `[directions, N, P]` */
	h: Tensor;
	/** `[directions, N, H]`, for an LSTM */
	c: Tensor | null;
}

interface Attributes {
	mode: RecurrentMode;
	sizes: Handle;
	kept: Handle;
	/** Positions of the weights that are there, among the inputs. */
	present: number[];
}

/** Inputs before the weights: x, h0, c0. */
const before = 3;

/**
 * @param names of the nodes of output and states, as PyTorch shows them
 * @param x `[rows, I]`
 * @param batchSizes int64 `[T]`: how many sequences there are at each step
 * @param h0 `[directions, N, P]`
 * @param c0 `[directions, N, H]`, for an LSTM
 * @param shape steps and batch as which the output's rows are seen, where all sequences are equally long
 */
export function recurrentLayer(
	names: { output: string; state: string },
	mode: RecurrentMode,
	x: Tensor,
	batchSizes: Tensor,
	h0: Tensor,
	c0: Tensor | null,
	weights: readonly RecurrentWeights[],
	shape: readonly [steps: number, batch: number] | null = null,
): LayerResult {
	if (autocastState.active) return autocastLayer(names, mode, x, batchSizes, h0, c0, weights, shape);
	const inputs = [x, h0, c0, ...weights.flatMap(({ ih, hh, biasIh, biasHh, hr }) => [ih, hh, biasIh, biasHh, hr])];
	const handles = inputs.slice(before).map((weight) => weight?.handle ?? null);
	const [out, hn, cn, kept] = native.rnnLayer(
		modes[mode],
		x.handle,
		batchSizes.handle,
		h0.handle,
		c0?.handle ?? null,
		handles,
	);
	const output = wrap(shape === null ? out : native.view(out, [...shape, native.shape(out)[1]!]));
	const h = wrap(hn);
	const c = cn && wrap(cn);
	if (!anyTracked(inputs)) return { output, h, c };
	const present = inputs.flatMap((input, i) => (i >= before && input !== null ? [i] : []));
	const attributes: Attributes = { mode, sizes: batchSizes.handle, kept, present };
	recordAll(c ? [output, h, c] : [output, h], derivativeOf(names.output), inputs, [...inputs, output], attributes);
	return { output, h: renamed(h, names.state), c: c && renamed(c, names.state) };
}

/**
 * In an autocast block PyTorch lowers plain layers and whole LSTM layers. In a GRU, a cell or over packed sequences it
 * lowers the products alone, and the states keep the input's type: here such a layer runs in float32. On a card it lowers
 * them all.
 */
function autocastLayer(...args: Parameters<typeof recurrentLayer>): LayerResult {
	const [, mode, x, , , , , shape] = args;
	if (x.device.type === "cuda") return lowered(recurrentLayer, ...args);
	if (mode === "RNN_TANH" || mode === "RNN_RELU" || (mode === "LSTM" && shape)) return lowered(recurrentLayer, ...args);
	const { output, h, c } = raised(recurrentLayer, ...args);
	return { output: output.to(x.dtype), h: h.to(x.dtype), c: c?.to(x.dtype) ?? null };
}

/** The states go through an operation of their own, since PyTorch shows another name for them. */
function renamed(state: Tensor, name: string): Tensor {
	return record(wrap(native.alias(state.handle)), { name, backward: (_node, grad) => [grad] }, [state]);
}

const derivativeOf = (name: string): Derivative => ({ name, backward });

function backward(node: Node, _grad: Tensor, grads: readonly Gradient[]): readonly Gradient[] {
	const { mode, sizes, kept, present } = node.attributes as Attributes;
	const saved = node.savedTensors.map((tensor, i) => (tensor ? node.saved(i) : null));
	const output = saved.pop()!;
	if (gradMode.enabled) {
		const lengths = wrap(sizes).tolist() as number[];
		return recorded((...own) => layerFormula(mode, lengths, own), saved, grads);
	}
	const [x, h0, c0, ...weights] = saved as [Tensor, Tensor, Tensor | null, ...(Tensor | null)[]];
	const [dx, dh0, dc0, dWeights] = native.rnnLayerBackward(
		modes[mode],
		grads[0] ? native.reshape(grads[0].handle, rowsOf(output)) : null,
		grads[1]?.handle ?? null,
		grads[2]?.handle ?? null,
		x.handle,
		sizes,
		h0.handle,
		c0?.handle ?? null,
		weights.map((weight) => weight?.handle ?? null),
		native.view(output.handle, rowsOf(output)),
		kept,
		node.needs(0),
		present.some((i) => node.needs(i)),
	);
	const gradients: Gradient[] = [dx && wrap(dx), wrap(dh0), dc0 && wrap(dc0)];
	dWeights.forEach((grad, i) => {
		gradients[present[i]!] = wrap(grad);
	});
	return gradients;
}

/** @internal The shape [rows, width] of what is seen by steps and sequences. */
export function rowsOf(output: Tensor): number[] {
	return [output.shape.slice(0, -1).reduce((rows, size) => rows * size, 1), output.shape.at(-1)!];
}

/** @internal The derivative in single operations: that of all results laid side by side. */
export function recorded(
	results: (...inputs: any[]) => Tensor[],
	inputs: readonly Gradient[],
	grads: readonly Gradient[],
): readonly Gradient[] {
	const shapes = results(...inputs.map((input) => input?.detach() ?? null));
	const together = (tensors: readonly Tensor[]) => cat(tensors.map((tensor) => tensor.reshape(-1)));
	const all = together(shapes.map((like, i) => grads[i] ?? zerosLike(like)));
	return gradientsOf((...own) => together(results(...own)), inputs, all);
}

/** @internal The layer's results in single operations. `inputs`: x, h0, c0 and five weights for each direction. */
export function layerFormula(mode: RecurrentMode, sizes: readonly number[], inputs: readonly any[]): Tensor[] {
	const [x, h0, c0, ...weights] = inputs as [Tensor, Tensor, Tensor | null, ...(Tensor | null)[]];
	const offsets: number[] = [];
	let rows = 0;
	for (const size of sizes) {
		offsets.push(rows);
		rows += size;
	}
	const ways = Array.from({ length: weights.length / 5 }, (_, direction) => {
		const [ih, hh, biasIh, biasHh, hr] = weights.slice(direction * 5) as [Tensor, Tensor, ...(Tensor | null)[]];
		const gates = linear(x, ih, biasIh ?? null);
		const outputs: Tensor[] = new Array(sizes.length);
		let h = h0.select(0, direction);
		let c = c0?.select(0, direction) ?? null;
		const order = sizes.map((_, t) => (direction === 0 ? t : sizes.length - 1 - t));
		for (const t of order) {
			const size = sizes[t]!;
			const alive = (state: Tensor) => state.narrow(0, 0, size);
			const rest = (state: Tensor, next: Tensor) => cat([next, state.narrow(0, size, state.size(0) - size)]);
			const own = gates.narrow(0, offsets[t]!, size);
			const [nextH, nextC] = cell(mode, own, linear(alive(h), hh, biasHh ?? null), alive(h), c && alive(c), hr ?? null);
			outputs[t] = nextH;
			h = rest(h, nextH);
			if (c !== null) c = rest(c, nextC!);
		}
		return { output: cat(outputs), h, c };
	});
	const results = [
		cat(
			ways.map((way) => way.output),
			1,
		),
		stack(ways.map((way) => way.h)),
	];
	return c0 === null ? results : [...results, stack(ways.map((way) => way.c!))];
}

function cell(
	mode: RecurrentMode,
	input: Tensor,
	recurrent: Tensor,
	h: Tensor,
	c: Tensor | null,
	hr: Tensor | null,
): [h: Tensor, c: Tensor | null] {
	if (mode === "RNN_TANH") return [input.add(recurrent).tanh(), null];
	if (mode === "RNN_RELU") return [input.add(recurrent).relu(), null];
	if (mode === "GRU") {
		const [r, z, n] = input.chunk(3, 1) as [Tensor, Tensor, Tensor];
		const [hr_, hz, hn] = recurrent.chunk(3, 1) as [Tensor, Tensor, Tensor];
		const fresh = n.add(r.add(hr_).sigmoid().mul(hn)).tanh();
		return [fresh.add(z.add(hz).sigmoid().mul(h.sub(fresh))), null];
	}
	const [i, f, g, o] = input.add(recurrent).chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
	const next = f.sigmoid().mul(c!).add(i.sigmoid().mul(g.tanh()));
	const raw = o.sigmoid().mul(next.tanh());
	return [hr === null ? raw : linear(raw, hr), next];
}
