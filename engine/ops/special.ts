import { type Handle, native } from "../core/native";
import type { Tensor } from "../core/tensor";
import { zerosAs } from "./copy";
import { asMethods } from "./methods";
import { type Pointwise, pointwise } from "./pointwise";
import { where } from "./ternary";

/* Pointwise functions of one tensor that are seldom needed: derivatives of Γ, logit, sinc, angles. Rows as in unary.ts. */

type Row<P> = Omit<Pointwise<P>, "node">;

const plain = (
	forward: (x: Handle, out?: Handle) => Handle,
	slope: (grad: Tensor, x: Tensor) => Tensor,
): Row<undefined> => ({
	forward: (x, _, out) => forward(x, out),
	slope,
	saves: "input",
});

/** A multiple of the tensor. */
const scaled = (factor: number): Row<undefined> => ({
	forward: (x, _, out) => native.mul(x, factor, out),
	slope: (grad) => grad.mul(factor),
	saves: "nothing",
});

const polygammas: ReturnType<typeof pointwise<number>> = pointwise<number>("polygamma", {
	node: "PolygammaBackward0",
	forward: (x, n, out) => native.polygamma(x, n, out),
	saves: "input",
	slope: (grad, x, n) => grad.mul(polygammas.apply(x, n + 1)),
});

const sincs = pointwise<undefined>("sinc", {
	node: "SincBackward0",
	...plain(native.sinc, (grad, x) => {
		const angle = x.mul(Math.PI);
		const slope = angle.mul(angle.cos()).sub(angle.sin()).div(angle.mul(x));
		return grad.mul(slope.maskedFill(x.eq(0), 0));
	}),
});

const logits = pointwise<number>("logit", {
	node: "LogitBackward0",
	forward: (x, eps, out) => native.logit(x, eps, out),
	saves: "input",
	slope(grad, x, eps) {
		const slope = grad.div(x.mul(x.neg().add(1)));
		const [low, high, beyond] = Number.isNaN(eps) ? [0, 1, Number.NaN] : [eps, 1 - eps, 0];
		return where(x.ge(low).logicalAnd(x.le(high)), slope, beyond);
	},
});

const toRadians = pointwise<undefined>("deg2rad", { node: "Deg2RadBackward0", ...scaled(Math.PI / 180) });
const toDegrees = pointwise<undefined>("rad2deg", { node: "Rad2DegBackward0", ...scaled(180 / Math.PI) });
const signs = pointwise<undefined>("sgn", {
	node: "SgnBackward0",
	forward: (x, _, out) => native.sign(x, out),
	slope: zerosAs,
	saves: "nothing",
});

function order(op: string, n: number): number {
	if (Number.isInteger(n) && n >= 0) return n;
	throw new RangeError(`[${op}] n must be an integer ≥ 0, got ${n}`);
}

type Eps = number | null | { eps?: number | null };

function epsOf(eps: Eps): number {
	return (typeof eps === "object" ? eps?.eps : eps) ?? Number.NaN;
}

/** The `n`-th derivative of digamma (n = 0: digamma itself). */
export function polygamma(n: number, x: Tensor): Tensor {
	return polygammas.apply(x, order("polygamma", n));
}

/** sin(πx) / πx, 1 at 0 */
export function sinc(x: Tensor): Tensor {
	return sincs.apply(x, undefined);
}

/** ln(x / (1 − x)), the inverse of the sigmoid; with `eps` x is kept between eps and 1 − eps first. */
export function logit(x: Tensor, eps: Eps = null): Tensor {
	return logits.apply(x, epsOf(eps));
}

/** Degrees as radians. */
export function deg2rad(x: Tensor): Tensor {
	return toRadians.apply(x, undefined);
}

/** Radians as degrees. */
export function rad2deg(x: Tensor): Tensor {
	return toDegrees.apply(x, undefined);
}

/** -1, 0 or 1: `sign`, which in PyTorch also takes complex numbers under this name. */
export function sgn(x: Tensor): Tensor {
	return signs.apply(x, undefined);
}

/** The tensor itself; bool is refused. */
export function positive(x: Tensor): Tensor {
	if (x.dtype.name === "bool") throw new TypeError("[positive] is not defined for bool tensors");
	return x;
}

declare module "../core/tensor" {
	interface Tensor {
		/** The `n`-th derivative of digamma. */
		polygamma(n: number): Tensor;
		polygamma_(n: number): this;
		/** sin(πx) / πx, 1 at 0 */
		sinc(): Tensor;
		sinc_(): this;
		/** ln(x / (1 − x)); with `eps` x is kept between eps and 1 − eps first. */
		logit(eps?: Eps): Tensor;
		logit_(eps?: Eps): this;
		/** Degrees as radians. */
		deg2rad(): Tensor;
		deg2rad_(): this;
		/** Radians as degrees. */
		rad2deg(): Tensor;
		rad2deg_(): this;
		/** -1, 0 or 1 */
		sgn(): Tensor;
		sgn_(): this;
		/** The tensor itself. */
		positive(): Tensor;
	}
}

asMethods({
	polygamma: (x, n: number) => polygamma(n, x),
	polygamma_: (x, n: number) => polygammas.applyInPlace(x, order("polygamma_", n)),
	sinc,
	sinc_: (x) => sincs.applyInPlace(x, undefined),
	logit,
	logit_: (x, eps: Eps = null) => logits.applyInPlace(x, epsOf(eps)),
	deg2rad,
	deg2rad_: (x) => toRadians.applyInPlace(x, undefined),
	rad2deg,
	rad2deg_: (x) => toDegrees.applyInPlace(x, undefined),
	sgn,
	sgn_: (x) => signs.applyInPlace(x, undefined),
	positive,
});
