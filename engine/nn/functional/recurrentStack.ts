import type { Derivative, Gradient, Node } from "../../autograd/node";
import { inPieces } from "../../autograd/ownership";
import { anyTracked, recordAll } from "../../autograd/record";
import { autocastState } from "../../core/autocast";
import { gradMode } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { cat } from "../../ops";
import { lowered } from "../../ops/castPolicy";
import {
	type LayerResult,
	layerFormula,
	modes,
	type RecurrentMode,
	type RecurrentWeights,
	recorded,
	rowsOf,
} from "./recurrent";

/*
 * All layers of a recurrent network as one op, with the dropout between them: what cuDNN computes, on a card that has it. As in
 * PyTorch the library draws the masks.
 */

interface Attributes {
	mode: RecurrentMode;
	sizes: Handle;
	layers: number;
	dropout: number;
	kept: Handle[];
	/** Positions of the weights that are there, among the inputs. */
	present: number[];
}

/** Inputs before the weights: x, h0, c0. */
const before = 3;

/**
 * @param x `[rows, I]`, on a card
 * @param batchSizes int64 `[T]`: how many sequences there are at each step
 * @param h0 `[layers · directions, N, P]`
 * @param c0 `[layers · directions, N, H]`, for an LSTM
 * @param weights of each layer and direction
 * @param dropout between the layers; 0 but in training
 * @param shape steps and batch as which the output's rows are seen, where all sequences are equally long
 * @returns null where cuDNN is missing, off or does not take the case
 */
export function recurrentStack(
	mode: RecurrentMode,
	x: Tensor,
	batchSizes: Tensor,
	h0: Tensor,
	c0: Tensor | null,
	weights: readonly RecurrentWeights[],
	layers: number,
	dropout: number,
	shape: readonly [steps: number, batch: number] | null,
): LayerResult | null {
	if (autocastState.active) {
		return lowered(recurrentStack, mode, x, batchSizes, h0, c0, weights, layers, dropout, shape);
	}
	const inputs = [x, h0, c0, ...weights.flatMap(({ ih, hh, biasIh, biasHh, hr }) => [ih, hh, biasIh, biasHh, hr])];
	const keep = anyTracked(inputs);
	const found = native.rnnStack(
		modes[mode],
		x.handle,
		batchSizes.handle,
		h0.handle,
		c0?.handle ?? null,
		inputs.slice(before).map((weight) => weight?.handle ?? null),
		layers,
		dropout,
		keep,
	);
	if (found === null) return null;
	const [out, hn, cn, kept] = found;
	const output = wrap(shape === null ? out : native.view(out, [...shape, native.shape(out)[1]!]));
	const h = wrap(hn);
	const c = cn && wrap(cn);
	if (!keep) return { output, h, c };
	const present = inputs.flatMap((input, i) => (i >= before && input !== null ? [i] : []));
	const attributes: Attributes = { mode, sizes: batchSizes.handle, layers, dropout, kept, present };
	recordAll(c ? [output, h, c] : [output, h], derivative, inputs, [...inputs, output], attributes);
	return { output, h, c };
}

/**
 * @internal Lays the weights of each layer and direction, on a card, as cuDNN reads them: they become views of one piece of memory, and
 * calls need not copy them. Nothing happens where cuDNN does not take them.
 */
export function flattenWeights(mode: RecurrentMode, weights: readonly RecurrentWeights[], layers: number): void {
	const each = weights.flatMap(({ ih, hh, biasIh, biasHh, hr }) => [ih, hh, biasIh, biasHh, hr]);
	const there = each.filter((weight) => weight !== null);
	const [first] = there as [Tensor];
	const alike = there.every(
		(weight) =>
			weight.device.type === "cuda" && `${weight.device}` === `${first.device}` && weight.dtype === first.dtype,
	);
	// Weights that layers share stay shared.
	if (!alike || new Set(there).size < there.length) return;
	const handles = each.map((weight) => weight?.handle ?? null);
	native.rnnFlatten(modes[mode], handles, layers).forEach((handle, i) => {
		there[i]!.data = wrap(handle);
	});
}

const derivative: Derivative = { name: "CudnnRnnBackward0", backward };

function backward(node: Node, _grad: Tensor, grads: readonly Gradient[]): readonly Gradient[] {
	const { mode, sizes, layers, dropout, kept, present } = node.attributes as Attributes;
	const saved = node.savedTensors.map((tensor, i) => (tensor ? node.saved(i) : null));
	const output = saved.pop()!;
	if (gradMode.enabled) {
		if (dropout > 0) {
			throw new Error(
				`[${mode}] a second derivative cannot go through dropout that cuDNN drew: set dropout to 0, or run the layer in torch.backends.cudnn.flags({ enabled: false }, …)`,
			);
		}
		const lengths = wrap(sizes).tolist() as number[];
		return recorded((...own) => stackFormula(mode, lengths, layers, own), saved, grads);
	}
	const [x, h0, c0, ...weights] = saved as [Tensor, Tensor, Tensor | null, ...(Tensor | null)[]];
	const [dx, dh0, dc0, dWeights] = native.rnnStackBackward(
		modes[mode],
		grads[0] ? native.reshape(grads[0].handle, rowsOf(output)) : null,
		grads[1]?.handle ?? null,
		grads[2]?.handle ?? null,
		x.handle,
		sizes,
		h0.handle,
		c0?.handle ?? null,
		weights.map((weight) => weight?.handle ?? null),
		layers,
		dropout,
		native.view(output.handle, rowsOf(output)),
		kept,
		present.some((i) => node.needs(i)),
	);
	const gradients: Gradient[] = [wrap(dx), wrap(dh0), dc0 && wrap(dc0)];
	const own = dWeights.map(wrap);
	inPieces(own);
	own.forEach((grad, i) => {
		gradients[present[i]!] = grad;
	});
	return gradients;
}

/** The results in single operations, layer by layer. */
function stackFormula(
	mode: RecurrentMode,
	lengths: readonly number[],
	layers: number,
	inputs: readonly any[],
): Tensor[] {
	const [x, h0, c0, ...weights] = inputs as [Tensor, Tensor, Tensor | null, ...(Tensor | null)[]];
	const each = weights.length / layers;
	const directions = h0.size(0) / layers;
	let rows = x;
	const ends: Tensor[][] = [];
	for (let layer = 0; layer < layers; layer++) {
		const own = (state: Tensor | null) => state?.narrow(0, layer * directions, directions) ?? null;
		const given = [rows, own(h0), own(c0), ...weights.slice(layer * each, (layer + 1) * each)];
		const [output, ...states] = layerFormula(mode, lengths, given) as [Tensor, ...Tensor[]];
		rows = output;
		ends.push(states);
	}
	return [rows, ...ends[0]!.map((_, i) => cat(ends.map((states) => states[i]!)))];
}
