import { Tensor } from "../core/tensor";
import { logSoftmax as logSoftmaxOf, softmax as softmaxOf } from "./softmax";
import { where } from "./ternary";
import "./special";
import "./unary";
import "./binary";
import "./clamp";

/* torch.special: functions of mathematics under the names that PyTorch has there. */

const plain =
	<K extends keyof Tensor>(name: K) =>
	(x: Tensor): Tensor =>
		(x[name] as unknown as () => Tensor).call(x);

export { i0, i0e, i1, i1e } from "./bessel";
export { erfcx, gammainc, gammaincc, logNdtr, ndtri, zeta } from "./gammas";

export const digamma = plain("digamma");
/** `digamma` */
export const psi = digamma;
export const erf = plain("erf");
export const erfc = plain("erfc");
export const erfinv = plain("erfinv");
export const exp2 = plain("exp2");
/** `sigmoid` */
export const expit = plain("sigmoid");
export const expm1 = plain("expm1");
/** log |Γ(x)|, `lgamma` */
export const gammaln = plain("lgamma");
export const log1p = plain("log1p");
export const sinc = plain("sinc");

export function logit(x: Tensor, ...args: Parameters<Tensor["logit"]>): Tensor {
	return x.logit(...args);
}

export function round(x: Tensor, ...args: Parameters<Tensor["round"]>): Tensor {
	return x.round(...args);
}

export function logsumexp(x: Tensor, ...args: Parameters<Tensor["logsumexp"]>): Tensor {
	return x.logsumexp(...args);
}

export function xlogy(x: Tensor, y: Parameters<Tensor["xlogy"]>[0]): Tensor {
	return x.xlogy(y);
}

/** The n-th derivative of `digamma`. */
export function polygamma(n: number, x: Tensor): Tensor {
	return x.polygamma(n);
}

export const softmax = softmaxOf;
export const logSoftmax = logSoftmaxOf;

/** x · log1p(y), 0 where x is 0 and y not NaN. */
export function xlog1py(x: Tensor, y: Tensor): Tensor {
	const nothing = x.eq(0).logicalAnd(y.le(-1).logicalOr(y.eq(Number.POSITIVE_INFINITY)));
	return x.mul(y.maskedFill(nothing, 0).log1p());
}

/** −x · log x: 0 at 0, −∞ below. */
export function entr(x: Tensor): Tensor {
	const inside = x.gt(0);
	const value = x.mul(where(inside, x, 1).log()).neg();
	return where(inside.logicalOr(x.isnan()), value, where(x.eq(0), x.mul(0), Number.NEGATIVE_INFINITY));
}

/** The probability of at most x of the standard normal distribution. */
export function ndtr(x: Tensor): Tensor {
	return x.mul(-Math.SQRT1_2).erfc().mul(0.5);
}

/** log Γₚ(x), the multivariate one of p dimensions; x > (p − 1) / 2. */
export function multigammaln(x: Tensor, p: number): Tensor {
	if (!(x instanceof Tensor) || !x.isFloatingPoint()) {
		throw new TypeError(`[mvlgamma] expected a tensor of floats, got ${x instanceof Tensor ? x.dtype : typeof x}`);
	}
	if (!Number.isInteger(p) || p < 1)
		throw new RangeError(`[mvlgamma] p has to be greater than or equal to 1, got ${p}`);
	let sum = x.lgamma();
	for (let i = 1; i < p; i++) sum = sum.add(x.sub(i / 2).lgamma());
	return sum.add((p * (p - 1) * Math.log(Math.PI)) / 4);
}
