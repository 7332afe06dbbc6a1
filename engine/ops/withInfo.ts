import { type NamedTuple, namedTuple } from "../core/namedTuple";
import type { Tensor } from "../core/tensor";
import { checkInfo, choleskyOf, matrices, notPositive } from "./factors";
import { infoTensor } from "./lu";
import { inverseOf, notInvertible, notSolvable, type SolveOptions, solutionOf } from "./solving";

/*
 * Functions of torch.linalg that say in `info` (int32, one for each matrix) how it went, instead of throwing. 0 is well; otherwise
 * the other result means nothing. `checkErrors` throws all the same.
 */

interface Checked {
	/** Throw where an `info` is not 0. Default false. */
	checkErrors?: boolean;
}

/** As `inv`; `info`: which diagonal element of U is the first that is 0. */
export function invEx(x: Tensor, options: Checked = {}): NamedTuple<"inverse" | "info"> {
	const { inverse, info } = inverseOf(matrices("linalg.invEx", x, true));
	if (options.checkErrors) checkInfo("linalg.invEx", info, notInvertible);
	return namedTuple("linalg_inv_ex", ["inverse", "info"], [inverse, infoTensor(info)]);
}

/** As `solve`; `info`: which diagonal element of A's U is the first that is 0. */
export function solveEx(a: Tensor, b: Tensor, options: SolveOptions & Checked = {}): NamedTuple<"result" | "info"> {
	const { result, info } = solutionOf("linalg.solveEx", a, b, options);
	if (options.checkErrors) checkInfo("linalg.solveEx", info, notSolvable);
	return namedTuple("linalg_solve_ex", ["result", "info"], [result, infoTensor(info)]);
}

/** As `cholesky`; `info`: the order of the first leading minor that is not positive-definite. */
export function choleskyEx(x: Tensor, options: { upper?: boolean } & Checked = {}): NamedTuple<"L" | "info"> {
	const { factor, info } = choleskyOf(matrices("linalg.choleskyEx", x, true), options.upper ?? false);
	if (options.checkErrors) checkInfo("linalg.choleskyEx", info, notPositive);
	return namedTuple("linalg_cholesky_ex", ["L", "info"], [factor, infoTensor(info)]);
}
