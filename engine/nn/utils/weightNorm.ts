import { Tensor } from "../../core/tensor";
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
import { normalizedDim, normExceptDim, weightNormed } from "./weightNormalization";

/**
 * The older form of `parametrizations.weightNorm`: `weightG` (lengths) and `weightV` (directions) are learned, and
 * `weight` is computed from them before every forward pass. Keys: `weight_g`, `weight_v`.
 *
 * @param options.name of the weight; default "weight"
 * @param options.dim over which lengths are kept apart; null for one length. Default 0
 */
export function weightNorm<M extends Module>(module: M, options: { name?: string; dim?: number | null } = {}): M {
	const { property, tensor } = tensorNamed(module, options.name ?? "weight");
	if (recomputedIn(module, "weightNorm").some((other) => other.property === property)) {
		throw new Error(`[weightNorm] cannot register two weightNorm hooks on the same parameter ${property}`);
	}
	if (!(tensor instanceof Tensor)) {
		throw new Error(`[weightNorm] module '${module}' has no parameter or buffer with name '${property}'`);
	}
	const dim = normalizedDim("weightNorm", tensor, options.dim === undefined ? 0 : options.dim);
	removeTensors(module, property);
	setTensor(module, `${property}G`, new Parameter(normExceptDim(tensor.detach(), dim)));
	setTensor(module, `${property}V`, new Parameter(tensor.detach()));
	const compute = (of: Module) => weightNormed(getTensor(of, `${property}V`), getTensor(of, `${property}G`), dim);
	recompute(module, { kind: "weightNorm", property, compute } satisfies Recomputed);
	return module;
}

/** Makes the weight a parameter again, with the value that it has. */
export function removeWeightNorm<M extends Module>(module: M, name = "weight"): M {
	const { property } = tensorNamed(module, name);
	const found = recomputedIn(module, "weightNorm").find((other) => other.property === property);
	if (!found) throw new Error(`[removeWeightNorm] weightNorm of '${name}' not found in ${module}`);
	const weight = found.compute(module);
	stopRecomputing(module, found);
	removeTensors(module, property, `${property}G`, `${property}V`);
	setTensor(module, property, new Parameter(weight.detach()));
	return module;
}
