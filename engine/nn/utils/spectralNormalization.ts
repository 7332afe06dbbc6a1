import { noGrad } from "../../core/gradMode";
import type { Tensor } from "../../core/tensor";
import { randn } from "../../ops";
import { normalize } from "../functional/distance";
import type { Module } from "../modules";

/* The largest singular value by power iteration (Miyato et al., 2018). */

/** A weight as a matrix whose rows belong to `dim`. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
	const moved = dim === 0 ? weight : weight.permute(dim, ...weight.shape.flatMap((_, i) => (i === dim ? [] : [i])));
	return moved.flatten(1);
}

/** Approximate singular vectors to begin with, of standard normal numbers: u, then v. */
export function startingVectors(matrix: Tensor, eps: number): [u: Tensor, v: Tensor] {
	const [rows, columns] = matrix.shape as [number, number];
	const unit = (size: number) =>
		normalize(randn(size, { dtype: matrix.dtype, device: matrix.device }), { dim: 0, eps });
	return noGrad(() => [unit(rows), unit(columns)]);
}

/** Improves u and v, in place, by `steps` iterations. */
export function powerIteration(matrix: Tensor, u: Tensor, v: Tensor, steps: number, eps: number, vFirst = false): void {
	noGrad(() => {
		for (let i = 0; i < steps; i++) {
			if (vFirst) v.copy_(normalize(matrix.t().mv(u), { dim: 0, eps }));
			u.copy_(normalize(matrix.mv(v), { dim: 0, eps }));
			if (!vFirst) v.copy_(normalize(matrix.t().mv(u), { dim: 0, eps }));
		}
	});
}

/** The dimension of a weight that counts outputs: 1 in a transposed convolution. */
export function outputDim(module: Module): number {
	return /^ConvTranspose\dd$/.test(module.constructor.name) ? 1 : 0;
}
