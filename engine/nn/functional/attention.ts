import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind, shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { float32 } from "../../core/dtype";
import { gradMode } from "../../core/gradMode";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { broadcastShapes, full, ones, where, zeros } from "../../ops";
import { lowered } from "../../ops/castPolicy";
import { gradientsOf } from "../../ops/composite";
import { dropout } from "./dropout";

export interface AttentionOptions {
	/** Broadcast with `[…, L, S]`: bool (true: takes part) or added to the scores. */
	attnMask?: Tensor | null;
	/** Probability of a weight to be zeroed. Applies always: pass 0 in evaluation. Default 0. */
	dropoutP?: number;
	/** Query i sees keys 0 … i only. Default false. */
	isCausal?: boolean;
	/** Factor of the scores. Default 1 / √E. */
	scale?: number | null;
	/** Groups of query heads share a key and value head. Default false. */
	enableGqa?: boolean;
}

export type AttentionArguments =
	| [query: Tensor, key: Tensor, value: Tensor, options?: AttentionOptions]
	| [query: Tensor, key: Tensor, value: Tensor, attnMask: Tensor | null, options?: Omit<AttentionOptions, "attnMask">]
	| [options: AttentionOptions & { query: Tensor; key: Tensor; value: Tensor }];

interface Attributes {
	causal: boolean;
	scale: number;
}

const op = "scaledDotProductAttention";

/**
 * softmax(scale · Q Kᵀ + mask) V, with dropout of the weights. A query that sees no key gets zeros.
 *
 * Shape: query `[…, L, E]`, key `[…, S, E]`, value `[…, S, V]` to `[…, L, V]`; leading dimensions broadcast. With
 * `enableGqa` query is `[…, H, L, E]`, and the heads of key and value divide H.
 */
export function scaledDotProductAttention(...args: AttentionArguments): Tensor {
	if (autocastState.active) return lowered(scaledDotProductAttention, ...args);
	const given = bind<Required<AttentionOptions> & { query: Tensor; key: Tensor; value: Tensor }>(
		op,
		args,
		["query", "key", "value", "attnMask", "dropoutP", "isCausal"],
		["scale", "enableGqa"],
	);
	const { query, attnMask = null, dropoutP = 0, isCausal = false, enableGqa = false } = given;
	let { key, value } = given;
	check(query, key, value, attnMask, isCausal, dropoutP);
	if (enableGqa) [key, value] = [shared(query!, key!), shared(query!, value!)];
	const scale = given.scale ?? 1 / Math.sqrt(query!.size(-1));
	const mask = attnMask?.dtype.name === "bool" ? additive(attnMask, query!) : (attnMask?.to(query!.dtype) ?? null);
	const attributes: Attributes = { causal: isCausal, scale };
	if (dropoutP > 0 || mask?.requiresGrad) {
		return formula(attributes, query!, key!, value!, mask, dropoutP);
	}
	return whole(attributes, query!, key!, value!, mask);
}

function check(query: unknown, key: unknown, value: unknown, mask: unknown, causal: boolean, dropoutP: number): void {
	for (const [name, tensor] of Object.entries({ query, key, value })) {
		if (!(tensor instanceof Tensor)) throw new TypeError(`[${op}] ${name} must be a tensor, got ${quoted(tensor)}`);
		if (tensor.ndim < 2) {
			throw new RangeError(`[${op}] ${name} must have at least 2 dimensions, got shape ${shapeText(tensor.shape)}`);
		}
	}
	const [q, k, v] = [query, key, value] as [Tensor, Tensor, Tensor];
	if (q.dtype !== k.dtype || q.dtype !== v.dtype) {
		throw new TypeError(
			`[${op}] expected query, key and value to have the same dtype, got ${q.dtype}, ${k.dtype} and ${v.dtype}`,
		);
	}
	if (q.size(-1) !== k.size(-1) || k.size(-2) !== v.size(-2)) {
		throw new RangeError(
			`[${op}] query ${shapeText(q.shape)}, key ${shapeText(k.shape)} and value ${shapeText(v.shape)} do not fit: query and key need the same last size, key and value the same length`,
		);
	}
	if (!(dropoutP >= 0 && dropoutP <= 1)) {
		throw new RangeError(`[${op}] dropoutP has to be between 0 and 1, but got ${quoted(dropoutP)}`);
	}
	if (mask === null) return;
	if (!(mask instanceof Tensor)) throw new TypeError(`[${op}] attnMask must be a tensor, got ${quoted(mask)}`);
	if (causal) throw new TypeError(`[${op}] explicit attnMask should not be set when isCausal is true`);
	if (mask.dtype.name !== "bool" && mask.dtype !== float32 && mask.dtype !== q.dtype) {
		throw new TypeError(
			`[${op}] expected attnMask dtype to be bool or float32 or to match query dtype, but got ${mask.dtype} and ${q.dtype}`,
		);
	}
}

/** Heads of key or value repeated for their groups of query heads. */
function shared(query: Tensor, heads: Tensor): Tensor {
	const [wanted, there] = [query, heads].map((tensor) => (tensor.ndim < 3 ? 1 : tensor.size(-3))) as [number, number];
	if (there === wanted) return heads;
	if (there === 0 || wanted % there !== 0) {
		throw new RangeError(
			`[${op}] number of heads in key and value must divide the number of heads in query, got ${there} and ${wanted}`,
		);
	}
	return heads.repeatInterleave(wanted / there, -3);
}

/** A mask of truths as one that is added: 0 where true, −∞ where false. */
function additive(mask: Tensor, like: Tensor): Tensor {
	const fill = (value: number) => full([], value, { dtype: like.dtype, device: like.device });
	return where(mask, fill(0), fill(Number.NEGATIVE_INFINITY));
}

/** In one op, for tensors that are brought to four dimensions. */
function whole(attributes: Attributes, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | null): Tensor {
	const { causal, scale } = attributes;
	const lead = broadcastShapes(query.shape.slice(0, -2), key.shape.slice(0, -2), value.shape.slice(0, -2)) as number[];
	const scores = [query.size(-2), key.size(-2)];
	const four = (tensor: Tensor, tail: number[]) => {
		const expanded = tensor.expand([...lead, ...tail]);
		if (lead.length === 2) return expanded;
		return lead.length < 2
			? expanded.reshape([...new Array<number>(2 - lead.length).fill(1), ...lead, ...tail])
			: expanded.flatten(0, lead.length - 2);
	};
	const [q, k, v] = [query, key, value].map((tensor) => four(tensor, tensor.shape.slice(-2))) as [
		Tensor,
		Tensor,
		Tensor,
	];
	const m = mask && four(checkedMask(mask, [...lead, ...scores]), scores);
	const made = native.attention(q.handle, k.handle, v.handle, m?.handle ?? null, causal, scale);
	const [out, logSums] = made.map(wrap) as [Tensor, Tensor];
	const recorded = tracked(q, k, v)
		? record(out, attentionBackward, [q, k, v], [q, k, v, m, out, logSums], attributes)
		: out;
	return lead.length === 2 ? recorded : recorded.reshape([...lead, query.size(-2), value.size(-1)]);
}

function checkedMask(mask: Tensor, shape: number[]): Tensor {
	const fits =
		mask.ndim <= shape.length &&
		mask.shape.every((size, i) => size === 1 || size === shape[shape.length - mask.ndim + i]);
	if (!fits)
		throw new RangeError(
			`[${op}] attnMask of shape ${shapeText(mask.shape)} does not broadcast to ${shapeText(shape)}`,
		);
	return mask;
}

const attentionBackward: Derivative = {
	name: "ScaledDotProductFlashAttentionForCpuBackward0",
	backward(node, grad) {
		const attributes = node.attributes as Attributes;
		const [q, k, v] = [node.saved(0), node.saved(1), node.saved(2)];
		const mask = node.savedTensors[3] ? node.saved(3) : null;
		if (gradMode.enabled) {
			return gradientsOf((...own: any[]) => formula(attributes, own[0], own[1], own[2], mask, 0), [q, k, v], grad);
		}
		const { causal, scale } = attributes;
		const grads = native.attentionBackward(
			grad.handle,
			q.handle,
			k.handle,
			v.handle,
			mask?.handle ?? null,
			node.saved(4).handle,
			node.saved(5).handle,
			causal,
			scale,
		);
		return grads.map((handle, i) => (node.needs(i) ? wrap(handle) : null));
	},
};

/** The same in single operations. */
function formula(
	{ causal, scale }: Attributes,
	query: Tensor,
	key: Tensor,
	value: Tensor,
	mask: Tensor | null,
	dropoutP: number,
): Tensor {
	let scores = query.matmul(key.transpose(-2, -1)).mul(scale);
	if (causal) {
		const seen = ones(query.size(-2), key.size(-2), { device: query.device }).tril().bool();
		scores = scores.add(additive(seen, query));
	}
	let blind: Tensor | null = null;
	if (mask !== null) {
		scores = scores.add(checkedMask(mask, scores.shape));
		blind = scores.detach().eq(Number.NEGATIVE_INFINITY).all(-1, true);
		scores = scores.maskedFill(blind, 0);
	}
	const weights = scores.softmax(-1);
	const seeing = blind === null ? weights : weights.maskedFill(blind, 0);
	return dropout(seeing, { p: dropoutP }).matmul(value);
}

/** @internal A mask that is added: a truth there hides a key, as in the masks of multi-head attention. */
export function hidingMask(name: string, mask: Tensor | null, like: Tensor): Tensor | null {
	if (mask === null || mask.isFloatingPoint()) return mask;
	if (mask.dtype.name !== "bool") {
		throw new TypeError(`[${name}] only bool and floating types of masks are supported, got ${mask.dtype}`);
	}
	return zeros(mask.shape, { dtype: like.dtype, device: mask.device }).maskedFill(mask, Number.NEGATIVE_INFINITY);
}
