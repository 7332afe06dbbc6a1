import { bind } from "../core/arguments";
import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { type DistributionOptions, oneOf } from "./distribution";

/* Distributions that are given by probabilities or by logits, and whose values can be counted off. */

/** Probabilities in place, or either by name. */
export type Chances<T> =
	| [probs: T, options?: DistributionOptions]
	| [options: DistributionOptions & ({ probs: T; logits?: undefined } | { logits: T; probs?: undefined })];

interface Given<T> extends DistributionOptions {
	probs?: T;
	logits?: T;
}

/** What was given, of one of the two. */
export function chances<T>(op: string, args: readonly unknown[]): Given<T> {
	const given = bind<Given<T>>(op, args, ["probs", "logits"], ["validateArgs"]);
	oneOf(op, { probs: given.probs, logits: given.logits });
	return given;
}

/** Probabilities kept away from 0 and 1. */
export function clampProbs(probs: Tensor): Tensor {
	const { eps } = finfo(probs.dtype);
	return probs.clamp(eps, 1 - eps);
}

/** These values along a new first dimension, over a batch of this shape where `expand`. */
export function supported(values: Tensor, batchShape: readonly number[], expand: boolean): Tensor {
	const shaped = values.reshape(-1, ...batchShape.map(() => 1));
	return expand ? shaped.expand(-1, ...batchShape) : shaped;
}
