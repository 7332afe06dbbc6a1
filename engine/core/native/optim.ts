import type { Handle } from "./types";

/* Steps of optimisers. */

/**
 * States: the first ones of all parameters, then all second ones, …; numbers: the constants of the first parameter, of the
 * second, ….
 */
export type OptimStep = (params: Handle[], grads: Handle[], states: Handle[], numbers: Float64Array) => void;

/** One call per optimiser step over all parameters. Arrays run in parallel. */
export interface OptimOps {
	/** Momentum buffers: null on a parameter's first step; the filled buffers are returned (null without momentum). */
	sgdStep: (
		params: Handle[],
		grads: Handle[],
		momentumBuffers: (Handle | null)[],
		lr: number,
		momentum: number,
		dampening: number,
		weightDecay: number,
		nesterov: boolean,
		maximize: boolean,
	) => Handle[] | null;
	/* The others go element by element: `engine/native/scalar/optim.h` says which states and numbers each takes. */
	adamStep: OptimStep;
	adamMaxStep: OptimStep;
	rmspropStep: OptimStep;
	rmspropMomentumStep: OptimStep;
	rmspropCenteredStep: OptimStep;
	rmspropCenteredMomentumStep: OptimStep;
	adagradStep: OptimStep;
	adadeltaStep: OptimStep;
	adamaxStep: OptimStep;
	nadamStep: OptimStep;
	radamStep: OptimStep;
	rpropStep: OptimStep;
	/** p-norm of all tensors together; p = 2 and Infinity in one pass. */
	totalNorm: (xs: Handle[], p: number) => number;
	/** The same as a tensor without dimensions where they are, without waiting for a card. */
	totalNormThere: (xs: Handle[], p: number) => Handle;
	scaleAll_: (xs: Handle[], factor: number) => void;
	/** By a tensor without dimensions where they are. */
	scaleAllBy_: (xs: Handle[], factor: Handle) => void;
	zeroAll_: (xs: Handle[]) => void;
}
