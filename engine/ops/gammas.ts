import { native } from "../core/native";
import type { Scalar, Tensor } from "../core/tensor";
import { define, tensor } from "./binary";
import { pointwise } from "./pointwise";
import { where } from "./ternary";
import "./unary";

/* Incomplete gamma functions, Hurwitz' zeta, and what belongs to the tails of the normal distribution. */

type Value = Tensor | Scalar;

/** A derivative that PyTorch has not either. */
function missing(op: string, by: string): never {
	throw new Error(`[${op}] the derivative for '${op}: ${by}' is not implemented`);
}

/** ±x^(a − 1) e^−x / Γ(a) */
const density = (sign: 1 | -1) => (grad: Tensor, a: Value, b: Value) => {
	const [shape, x] = [tensor(a, grad), tensor(b, grad)];
	return grad.mul(shape.sub(1).mul(x.log()).sub(x).sub(shape.lgamma()).exp().mul(sign));
};

const lower = define("gammainc", {
	kernel: native.gammainc,
	node: () => "IgammaBackward0",
	slopes: [() => missing("gammainc", "input"), density(1)],
});
const upper = define("gammaincc", {
	kernel: native.gammaincc,
	node: () => "IgammacBackward0",
	slopes: [() => missing("gammaincc", "input"), density(-1)],
});
const zetas: ReturnType<typeof define> = define("zeta", {
	kernel: native.zeta,
	node: () => "SpecialZetaBackward0",
	slopes: [
		() => missing("zeta", "self"),
		(grad, a, b) => {
			const x = tensor(a, grad);
			return grad.mul(x.neg().mul(zetas.apply(x.add(1), b)));
		},
	],
});

/** The lower regularised incomplete gamma function: ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a), of a and x not below 0. The gradient is that by x. */
export function gammainc(a: Tensor, x: Tensor | number): Tensor {
	return lower.apply(a, x);
}

/** The upper one: 1 less the lower, without the cancellation. */
export function gammaincc(a: Tensor, x: Tensor | number): Tensor {
	return upper.apply(a, x);
}

/** Hurwitz' zeta function Σ (k + q)^−x over k ≥ 0, of x > 1; one of them may be a number. The gradient is that by q. */
export function zeta(x: Tensor | number, q: Tensor | number): Tensor {
	return zetas.apply(x, q);
}

const scaledComplements = pointwise<undefined>("erfcx", {
	node: "SpecialErfcxBackward0",
	forward: (x, _, out) => native.erfcx(x, out),
	saves: "input",
	slope: (grad, x) =>
		grad.mul(
			x
				.mul(2)
				.mul(erfcx(x))
				.sub(2 / Math.sqrt(Math.PI)),
		),
});

/** exp(x²) · erfc(x): the tail of erfc without what makes it vanish. */
export function erfcx(x: Tensor): Tensor {
	return scaledComplements.apply(x, undefined);
}

const quantiles = pointwise<undefined>("ndtri", {
	node: "SpecialNdtriBackward0",
	forward: (x, _, out) => native.ndtri(x, out),
	saves: "result",
	slope: (grad, result) =>
		grad.mul(
			result
				.square()
				.div(2)
				.exp()
				.mul(Math.sqrt(2 * Math.PI)),
		),
});

/** The number below which a standard normal one lies with this chance: the inverse of `ndtr`. */
export function ndtri(x: Tensor): Tensor {
	return quantiles.apply(x, undefined);
}

/** log `ndtr`(x), exact far below 0 too. */
export function logNdtr(x: Tensor): Tensor {
	const t = x.mul(Math.SQRT1_2);
	const low = t.clamp({ max: -Math.SQRT1_2 });
	const high = t.clamp({ min: -Math.SQRT1_2 });
	const tail = erfcx(low.neg()).div(2).log().sub(low.square());
	return where(x.lt(-1), tail, high.erfc().div(-2).log1p());
}
