import { autocastState } from "../core/autocast";
import { type Handle, native } from "../core/native";
import { Tensor } from "../core/tensor";
import { raisedOnCards } from "./castPolicy";
import { zerosAs } from "./copy";
import { passed } from "./passed";
import { type Pointwise, pointwise } from "./pointwise";

/*
 * Pointwise functions of one tensor, as one table: the addon's kernel, the derivative, and what the derivative is
 * computed from. A row gives the function `exp(x)`, the methods `x.exp()` and `x.exp_()` and the graph node
 * `ExpBackward0`.
 */

/** A method for each row; the functions and the in-place methods follow from it. */
export interface UnaryMethods {
	/** |x| */
	abs(): Tensor;
	/** -1, 0 or 1 */
	sign(): Tensor;
	/** x² */
	square(): Tensor;
	/** 1 / x */
	reciprocal(): Tensor;
	/** √x; NaN below 0 */
	sqrt(): Tensor;
	/** 1 / √x */
	rsqrt(): Tensor;
	/** eˣ */
	exp(): Tensor;
	/** 2ˣ */
	exp2(): Tensor;
	/** eˣ − 1, exact near 0 */
	expm1(): Tensor;
	/** Natural logarithm. */
	log(): Tensor;
	/** Logarithm to base 2. */
	log2(): Tensor;
	/** Logarithm to base 10. */
	log10(): Tensor;
	/** ln(1 + x), exact near 0 */
	log1p(): Tensor;
	/** Sine of an angle in radians. */
	sin(): Tensor;
	/** Cosine of an angle in radians. */
	cos(): Tensor;
	/** Tangent of an angle in radians. */
	tan(): Tensor;
	/** Angle in [−π/2, π/2] whose sine is x; NaN outside of [−1, 1]. */
	asin(): Tensor;
	/** Angle in [0, π] whose cosine is x; NaN outside of [−1, 1]. */
	acos(): Tensor;
	/** Angle in (−π/2, π/2) whose tangent is x. */
	atan(): Tensor;
	/** Hyperbolic sine, (eˣ − e⁻ˣ) / 2. */
	sinh(): Tensor;
	/** Hyperbolic cosine, (eˣ + e⁻ˣ) / 2. */
	cosh(): Tensor;
	/** Hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), in (−1, 1). */
	tanh(): Tensor;
	/** Inverse of sinh, ln(x + √(x² + 1)). */
	asinh(): Tensor;
	/** Inverse of cosh, ln(x + √(x² − 1)); NaN below 1. */
	acosh(): Tensor;
	/** Inverse of tanh, ½ ln((1 + x) / (1 − x)); NaN outside of [−1, 1]. */
	atanh(): Tensor;
	/** 2/√π ∫₀ˣ exp(−t²) dt */
	erf(): Tensor;
	/** 1 − erf(x) */
	erfc(): Tensor;
	/** Inverse of erf on (−1, 1). */
	erfinv(): Tensor;
	/** ln |Γ(x)| */
	lgamma(): Tensor;
	/** Derivative of lgamma. */
	digamma(): Tensor;
	/** Largest whole number ≤ x. */
	floor(): Tensor;
	/** Smallest whole number ≥ x. */
	ceil(): Tensor;
	/** Towards zero. */
	trunc(): Tensor;
	/** x − trunc(x) */
	frac(): Tensor;
	/** 1 / (1 + e⁻ˣ) */
	sigmoid(): Tensor;
	/** max(x, 0); the slope at 0 is 0 */
	relu(): Tensor;
}

type Name = keyof UnaryMethods;
type Functions = { readonly [K in Name]: (x: Tensor) => Tensor };
type InPlaceMethods = { [K in Name as `${K}_`]: () => Tensor };

type Kernel = (x: Handle, out?: Handle) => Handle;
type Slope = (grad: Tensor, saved: Tensor) => Tensor;
type Row = Omit<Pointwise<undefined>, "node">;

/** An argument that is not given need not be looked at by the addon. */
const forwardBy =
	(kernel: Kernel): Row["forward"] =>
	(x, _, out) =>
		out === undefined ? kernel(x) : kernel(x, out);
const fromInput = (kernel: Kernel, slope: Slope): Row => ({
	forward: forwardBy(kernel),
	slope,
	saves: "input",
});
const fromResult = (kernel: Kernel, slope: Slope, fused?: (grad: Handle, result: Handle) => Handle): Row => ({
	forward: forwardBy(kernel),
	slope,
	saves: "result",
	...(fused && { fused }),
});
/** Flat nearly everywhere: the gradient is 0. */
const step = (kernel: Kernel): Row => ({ forward: forwardBy(kernel), slope: zerosAs, saves: "nothing" });

const LN2 = Math.LN2;
const LN10 = Math.LN10;
const twoOverRootPi = 2 / Math.sqrt(Math.PI);

const rows: { readonly [K in Name]: Row } = {
	abs: fromInput(native.abs, (g, x) => g.mul(x.sign())),
	sign: step(native.sign),
	square: fromInput(native.square, (g, x) => g.mul(x.mul(2))),
	reciprocal: fromResult(native.reciprocal, (g, y) => g.mul(y.mul(y).neg())),
	sqrt: fromResult(native.sqrt, (g, y) => g.div(y.mul(2))),
	rsqrt: fromResult(native.rsqrt, (g, y) => g.mul(y.mul(y).mul(y).mul(-0.5))),
	exp: fromResult(native.exp, (g, y) => g.mul(y)),
	exp2: fromResult(native.exp2, (g, y) => g.mul(y).mul(LN2)),
	expm1: fromResult(native.expm1, (g, y) => g.mul(y.add(1))),
	log: fromInput(native.log, (g, x) => g.div(x)),
	log2: fromInput(native.log2, (g, x) => g.div(x.mul(LN2))),
	log10: fromInput(native.log10, (g, x) => g.div(x.mul(LN10))),
	log1p: fromInput(native.log1p, (g, x) => g.div(x.add(1))),
	sin: fromInput(native.sin, (g, x) => g.mul(x.cos())),
	cos: fromInput(native.cos, (g, x) => g.mul(x.sin().neg())),
	tan: fromResult(native.tan, (g, y) => g.mul(y.mul(y).add(1))),
	asin: fromInput(native.asin, (g, x) => g.mul(oneMinusSquare(x).rsqrt())),
	acos: fromInput(native.acos, (g, x) => g.mul(oneMinusSquare(x).rsqrt().neg())),
	atan: fromInput(native.atan, (g, x) => g.div(x.mul(x).add(1))),
	sinh: fromInput(native.sinh, (g, x) => g.mul(x.cosh())),
	cosh: fromInput(native.cosh, (g, x) => g.mul(x.sinh())),
	tanh: fromResult(native.tanh, (g, y) => g.mul(oneMinusSquare(y)), native.tanhBackward),
	asinh: fromInput(native.asinh, (g, x) => g.mul(x.mul(x).add(1).rsqrt())),
	acosh: fromInput(native.acosh, (g, x) => g.mul(x.mul(x).sub(1).rsqrt())),
	atanh: fromInput(native.atanh, (g, x) => g.div(oneMinusSquare(x))),
	erf: fromInput(native.erf, (g, x) => g.mul(x.mul(x).neg().exp().mul(twoOverRootPi))),
	erfc: fromInput(native.erfc, (g, x) => g.mul(x.mul(x).neg().exp().mul(-twoOverRootPi))),
	erfinv: fromResult(native.erfinv, (g, y) =>
		g.mul(
			y
				.mul(y)
				.exp()
				.mul(1 / twoOverRootPi),
		),
	),
	lgamma: fromInput(native.lgamma, (g, x) => g.mul(x.digamma())),
	digamma: fromInput(native.digamma, (g, x) => g.mul(x.polygamma(1))),
	floor: step(native.floor),
	ceil: step(native.ceil),
	trunc: step(native.trunc),
	frac: { forward: forwardBy(native.frac), slope: (g) => g, saves: "nothing" },
	sigmoid: fromResult(native.sigmoid, (g, y) => g.mul(y.mul(y.neg().add(1))), native.sigmoidBackward),
	relu: fromResult(native.relu, (g, y) => passed(g, y.le(0), y), native.reluBackward),
};

function oneMinusSquare(x: Tensor): Tensor {
	return x.mul(x).neg().add(1);
}

/** `ExpBackward0`; PyTorch writes squares as powers, and capitals after digits. */
function nodeName(name: string): string {
	if (name === "square") return "PowBackward0";
	const title = name === "log1p" ? "Log1P" : name[0]!.toUpperCase() + name.slice(1);
	return `${title}Backward0`;
}

/** Raised to float32 in autocast blocks on cards. */
const raised: ReadonlySet<Name> = new Set<Name>(
	"acos asin cosh erfinv exp expm1 log log10 log2 log1p reciprocal rsqrt sinh tan".split(" ") as Name[],
);

const functions = {} as Record<Name, (x: Tensor) => Tensor>;
for (const name of Object.keys(rows) as Name[]) {
	const { apply, applyInPlace } = pointwise<undefined>(name, { ...rows[name], node: nodeName(name) });
	const plain = (x: Tensor) => apply(x, undefined);
	const call = raised.has(name)
		? (x: Tensor) => (autocastState.active ? raisedOnCards(plain, x) : apply(x, undefined))
		: plain;
	functions[name] = call;
	const put = (method: string, value: (this: Tensor) => Tensor) =>
		Object.defineProperty(Tensor.prototype, method, { value, writable: true, configurable: true });
	put(name, function () {
		return call(this);
	});
	put(`${name}_`, function () {
		return applyInPlace(this, undefined);
	});
}

declare module "../core/tensor" {
	interface Tensor extends UnaryMethods, InPlaceMethods {}
}

export const {
	abs,
	sign,
	square,
	reciprocal,
	sqrt,
	rsqrt,
	exp,
	exp2,
	expm1,
	log,
	log2,
	log10,
	log1p,
	sin,
	cos,
	tan,
	asin,
	acos,
	atan,
	sinh,
	cosh,
	tanh,
	asinh,
	acosh,
	atanh,
	erf,
	erfc,
	erfinv,
	lgamma,
	digamma,
	floor,
	ceil,
	trunc,
	frac,
	sigmoid,
	relu,
}: Functions = functions;
