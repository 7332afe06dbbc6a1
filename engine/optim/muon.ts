import { shapeText } from "../core/arguments";
import { bfloat16 } from "../core/dtype";
import { float, tuple } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { addmm } from "../ops";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, choice, flag, integer, type OptionSpec, type OptionsOf } from "./options";
import { like } from "./pointwise";
import { withLr } from "./sgd";

const coefficients: OptionSpec<readonly [number, number, number]> = {
	default: [3.4445, -4.775, 2.0315],
	expected: "three numbers",
	accepts: (value) => Array.isArray(value) && value.length === 3 && value.every((item) => typeof item === "number"),
	text: (value: readonly number[]) => tuple(value, float),
};

const specs = {
	lr: atLeast(0, 1e-3),
	weightDecay: atLeast(0, 0.1),
	momentum: atLeast(0, 0.95),
	nesterov: flag(true),
	nsCoefficients: coefficients,
	eps: atLeast(0, 1e-7),
	nsSteps: integer(0, 5),
	adjustLrFn: choice<"original" | "match_rms_adamw" | "spectral_unclamped" | null>(null, [
		null,
		"original",
		"match_rms_adamw",
		"spectral_unclamped",
	]),
};

type Group = OptionsOf<typeof specs>;

export interface MuonOptions {
	/** Learning rate. Default 1e-3. */
	lr?: number;
	/** Decoupled: the parameter shrinks by lr times this. Default 0.1. */
	weightDecay?: number;
	/** Weight of the past in the mean of gradients. Default 0.95. */
	momentum?: number;
	/** Look ahead along the mean. Default true. */
	nesterov?: boolean;
	/** Of the quintic iteration. Default [3.4445, −4.775, 2.0315]. */
	nsCoefficients?: readonly [number, number, number];
	/** The least norm of a gradient. Default 1e-7. */
	eps?: number;
	/** Iterations, fewer than 100. Default 5. */
	nsSteps?: number;
	/** How the learning rate follows a matrix's shape. Default "original": √max(1, rows / columns) times it. */
	adjustLrFn?: "original" | "match_rms_adamw" | "spectral_unclamped" | null;
}

/**
 * Momentum made orthogonal (Jordan et al., 2024): every step goes along U·Vᵀ of the mean gradient U·S·Vᵀ, nearly, by a
 * Newton-Schulz iteration in bfloat16. For matrices only; biases and embeddings want another optimiser beside it.
 */
export class Muon extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: MuonOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<MuonOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [MuonOptions?] | [number, MuonOptions?]) {
		super(specs, params, withLr(rest));
		for (const param of this.paramGroups.flatMap((group) => group.params)) {
			if (param.ndim !== 2) {
				throw new RangeError(
					`[Muon] only supports 2D parameters whereas we found a parameter with size: ${shapeText(param.shape)}`,
				);
			}
		}
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, weightDecay, momentum, nesterov } = group;
		for (const param of params) {
			const state = this._stateOf<{ momentumBuffer: Tensor }>(param);
			const grad = param.grad!;
			state.momentumBuffer ??= like(param);
			const mean = state.momentumBuffer.lerp_(grad, 1 - momentum);
			const direction = orthogonal(nesterov ? grad.lerp(mean, momentum) : mean, group);
			const step = lr * shapeFactor(group.adjustLrFn, param.size(0), param.size(1));
			param.mul_(1 - lr * weightDecay).add_(direction, { alpha: -step });
		}
	}
}

function orthogonal(matrix: Tensor, { nsCoefficients: [a, b, c], nsSteps, eps }: Group): Tensor {
	if (nsSteps >= 100) throw new RangeError(`[Muon] nsSteps must be less than 100, got ${nsSteps}`);
	const tall = matrix.size(0) > matrix.size(1);
	let x = (tall ? matrix.t() : matrix).to(bfloat16);
	x = x.div(x.norm().clamp({ min: eps }));
	for (let i = 0; i < nsSteps; i++) {
		const gram = x.matmul(x.t());
		x = addmm(x, addmm(gram, gram, gram, { beta: b, alpha: c }), x, { beta: a });
	}
	return tall ? x.t() : x;
}

function shapeFactor(how: Group["adjustLrFn"], rows: number, columns: number): number {
	if (how === "match_rms_adamw") return 0.2 * Math.sqrt(Math.max(rows, columns));
	return Math.sqrt(how === "spectral_unclamped" ? rows / columns : Math.max(1, rows / columns));
}
