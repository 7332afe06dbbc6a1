import { anything, flag, signature } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { normalize } from "../functional/distance";
import { Module, type StateDict } from "../modules";
import { Orthogonal, type OrthogonalMap, orthogonalMaps } from "./orthogonalMap";
import { registerParametrization, tensorNamed } from "./parametrize";
import { type SpectralNormOptions, spectralRules } from "./spectralNorm";
import { asMatrix, outputDim, powerIteration, startingVectors } from "./spectralNormalization";
import { normalizedDim, normExceptDim, weightNormed } from "./weightNormalization";

/* Parametrizations that are known by name. */

class WeightNorm extends Module {
	static {
		Object.defineProperty(this, "name", { value: "_WeightNorm" });
	}

	constructor(readonly dim: number) {
		super();
	}

	forward(g: Tensor, v: Tensor): Tensor {
		return weightNormed(v, g, this.dim);
	}

	rightInverse(weight: Tensor): [g: Tensor, v: Tensor] {
		return [normExceptDim(weight, this.dim), weight];
	}
}

function existing(op: string, module: Module, name: string): { property: string; tensor: Tensor } {
	const { property, tensor } = tensorNamed(module, name);
	if (tensor instanceof Tensor) return { property, tensor };
	throw new Error(`[${op}] module '${module}' has no parameter or buffer with name '${name}'`);
}

/**
 * Weight normalisation (Salimans and Kingma, 2016): weight = g·v / ‖v‖, where g has one number for each index of `dim`
 * (null: one for all) and both are learned. Keys: `parametrizations.weight.original0` (g) and `original1` (v); those of
 * the older `weightNorm` load too.
 */
export function weightNorm<M extends Module>(
	module: M,
	options: { /** Default "weight". */ name?: string /** Default 0. */; dim?: number | null } = {},
): M {
	const name = options.name ?? "weight";
	const { property, tensor } = existing("weightNorm", module, name);
	const dim = normalizedDim("weightNorm", tensor, options.dim === undefined ? 0 : options.dim);
	registerParametrization(module, property, new WeightNorm(dim), { unsafe: true });
	const key = module._keyOf(property);
	module.registerLoadStateDictPreHook((_: Module, state: StateDict, prefix: string) => {
		const older = [`${prefix}${key}_g`, `${prefix}${key}_v`];
		if (!older.every((name) => name in state)) return;
		older.forEach((name, i) => {
			state[`${prefix}parametrizations.${key}.original${i}`] = state[name]!;
			delete state[name];
		});
	});
	return module;
}

class SpectralNorm extends Module {
	static {
		Object.defineProperty(this, "name", { value: "_SpectralNorm" });
	}

	readonly dim: number;
	declare _u: Tensor;
	declare _v: Tensor;

	constructor(
		weight: Tensor,
		readonly nPowerIterations: number,
		dim: number,
		readonly eps: number,
	) {
		super();
		if (!(dim >= -weight.ndim && dim < weight.ndim)) {
			throw new RangeError(
				`[spectralNorm] dimension out of range (expected to be in range of [${-weight.ndim}, ${weight.ndim - 1}], but got ${dim})`,
			);
		}
		this.dim = dim < 0 ? dim + weight.ndim : dim;
		if (weight.ndim < 2) return;
		const matrix = asMatrix(weight.detach(), this.dim);
		const [u, v] = startingVectors(matrix, eps);
		this.registerBuffer("_u", u);
		this.registerBuffer("_v", v);
		powerIteration(matrix, u, v, 15, eps);
	}

	forward(weight: Tensor): Tensor {
		if (weight.ndim === 1) return normalize(weight, { dim: 0, eps: this.eps });
		const matrix = asMatrix(weight, this.dim);
		if (this.training) powerIteration(matrix, this._u, this._v, this.nPowerIterations, this.eps);
		// Copies: another pass before backward changes the vectors.
		return weight.div(this._u.clone().dot(matrix.mv(this._v.clone())));
	}

	/** Nothing is scaled back: a weight that is assigned is the one that is divided. */
	rightInverse(value: Tensor): Tensor {
		return value;
	}
}

const spectralArguments = signature("spectralNorm", spectralRules);

/**
 * Spectral normalisation (Miyato et al., 2018): the weight divided by its largest singular value, which a power iteration
 * follows while training: `nPowerIterations` steps whenever the weight is read. Keys: `parametrizations.weight.original`,
 * `parametrizations.weight.0._u` and `_v`.
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
	const { name, nPowerIterations, eps, dim } = spectralArguments([options]);
	const { property, tensor } = existing("spectralNorm", module, name);
	const norm = new SpectralNorm(tensor, nPowerIterations, dim ?? outputDim(module), eps);
	return registerParametrization(module, property, norm);
}

export interface OrthogonalOptions {
	/** Of the weight. Default "weight". */
	name?: string;
	/**
	 * From which numbers to orthogonal matrices: the exponential or Cayley's map of a skew-symmetric matrix, or a product
	 * of Householder's reflections. Default: "matrix_exp" for square matrices, else "householder".
	 */
	orthogonalMap?: OrthogonalMap | null;
	/** Keep a matrix to move away from (Lezcano-Casado, 2019): better conditioned, and any value can be assigned. Default true. */
	useTrivialization?: boolean;
}

const orthogonalArguments = signature("orthogonal", {
	name: spectralRules.name,
	orthogonalMap: anything<OrthogonalMap | null>(
		'one of "matrix_exp", "cayley", "householder" or null',
		(value) => value === null || orthogonalMaps.includes(value as OrthogonalMap),
		null,
	),
	useTrivialization: flag(true),
});

/** Makes a matrix (or each of a stack of them) orthogonal, a wide one by its rows: QᵀQ = 1. */
export function orthogonal<M extends Module>(module: M, options: OrthogonalOptions = {}): M {
	const { name, orthogonalMap, useTrivialization } = orthogonalArguments([options]);
	const { property, tensor } = existing("orthogonal", module, name);
	if (tensor.ndim < 2) {
		throw new RangeError(
			`[orthogonal] expected a matrix or batch of matrices, got a tensor of ${tensor.ndim} dimensions`,
		);
	}
	const map = orthogonalMap ?? (tensor.size(-2) === tensor.size(-1) ? "matrix_exp" : "householder");
	return registerParametrization(module, property, new Orthogonal(tensor, map, useTrivialization), { unsafe: true });
}
