import type { Binary, Grad, Grad1, Grad2, Grad3, Handle, Operand, Out, Unary, Unary1, Unary2, Unary3 } from "./types";

/* Element by element. */

/** Pointwise, one input. Integers are promoted to the default float dtype where PyTorch does. */
export interface UnaryOps {
	neg: Unary;
	abs: Unary;
	sign: Unary;
	square: Unary;
	reciprocal: Unary;
	sqrt: Unary;
	rsqrt: Unary;
	exp: Unary;
	exp2: Unary;
	expm1: Unary;
	log: Unary;
	log2: Unary;
	log10: Unary;
	log1p: Unary;
	sin: Unary;
	cos: Unary;
	tan: Unary;
	asin: Unary;
	acos: Unary;
	atan: Unary;
	sinh: Unary;
	cosh: Unary;
	tanh: Unary;
	asinh: Unary;
	acosh: Unary;
	atanh: Unary;
	erf: Unary;
	erfc: Unary;
	erfinv: Unary;
	lgamma: Unary;
	digamma: Unary;
	/** (n): the n-th derivative of digamma */
	polygamma: Unary1;
	/** exp(x²) · erfc(x) */
	erfcx: Unary;
	/** The inverse of the normal distribution function. */
	ndtri: Unary;
	/** sin(πx) / πx */
	sinc: Unary;
	/** (eps); NaN for none */
	logit: Unary1;
	signbit: Unary;
	floor: Unary;
	ceil: Unary;
	trunc: Unary;
	frac: Unary;
	/** Half to even. */
	round: Unary;
	/** Half to even at `a` decimals. */
	roundDecimals: Unary1;
	isnan: Unary;
	isinf: Unary;
	isfinite: Unary;
	logicalNot: Unary;
	bitwiseNot: Unary;
	sigmoid: Unary;
	logSigmoid: Unary;
	relu: Unary;
	relu6: Unary;
	silu: Unary;
	mish: Unary;
	softsign: Unary;
	hardsigmoid: Unary;
	hardswish: Unary;
	tanhshrink: Unary;
	gelu: Unary;
	geluTanh: Unary;
	leakyRelu: Unary1;
	/** (alpha, scale, inputScale), as PyTorch's `elu`: ELU, SELU and CELU are this. */
	elu: Unary3;
	/** (beta, threshold) */
	softplus: Unary2;
	/** (lambda) */
	hardshrink: Unary1;
	softshrink: Unary1;
	/** (min, max) */
	hardtanh: Unary2;
	/** (threshold, value) */
	threshold: Unary2;
	/** (min, max); NaN for a bound that is absent; NaN elements stay NaN. */
	clamp: Unary2;
	/** (nan, posinf, neginf) */
	nanToNum: Unary3;
}

/** Derivatives of pointwise ops where one kernel does what would take several. */
export interface UnaryGradOps {
	/** g·y·(1 − y), from the result */
	sigmoidBackward: Grad;
	/** g·(1 − y²), from the result */
	tanhBackward: Grad;
	/** g where y > 0, from the result or the input */
	reluBackward: Grad;
	/** From here on, from the input. */
	siluBackward: Grad;
	mishBackward: Grad;
	softsignBackward: Grad;
	hardsigmoidBackward: Grad;
	hardswishBackward: Grad;
	geluBackward: Grad;
	geluTanhBackward: Grad;
	logSigmoidBackward: Grad;
	leakyReluBackward: Grad1;
	eluBackward: Grad3;
	softplusBackward: Grad2;
	hardshrinkBackward: Grad1;
	softshrinkBackward: Grad1;
	hardtanhBackward: Grad2;
	/** g where x > a */
	thresholdBackward: Grad1;
	/** g where the input lies between a and b (NaN bound: absent), neither on a bound nor NaN */
	clampBackward: Grad2;
}

/** Pointwise, two inputs, broadcast and promoted as PyTorch does. */
export interface BinaryOps {
	/** a + alpha·b, one kernel */
	add: (a: Operand, b: Operand, alpha: number, out?: Out) => Handle;
	/** a − alpha·b, one kernel */
	sub: (a: Operand, b: Operand, alpha: number, out?: Out) => Handle;
	mul: Binary;
	/** True division: integers give the default float dtype. */
	div: Binary;
	floorDivide: Binary;
	truncDivide: Binary;
	/** The sign follows the divisor. */
	remainder: Binary;
	/** The sign follows the dividend. */
	fmod: Binary;
	pow: Binary;
	/** NaN wins. */
	maximum: Binary;
	minimum: Binary;
	/** NaN loses. */
	fmax: Binary;
	fmin: Binary;
	atan2: Binary;
	hypot: Binary;
	logaddexp: Binary;
	logaddexp2: Binary;
	xlogy: Binary;
	/** The lower and the upper regularised incomplete gamma function of a and x. */
	gammainc: Binary;
	gammaincc: Binary;
	/** Hurwitz' zeta function Σ (k + q)^−x */
	zeta: Binary;
	copysign: Binary;
	/** 0 below zero and for NaN, 1 above it, b at it */
	heaviside: Binary;
	nextafter: Binary;
	gcd: Binary;
	lcm: Binary;
	/** (a − b)² */
	squaredDifference: Binary;
	/** d²/2 over `divisor` where d = |a − b| is below `edge`, else slope·(d − edge/2) */
	bowl: (a: Operand, b: Operand, edge: number, slope: number, divisor: number, out?: Out) => Handle;
	eq: Binary;
	ne: Binary;
	lt: Binary;
	le: Binary;
	gt: Binary;
	ge: Binary;
	logicalAnd: Binary;
	logicalOr: Binary;
	logicalXor: Binary;
	bitwiseAnd: Binary;
	bitwiseOr: Binary;
	bitwiseXor: Binary;
	bitwiseLeftShift: Binary;
	bitwiseRightShift: Binary;
}

export interface TernaryOps {
	where: (condition: Handle, a: Operand, b: Operand) => Handle;
	/** start + weight·(end − start) */
	lerp: (start: Handle, end: Handle, weight: Operand, out?: Out) => Handle;
	/** x + value·a·b */
	addcmul: (x: Handle, a: Handle, b: Handle, value: number, out?: Out) => Handle;
	/** x + value·a/b */
	addcdiv: (x: Handle, a: Handle, b: Handle, value: number, out?: Out) => Handle;
	/** (a − b, at most `edge` to either side)·grad·scale */
	scaledDifference: (grad: Handle, a: Handle, b: Handle, edge: number, scale: number) => Handle;
}
