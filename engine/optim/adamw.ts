import { Adam, type AdamBaseOptions } from "./adam";
import type { Params } from "./optimizer";
import { withLr } from "./sgd";

export interface AdamWOptions extends AdamBaseOptions {
	/** The parameter shrinks by lr times this, apart from the gradient. Default 0.01. */
	weightDecay?: number;
}

/** Adam with decoupled weight decay: p ← (1 − lr·weightDecay)·p before the step (Loshchilov and Hutter, 2019). */
export class AdamW extends Adam {
	constructor(params: Params<AdamWOptions>, options?: AdamWOptions);
	constructor(params: Params<AdamWOptions>, lr: number, options?: Omit<AdamWOptions, "lr">);
	constructor(params: Params<AdamWOptions>, ...rest: [AdamWOptions?] | [number, AdamWOptions?]) {
		super(params as never, { weightDecay: 0.01, ...withLr(rest), decoupledWeightDecay: true });
	}
}
