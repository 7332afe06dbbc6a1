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

const names = [
	"abs_",
	"absolute_",
	"acos_",
	"acosh_",
	"addmv_",
	"arccos_",
	"arccosh_",
	"arcsin_",
	"arcsinh_",
	"arctan_",
	"arctanh_",
	"asin_",
	"asinh_",
	"atan_",
	"atanh_",
	"ceil_",
	"clamp_",
	"clampMax_",
	"clampMin_",
	"clip_",
	"cos_",
	"cosh_",
	"deg2rad_",
	"detach_",
	"erf_",
	"erfc_",
	"exp_",
	"exp2_",
	"expm1_",
	"fill_",
	"fix_",
	"floor_",
	"frac_",
	"gcd_",
	"indexPut_",
	"lcm_",
	"ldexp_",
	"log_",
	"log10_",
	"log1p_",
	"log2_",
	"logit_",
	"nanToNum_",
	"neg_",
	"negative_",
	"rad2deg_",
	"reciprocal_",
	"relu_",
	"round_",
	"rsqrt_",
	"sigmoid_",
	"sin_",
	"sinc_",
	"sinh_",
	"sqrt_",
	"square_",
	"tan_",
	"tanh_",
	"trunc_",
	"xlogy_",
	"zero_",
] as const satisfies readonly (keyof Tensor)[];

type Name = (typeof names)[number];
type Functions = { readonly [K in Name]: <T extends Tensor>(x: T, ...args: Parameters<Tensor[K]>) => T };

const functions = Object.fromEntries(
	names.map((name) => [
		name,
		(x: Tensor, ...args: unknown[]) => {
			if (!(x instanceof Tensor)) throw new TypeError(`[${name}] expected a tensor, got ${describe(x)}`);
			return (x as unknown as Record<string, (...args: unknown[]) => Tensor>)[name]!(...args);
		},
	]),
) as unknown as Functions;

/** The same memory outside the graph. */
export function detach(x: Tensor): Tensor {
	return x.detach();
}

export const {
	abs_,
	absolute_,
	acos_,
	acosh_,
	addmv_,
	arccos_,
	arccosh_,
	arcsin_,
	arcsinh_,
	arctan_,
	arctanh_,
	asin_,
	asinh_,
	atan_,
	atanh_,
	ceil_,
	clamp_,
	clampMax_,
	clampMin_,
	clip_,
	cos_,
	cosh_,
	deg2rad_,
	detach_,
	erf_,
	erfc_,
	exp_,
	exp2_,
	expm1_,
	fill_,
	fix_,
	floor_,
	frac_,
	gcd_,
	indexPut_,
	lcm_,
	ldexp_,
	log_,
	log10_,
	log1p_,
	log2_,
	logit_,
	nanToNum_,
	neg_,
	negative_,
	rad2deg_,
	reciprocal_,
	relu_,
	round_,
	rsqrt_,
	sigmoid_,
	sin_,
	sinc_,
	sinh_,
	sqrt_,
	square_,
	tan_,
	tanh_,
	trunc_,
	xlogy_,
	zero_,
}: Functions = functions;
