import { shapeText } from "../core/arguments";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { composite } from "./composite";
import { matmul } from "./matrix";
import { asMethods } from "./methods";

/* Functions of square matrices, one matrix or a stack of them. */

function checkSquare(op: string, x: Tensor): void {
	if (!(x instanceof Tensor) || x.ndim < 2 || x.size(-1) !== x.size(-2)) {
		throw new RangeError(
			`[${op}] expects square matrices, got ${x instanceof Tensor ? `shape ${shapeText(x.shape)}` : String(x)}`,
		);
	}
	if (!x.isFloatingPoint()) throw new TypeError(`[${op}] expects a floating point dtype, got ${x.dtype}`);
}

/** Terms of the series after the first: for norms up to 1/2 the rest is below float64's precision. */
const TERMS = 14;

/** The identity plus x + x²/2! + …: the series at x / 2ˢ, where it converges fast, squared s times. */
const series = composite("LinalgMatrixExpBackward0", (_: null, x: Tensor) => {
	const norm = x.numel() === 0 ? 0 : x.detach().abs().sum(-1).amax().item();
	const squarings = norm > 0.5 && Number.isFinite(norm) ? Math.ceil(Math.log2(norm / 0.5)) : 0;
	const small = x.mul(2 ** -squarings);
	const one = wrap(native.eye(x.size(-1), x.size(-1), x.dtype.code, x.handle));
	let result = one.add(small.div(TERMS));
	for (let k = TERMS - 1; k >= 1; k--) result = one.add(matmul(small, result).div(k));
	for (let i = 0; i < squarings; i++) result = matmul(result, result);
	return result;
});

/** eˣ of square matrices. */
export function matrixExp(x: Tensor): Tensor {
	checkSquare("matrixExp", x);
	return series(null, x);
}

declare module "../core/tensor" {
	interface Tensor {
		/** eˣ of square matrices. */
		matrixExp(): Tensor;
	}
}

asMethods({ matrixExp });
