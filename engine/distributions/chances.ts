import { bind } from "../core/arguments";
import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { type Distribution, type DistributionOptions, oneOf } from "./distribution";

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

/** Chances of single events, given as such or as the logarithms of their odds: each follows from the other. */
export class Chance {
	readonly #probs: Tensor | null;
	readonly #logits: Tensor | null;

	constructor(param: Tensor, by: "probs" | "logits") {
		this.#probs = by === "probs" ? param : null;
		this.#logits = by === "logits" ? param : null;
	}

	get probs(): Tensor {
		return this.#probs ?? this.#logits!.sigmoid();
	}

	get logits(): Tensor {
		if (this.#logits) return this.#logits;
		const probs = clampProbs(this.#probs!);
		return probs.log().sub(probs.neg().log1p());
	}

	/** A distribution's parameter, by the name that it was given by. */
	parameters(probs: Constraint = constraints.unitInterval): ReturnType<Distribution["_parameters"]> {
		return this.#probs
			? { probs: { value: this.#probs, constraint: probs } }
			: { logits: { value: this.#logits!, constraint: constraints.real } };
	}
}

/** These values along a new first dimension, over a batch of this shape where `expand`. */
export function supported(values: Tensor, batchShape: readonly number[], expand: boolean): Tensor {
	const shaped = values.reshape(-1, ...batchShape.map(() => 1));
	return expand ? shaped.expand(-1, ...batchShape) : shaped;
}
