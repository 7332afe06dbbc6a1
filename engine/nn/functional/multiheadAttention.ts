import { shapeText } from "../../core/arguments";
import type { Tensor } from "../../core/tensor";
import { cat, zeros } from "../../ops";
import { hidingMask, scaledDotProductAttention } from "./attention";
import { dropout } from "./dropout";
import { linear } from "./linear";

/* Attention of several heads with its projections: what MultiheadAttention computes. */

/** The layer's parameters and settings. */
export interface HeadsLayer {
	readonly numHeads: number;
	readonly dropout: number;
	readonly training: boolean;
	readonly addZeroAttn: boolean;
	readonly inProjWeight: Tensor | null;
	readonly qProjWeight: Tensor | null;
	readonly kProjWeight: Tensor | null;
	readonly vProjWeight: Tensor | null;
	readonly inProjBias: Tensor | null;
	readonly biasK: Tensor | null;
	readonly biasV: Tensor | null;
	readonly outProj: { readonly weight: Tensor; readonly bias: Tensor | null };
}

export interface HeadsOptions {
	/** `[N, S]`: true (or −∞) hides a key. */
	keyPaddingMask: Tensor | null;
	/** `[L, S]` or `[N · heads, L, S]`: true hides, numbers are added. */
	attnMask: Tensor | null;
	needWeights: boolean;
	isCausal: boolean;
}

const op = "MultiheadAttention";

/** Query `[L, N, E]`, key and value `[S, N, …]` to `[L, N, E]` and, where wanted, the weights `[N, heads, L, S]`. */
export function multiheadAttention(
	layer: HeadsLayer,
	query: Tensor,
	key: Tensor,
	value: Tensor,
	options: HeadsOptions,
): [output: Tensor, weights: Tensor | null] {
	const { numHeads } = layer;
	const [length, batch, size] = query.shape as [number, number, number];
	if (options.isCausal && options.attnMask === null) {
		throw new TypeError(
			`[${op}] need attnMask if specifying the isCausal hint: Transformer.generateSquareSubsequentMask makes one`,
		);
	}
	// Without padding and weights the hint says all that the mask says.
	const causal = options.isCausal && options.keyPaddingMask === null && !options.needWeights;
	let attnMask = causal ? null : hidingMask(op, options.attnMask, query);
	let padding = hidingMask(op, options.keyPaddingMask, query);
	checkMasks(layer, query, key, options);

	let [q, k, v] = projected(layer, query, key, value);
	const further = (row: (like: Tensor) => Tensor, other: (like: Tensor) => Tensor) => {
		k = cat([k, row(k)], 0);
		v = cat([v, other(v)], 0);
		const column = (mask: Tensor) =>
			cat([mask, zeros([...mask.shape.slice(0, -1), 1], { dtype: mask.dtype, device: mask.device })], -1);
		attnMask = attnMask && column(attnMask);
		padding = padding && column(padding);
	};
	if (layer.biasK && layer.biasV) {
		const [biasK, biasV] = [layer.biasK, layer.biasV];
		further(
			() => biasK.repeat(1, batch, 1),
			() => biasV.repeat(1, batch, 1),
		);
	}
	if (layer.addZeroAttn) {
		const nothing = (like: Tensor) => zeros([1, ...like.shape.slice(1)], { dtype: like.dtype, device: like.device });
		further(nothing, nothing);
	}
	// [L, N, E] to [N, heads, L, E / heads]
	const heads = (x: Tensor) => x.view(x.size(0), batch, numHeads, size / numHeads).permute(1, 2, 0, 3);
	const perHead = attnMask && (attnMask.ndim === 2 ? attnMask : attnMask.unflatten(0, [batch, numHeads]));
	const perKey = padding?.view(batch, 1, 1, -1) ?? null;
	const mask = perHead && perKey ? perHead.add(perKey) : (perHead ?? perKey);
	const dropoutP = layer.training ? layer.dropout : 0;
	let attended: Tensor;
	let weights: Tensor | null = null;
	if (options.needWeights) {
		const scores = heads(q)
			.mul(Math.sqrt(numHeads / size))
			.matmul(heads(k).transpose(-2, -1));
		weights = dropout((mask === null ? scores : scores.add(mask)).softmax(-1), { p: dropoutP });
		attended = weights.matmul(heads(v));
	} else {
		const [h, hk, hv] = [heads(q), heads(k), heads(v)];
		attended = scaledDotProductAttention(h, hk, hv, { attnMask: mask, dropoutP, isCausal: causal });
	}
	const rows = attended.permute(2, 0, 1, 3).reshape(length * batch, size);
	return [linear(rows, layer.outProj.weight, layer.outProj.bias).view(length, batch, size), weights];
}

/** Query, key and value by their weights; one product where they are one tensor. */
function projected(layer: HeadsLayer, query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
	const { inProjWeight, inProjBias } = layer;
	const size = query.size(-1);
	const biases = (inProjBias?.split(size, 0) as Tensor[] | undefined) ?? [null, null, null];
	if (inProjWeight === null) {
		return [
			linear(query, layer.qProjWeight!, biases[0]),
			linear(key, layer.kProjWeight!, biases[1]),
			linear(value, layer.vProjWeight!, biases[2]),
		];
	}
	if (query === key && key === value) {
		return linear(query, inProjWeight, inProjBias).chunk(3, -1) as unknown as [Tensor, Tensor, Tensor];
	}
	const [q, rest] = inProjWeight.split([size, 2 * size], 0) as [Tensor, Tensor];
	if (key === value) {
		const bias = inProjBias === null ? null : inProjBias.narrow(0, size, 2 * size);
		return [linear(query, q, biases[0]), ...(linear(key, rest, bias).chunk(2, -1) as unknown as [Tensor, Tensor])];
	}
	const [k, v] = rest.chunk(2, 0) as unknown as [Tensor, Tensor];
	return [linear(query, q, biases[0]), linear(key, k, biases[1]), linear(value, v, biases[2])];
}

function checkMasks({ numHeads }: HeadsLayer, query: Tensor, key: Tensor, options: HeadsOptions): void {
	const [length, batch] = query.shape as [number, number];
	const keys = key.size(0);
	const { attnMask, keyPaddingMask } = options;
	if (keyPaddingMask !== null && `${keyPaddingMask.shape}` !== `${[batch, keys]}`) {
		throw new RangeError(
			`[${op}] keyPaddingMask should have shape [${batch}, ${keys}], got ${shapeText(keyPaddingMask.shape)}`,
		);
	}
	if (attnMask === null) return;
	const expected = attnMask.ndim === 2 ? [length, keys] : [batch * numHeads, length, keys];
	if (`${attnMask.shape}` !== `${expected}`) {
		throw new RangeError(
			`[${op}] the shape of the ${attnMask.ndim}D attnMask is ${shapeText(attnMask.shape)}, but should be ${shapeText(expected)}`,
		);
	}
}
