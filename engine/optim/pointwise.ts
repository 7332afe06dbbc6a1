import { setForReplay } from "../core/capture";
import { native, type OptimStep } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type Optimizer, refuseFirstStep, written } from "./optimizer";

/*
 * Optimisers that update element by element: their state is tensors like the parameter and a count of steps, and a step
 * is one call of the addon. The formulas are in engine/native/scalar/optim.h.
 */

/** What the addon's formulas begin with: the gradient's sign, L2 in the gradient, the decoupled decay's factor. */
export function decayConstants(
	group: { lr: number; weightDecay?: number; maximize: boolean; decoupledWeightDecay?: boolean },
	decoupled = group.decoupledWeightDecay ?? false,
): [sign: number, weightDecay: number, keep: number] {
	const decay = group.weightDecay ?? 0;
	return [group.maximize ? -1 : 1, decoupled ? 0 : decay, decoupled ? 1 - group.lr * decay : 1];
}

type Pointwise<S> = S & { step: number };

/**
 * One step over all parameters. `start` makes the tensors of a parameter's state on its first step, in the order in which
 * the addon takes them; `constants` gives the formula's numbers for a count of steps.
 */
export function pointwiseStep<S extends Record<string, Tensor>>(
	optimizer: Optimizer,
	kernel: OptimStep,
	params: readonly Tensor[],
	start: (param: Tensor) => S,
	constants: (step: number, state: Pointwise<S>) => readonly number[],
): void {
	const states = params.map((param) => {
		const state = optimizer._stateOf<Pointwise<S>>(param);
		if (state.step === undefined) {
			refuseFirstStep(optimizer);
			Object.assign(state, { step: 0 }, start(param));
		}
		return state as Pointwise<S>;
	});
	const names = Object.keys(states[0]!).filter((name) => states[0]![name] instanceof Tensor);
	let shared: readonly number[] | null = null;
	let numbers: Float64Array | null = null;
	let uniform = true;
	states.forEach((state, i) => {
		state.step++;
		// Mostly all parameters have taken the same number of steps.
		if (shared === null || state.step !== states[i - 1]!.step) {
			uniform &&= shared === null;
			shared = constants(state.step, state);
		}
		numbers ??= new Float64Array(shared.length * params.length);
		numbers.set(shared, i * shared.length);
	});
	if (!setForReplay(() => (uniform ? numbers!.subarray(0, shared!.length) : numbers!))) {
		kernel(
			params.map((param) => param.handle),
			params.map((param) => param._grad!.handle),
			names.flatMap((name) => states.map((state) => (state as Record<string, Tensor>)[name]!.handle)),
			numbers!,
		);
	}
	written(params);
}

/** A new tensor like `param`, of one value, for an optimiser's state. */
export function like(param: Tensor, value = 0): Tensor {
	return wrap(native.full(param.shape, value, param.dtype.code, param.handle));
}
