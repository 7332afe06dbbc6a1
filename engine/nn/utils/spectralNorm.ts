import { noGrad } from "../../core/gradMode";
import { anything, integer, real, signature } from "../../core/signature";
import type { Module } from "../modules";
import { Parameter } from "../parameter";
import { tensorNamed } from "./parametrize";
import {
	getTensor,
	type Recomputed,
	recompute,
	recomputedIn,
	removeTensors,
	setTensor,
	stopRecomputing,
} from "./recomputed";
import { asMatrix, outputDim, powerIteration, startingVectors } from "./spectralNormalization";

export interface SpectralNormOptions {
	/** Of the weight. Default "weight". */
	name?: string;
	/** Steps of the power iteration in every forward pass while training. Default 1. */
	nPowerIterations?: number;
	/** Keeps norms from being 0. Default 1e-12. */
	eps?: number;
	/** The dimension that counts outputs; null: 1 in a transposed convolution, else 0. */
	dim?: number | null;
}

/** @internal */
export const spectralRules = {
	name: anything<string>("a string", (value) => typeof value === "string", "weight"),
	nPowerIterations: integer(1, 1),
	eps: real(1e-12),
	dim: anything<number | null>("an integer or null", (value) => value === null || Number.isInteger(value), null),
};
const bind = signature("spectralNorm", spectralRules);

/**
 * The older form of `parametrizations.spectralNorm`: `weightOrig` is learned, `weightU` and `weightV` are buffers, and
 * `weight` is computed before every forward pass. Keys: `weight_orig`, `weight_u`, `weight_v`.
 */
export function spectralNorm<M extends Module>(module: M, options: SpectralNormOptions = {}): M {
	const { name, nPowerIterations, eps, dim: given } = bind([options]);
	const { property, tensor } = tensorNamed(module, name);
	if (recomputedIn(module, "spectralNorm").some((other) => other.property === property)) {
		throw new Error(`[spectralNorm] cannot register two spectralNorm hooks on the same parameter ${property}`);
	}
	if (!(tensor instanceof Parameter)) {
		throw new Error(`[spectralNorm] module '${module}' has no parameter with name '${property}'`);
	}
	const dim = given ?? outputDim(module);
	const [original, first, second] = [`${property}Orig`, `${property}U`, `${property}V`];
	const [u, v] = startingVectors(asMatrix(tensor.detach(), dim), eps);
	removeTensors(module, property);
	setTensor(module, original, tensor);
	setTensor(module, property, tensor.detach());
	module.registerBuffer(first, u);
	module.registerBuffer(second, v);
	const compute = (of: Module) => {
		const weight = getTensor(of, original);
		const matrix = asMatrix(weight, dim);
		const [left, right] = [getTensor(of, first), getTensor(of, second)];
		if (of.training) powerIteration(matrix, left, right, nPowerIterations, eps, true);
		// Copies: a second forward pass before backward changes the vectors.
		return weight.div(left.clone().dot(matrix.mv(right.clone())));
	};
	recompute(module, { kind: "spectralNorm", property, compute } satisfies Recomputed, { now: false });
	return module;
}

/** Makes the weight a parameter again, with the value that it has. */
export function removeSpectralNorm<M extends Module>(module: M, name = "weight"): M {
	const { property } = tensorNamed(module, name);
	const found = recomputedIn(module, "spectralNorm").find((other) => other.property === property);
	if (!found) throw new Error(`[removeSpectralNorm] spectralNorm of '${name}' not found in ${module}`);
	const { training } = module;
	module.training = false;
	const weight = noGrad(() => found.compute(module));
	module.training = training;
	stopRecomputing(module, found);
	removeTensors(module, property, `${property}Orig`, `${property}U`, `${property}V`);
	setTensor(module, property, new Parameter(weight.detach()));
	return module;
}
