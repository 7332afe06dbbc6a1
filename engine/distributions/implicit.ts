import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { div, sub, where } from "../ops";
import { standardGamma } from "../ops/draws";
import { underivable } from "../ops/underivable";

/*
 * Gradients of gamma and Dirichlet samples by implicit reparametrisation (Figurnov, Mohamed, Mnih, 2018): with F the
 * distribution function and f the density, the slope of a sample x by a parameter p is −(∂F/∂p) / f at x.
 *
 * ∂F/∂p is the integral of f · ∂log f/∂p up to x, or with the other sign from there on, on the side where f falls: in
 * the logarithm of the distance that is a smooth function which falls like exp(−q), and Gauss-Legendre's rule finds it to eight
 * digits. PyTorch's kernels have polynomials for it, good to three or four.
 */

/** exp(−40) is nothing beside 1. */
const depth = 40;

const order = 32;
let rule: readonly { at: number; weight: number }[] | undefined;

/** Places and weights of Gauss-Legendre's rule on [0, 1], the places cubed: the functions bend near 0. */
function gaussLegendre(): readonly { at: number; weight: number }[] {
	rule ??= Array.from({ length: order }, (_, i) => {
		let x = Math.cos((Math.PI * (i + 0.75)) / (order + 0.5));
		let slope = 1;
		for (let step = 0; step < 8; step++) {
			let [before, now] = [1, x];
			for (let k = 2; k <= order; k++) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
			slope = (order * (x * now - before)) / (x * x - 1);
			x -= now / slope;
		}
		const place = (x + 1) / 2;
		return { at: place ** 3, weight: (3 * place * place) / ((1 - x * x) * slope * slope) };
	});
	return rule;
}

/** A rising function from q(0) = 0, its slope, and a bound of where it reaches `depth`. */
interface Fall {
	q(w: Tensor): Tensor;
	slope(w: Tensor): Tensor;
	bound: Tensor;
}

/** ∫ exp(−q(w)) · score(w) dw from 0 on. */
function integral({ q, slope, bound }: Fall, score: (w: Tensor) => Tensor): Tensor {
	let end = bound;
	// Newton's way to where q is `depth`, which a tenth at most keeps from leaving for the other side.
	for (let step = 0; step < 12; step++) {
		end = end.sub(q(end).sub(depth).div(slope(end))).maximum(end.mul(0.1));
	}
	let sum = end.mul(0);
	for (const { at, weight } of gaussLegendre()) {
		const w = end.mul(at);
		sum = sum.add(q(w).neg().exp().mul(score(w)).mul(weight));
	}
	return sum.mul(end);
}

/** ∂x/∂a of a gamma number x of shape a. */
function gammaSlope(a: Tensor, x: Tensor): Tensor {
	const [log, mean] = [x.log(), a.digamma()];
	const below: Fall = {
		q: (w) => a.mul(w).add(x.mul(w.neg().expm1())),
		slope: (w) => a.sub(x.mul(w.neg().exp())),
		bound: x.add(depth).div(a),
	};
	const far = div(2 * depth, x);
	const above: Fall = {
		q: (w) => x.mul(w.expm1()).sub(a.mul(w)),
		slope: (w) => x.mul(w.exp()).sub(a),
		bound: far.sqrt().minimum(far.log().clamp({ min: 2 })),
	};
	const lower = integral(below, (w) => log.sub(w).sub(mean)).neg();
	const upper = integral(above, (w) => log.add(w).sub(mean));
	return where(x.le(a), lower, upper).mul(x);
}

/** ∂x/∂a of a beta number x of a and b, over 1 − x. */
function betaSlope(a: Tensor, b: Tensor, x: Tensor): Tensor {
	const rest = sub(1, x);
	const mean = a.digamma().sub(a.add(b).digamma());
	/** Towards 0 in x, of the exponents a and b. */
	const fall = (x: Tensor, a: Tensor, b: Tensor): Fall => {
		const [others, log] = [b.sub(1), x.neg().log1p()];
		const near = (w: Tensor) => x.mul(w.neg().exp());
		return {
			q: (w) => a.mul(w).sub(others.mul(near(w).neg().log1p().sub(log))),
			slope: (w) => a.sub(others.mul(near(w)).div(sub(1, near(w)))),
			bound: others.clamp({ min: 0 }).mul(log.neg()).add(depth).div(a),
		};
	};
	const lower = integral(fall(x, a, b), (w) => x.log().sub(w).sub(mean)).neg();
	const upper = integral(fall(rest, b, a), (w) => rest.mul(w.neg().exp()).neg().log1p().sub(mean));
	return where(x.le(a.div(a.add(b))), lower.mul(x).div(rest), upper);
}

/** What has no slope of its own: a second derivative says so. */
function slopeOf(op: string, inputs: readonly Tensor[], compute: () => Tensor): Tensor {
	const slope = noGrad(compute);
	return tracked(inputs[0]!) ? record(slope, underivable(op), inputs) : slope;
}

const standardGammaBackward: Derivative = {
	name: "StandardGammaBackward0",
	backward(node, grad) {
		const [a, x] = [node.saved(0), node.saved(1)];
		const slope = slopeOf("standardGammaGrad", [a], () => gammaSlope(a.double(), x.double()).to(a.dtype));
		return [grad.mul(slope)];
	},
};

/** Gamma numbers of these shapes. */
export function gammaSample(concentration: Tensor): Tensor {
	const out = noGrad(() => standardGamma(concentration));
	if (!tracked(concentration)) return out;
	return record(out, standardGammaBackward, [concentration], [concentration, out]);
}

const dirichletBackward: Derivative = {
	name: "_DirichletBackward",
	backward(node, grad) {
		const [a, x] = [node.saved(0), node.saved(1)];
		const slope = slopeOf("dirichletGrad", [a], () => {
			const [all, place] = [a.double(), x.double()];
			return betaSlope(all, all.sum(-1, true).sub(all), place).to(a.dtype);
		});
		return [slope.mul(grad.sub(x.mul(grad).sum(-1, true)))];
	},
};

/** A drawn point of the simplex as a function of its concentrations. */
export function dirichletSample(concentration: Tensor, draw: () => Tensor): Tensor {
	const out = noGrad(draw);
	if (!tracked(concentration)) return out;
	return record(out, dirichletBackward, [concentration], [concentration, out]);
}
