import { bind, shapeText } from "../../core/arguments";
import type { Tensor } from "../../core/tensor";
import { avgPool2d, avgPool3d } from "./averagePooling";
import { pad } from "./pad";

export interface LocalResponseOptions {
	/** Default 1e-4. */
	alpha?: number;
	/** Default 0.75. */
	beta?: number;
	/** Default 1. */
	k?: number;
}

/**
 * x / (k + alpha · mean of the squares of `size` neighbouring channels)^beta (Krizhevsky et al., 2012).
 *
 * Shape: `[N, C, …]`, of at least three dimensions, to the same.
 */
export function localResponseNorm(
	input: Tensor,
	size: number,
	...args:
		| [options?: LocalResponseOptions]
		| [alpha: number, options?: Omit<LocalResponseOptions, "alpha">]
		| [alpha: number, beta: number, k?: number | Pick<LocalResponseOptions, "k">]
): Tensor {
	const {
		alpha = 1e-4,
		beta = 0.75,
		k = 1,
	} = bind<LocalResponseOptions>("localResponseNorm", args, ["alpha", "beta", "k"]);
	if (input.ndim < 3) {
		throw new RangeError(
			`[localResponseNorm] expected 3D or higher dimensionality input (got ${input.ndim} dimensions: ${shapeText(input.shape)})`,
		);
	}
	if (input.numel() === 0) return input;
	const squares = input.mul(input).unsqueeze(1);
	const [before, after] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
	const means =
		input.ndim === 3
			? avgPool2d(pad(squares, [0, 0, before, after]), [size, 1], 1).squeeze(1)
			: avgPool3d(
					pad(squares.reshape(input.size(0), 1, input.size(1), input.size(2), -1), [0, 0, 0, 0, before, after]),
					[size, 1, 1],
					1,
				)
					.squeeze(1)
					.reshape(input.shape);
	return input.div(means.mul(alpha).add(k).pow(beta));
}
