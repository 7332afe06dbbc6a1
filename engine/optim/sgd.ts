import { setForReplay } from "../core/capture";
import { type Handle, native } from "../core/native";
import { number } from "../core/pythonText";
import { type Tensor, wrap } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params, refuseFirstStep, written } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off, real } from "./options";

const specs = {
	lr: atLeast(0, 1e-3),
	momentum: atLeast(0, 0, number),
	dampening: real(0, number),
	weightDecay: atLeast(0, 0, number),
	nesterov: flag(false),
	maximize: flag(false),
	foreach: hint,
	differentiable: off,
	fused: hint,
};

export interface SGDOptions {
	/** Learning rate. Default 0.001. */
	lr?: number;
	/** Factor on the sum of earlier gradients. Default 0. */
	momentum?: number;
	/** Part of a gradient that does not enter the momentum. Default 0. */
	dampening?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Nesterov's momentum: the gradient as if the step were taken. Default false. */
	nesterov?: boolean;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	differentiable?: false;
	fused?: boolean | null;
}

interface SGDState {
	momentumBuffer: Tensor | null;
}

/**
 * Stochastic gradient descent: p ← p − lr·v with v = g, or with momentum v ← momentum·v + (1 − dampening)·g (the first
 * step takes v = g), g including weightDecay·p.
 */
export class SGD extends Optimizer<typeof specs> {
	constructor(params: Params<OptionsOf<typeof specs>>, options?: SGDOptions);
	constructor(params: Params<OptionsOf<typeof specs>>, lr: number, options?: Omit<SGDOptions, "lr">);
	constructor(params: Params<OptionsOf<typeof specs>>, ...rest: [SGDOptions?] | [number, SGDOptions?]) {
		super(specs, params, withLr(rest));
	}

	/** @internal */
	override _checkGroup({ nesterov, momentum, dampening }: OptionsOf<typeof specs>): void {
		if (nesterov && (momentum <= 0 || dampening !== 0)) {
			throw new RangeError(
				`[SGD] nesterov momentum requires a momentum and zero dampening, got momentum ${momentum} and dampening ${dampening}`,
			);
		}
	}

	update(group: ParamGroup<OptionsOf<typeof specs>>, params: readonly Tensor[]): void {
		const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
		const states = momentum === 0 ? null : params.map((param) => this._stateOf<SGDState>(param));
		// In the order of engine/native/cuda/kernels/sgd.cu.
		const constants = () =>
			Float64Array.of(lr, momentum, 1 - dampening, weightDecay, maximize ? -1 : 1, Number(nesterov));
		if (setForReplay(constants)) {
			written(params);
			return;
		}
		if (states?.some((state) => !state.momentumBuffer)) refuseFirstStep(this);
		const grads = params.map((param) => param._grad!.handle);
		const buffers: (Handle | null)[] = states
			? states.map((state) => state.momentumBuffer?.handle ?? null)
			: params.map(() => null);
		const handles = params.map((param) => param.handle);
		const filled = native.sgdStep(handles, grads, buffers, lr, momentum, dampening, weightDecay, nesterov, maximize);
		written(params);
		states?.forEach((state, i) => {
			state.momentumBuffer ??= wrap(filled![i]!);
		});
	}
}

/** The options of an optimiser whose learning rate may stand before them. @internal */
export function withLr<O extends { lr?: number }>(rest: readonly [O?] | readonly [number, O?]): O {
	const [first, second] = rest;
	return typeof first === "number" ? ({ ...second, lr: first } as O) : ((first ?? {}) as O);
}
