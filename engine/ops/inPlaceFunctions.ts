import { describe } from "../core/arguments";
import { Tensor } from "../core/tensor";
// The methods that this file makes functions of must be there.
import "./aliases";
import "./clamp";
import "./copy";
import "./matrix";
import "./pairs";
import "./rounding";
import "./special";
import "./unary";

/* PyTorch has some in-place methods as functions as well: `torch.zero_(x)` is `x.zero_()`. */

type MethodName = { [K in keyof Tensor]: Tensor[K] extends (...args: any[]) => Tensor ? K : never }[keyof Tensor];
type FunctionOf<K extends MethodName> = <T extends Tensor>(x: T, ...args: Parameters<Tensor[K]>) => T;

function functionOf<K extends MethodName>(name: K): FunctionOf<K> {
	return ((x: Tensor, ...args: unknown[]) => {
		if (!(x instanceof Tensor)) throw new TypeError(`[${name}] expected a tensor, got ${describe(x)}`);
		return (x as unknown as Record<string, (...args: unknown[]) => Tensor>)[name]!(...args);
	}) as FunctionOf<K>;
}

/** The same memory outside the graph. */
export function detach(x: Tensor): Tensor {
	return x.detach();
}

export const abs_ = functionOf("abs_");
export const absolute_ = functionOf("absolute_");
export const acos_ = functionOf("acos_");
export const acosh_ = functionOf("acosh_");
export const addmv_ = functionOf("addmv_");
export const arccos_ = functionOf("arccos_");
export const arccosh_ = functionOf("arccosh_");
export const arcsin_ = functionOf("arcsin_");
export const arcsinh_ = functionOf("arcsinh_");
export const arctan_ = functionOf("arctan_");
export const arctanh_ = functionOf("arctanh_");
export const asin_ = functionOf("asin_");
export const asinh_ = functionOf("asinh_");
export const atan_ = functionOf("atan_");
export const atanh_ = functionOf("atanh_");
export const ceil_ = functionOf("ceil_");
export const clamp_ = functionOf("clamp_");
export const clampMax_ = functionOf("clampMax_");
export const clampMin_ = functionOf("clampMin_");
export const clip_ = functionOf("clip_");
export const cos_ = functionOf("cos_");
export const cosh_ = functionOf("cosh_");
export const deg2rad_ = functionOf("deg2rad_");
export const detach_ = functionOf("detach_");
export const erf_ = functionOf("erf_");
export const erfc_ = functionOf("erfc_");
export const exp_ = functionOf("exp_");
export const exp2_ = functionOf("exp2_");
export const expm1_ = functionOf("expm1_");
export const fill_ = functionOf("fill_");
export const fix_ = functionOf("fix_");
export const floor_ = functionOf("floor_");
export const frac_ = functionOf("frac_");
export const gcd_ = functionOf("gcd_");
export const indexPut_ = functionOf("indexPut_");
export const lcm_ = functionOf("lcm_");
export const ldexp_ = functionOf("ldexp_");
export const log_ = functionOf("log_");
export const log10_ = functionOf("log10_");
export const log1p_ = functionOf("log1p_");
export const log2_ = functionOf("log2_");
export const logit_ = functionOf("logit_");
export const nanToNum_ = functionOf("nanToNum_");
export const neg_ = functionOf("neg_");
export const negative_ = functionOf("negative_");
export const rad2deg_ = functionOf("rad2deg_");
export const reciprocal_ = functionOf("reciprocal_");
export const relu_ = functionOf("relu_");
export const round_ = functionOf("round_");
export const rsqrt_ = functionOf("rsqrt_");
export const sigmoid_ = functionOf("sigmoid_");
export const sin_ = functionOf("sin_");
export const sinc_ = functionOf("sinc_");
export const sinh_ = functionOf("sinh_");
export const sqrt_ = functionOf("sqrt_");
export const square_ = functionOf("square_");
export const tan_ = functionOf("tan_");
export const tanh_ = functionOf("tanh_");
export const trunc_ = functionOf("trunc_");
export const xlogy_ = functionOf("xlogy_");
export const zero_ = functionOf("zero_");
