import type { Tensor } from "../core/tensor";
import { linalg } from "../ops";
import { Categorical, OneHotCategorical } from "./categorical";
import { Exponential, HalfNormal, Uniform } from "./continuous";
import { Binomial } from "./counts";
import { Bernoulli, Geometric, Poisson } from "./discrete";
import { type Distribution, softplus } from "./distribution";
import { Beta, Dirichlet, Gamma } from "./gamma";
import { Cauchy, Gumbel, Laplace, LogNormal, Normal } from "./locationScale";
import { Independent, MultivariateNormal } from "./multivariate";
import { Pareto } from "./tails";

/* Kullback-Leibler divergences in closed form, a row for each pair. */

type Kind<D extends Distribution> = abstract new (...args: any[]) => D;
type Rule = (p: any, q: any) => Tensor;

const rules: [Kind<Distribution>, Kind<Distribution>, Rule][] = [];

/** Adds the divergence of a pair of classes: of the most special ones that fit, the last added counts. */
export function registerKl<P extends Distribution, Q extends Distribution>(
	p: Kind<P>,
	q: Kind<Q>,
	divergence: (p: P, q: Q) => Tensor,
): void {
	rules.unshift([p, q, divergence]);
}

/** KL(p ‖ q) = E_p[log p − log q]. */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
	const rule = rules.find(([first, second]) => p instanceof first && q instanceof second);
	if (rule === undefined) {
		throw new Error(
			`[klDivergence] no KL(p || q) is implemented for p type ${p.constructor.name} and q type ${q.constructor.name}`,
		);
	}
	return rule[2](p, q);
}

const normals = (p: { loc: Tensor; scale: Tensor }, q: { loc: Tensor; scale: Tensor }): Tensor => {
	const ratio = p.scale.div(q.scale).pow(2);
	const away = p.loc.sub(q.loc).div(q.scale).pow(2);
	return ratio.add(away).sub(1).sub(ratio.log()).mul(0.5);
};
registerKl(Normal, Normal, normals);
registerKl(LogNormal, LogNormal, normals);
registerKl(HalfNormal, HalfNormal, (p, q) => normals(p.base, q.base));

registerKl(Bernoulli, Bernoulli, (p, q) => {
	const t1 = p.probs.mul(softplus(q.logits.neg()).sub(softplus(p.logits.neg())));
	const t2 = p.probs
		.neg()
		.add(1)
		.mul(softplus(q.logits).sub(softplus(p.logits)));
	const [none, all] = [q.probs.eq(0).expandAs(t1), q.probs.eq(1).expandAs(t2)];
	const first = t1.maskedFill(none, Number.POSITIVE_INFINITY).maskedFill(p.probs.eq(0).expandAs(t1), 0);
	return first.add(t2.maskedFill(all, Number.POSITIVE_INFINITY).maskedFill(p.probs.eq(1).expandAs(t2), 0));
});

registerKl(Categorical, Categorical, (p, q) => {
	const t = p.probs.mul(p.logits.sub(q.logits));
	return t
		.maskedFill(q.probs.eq(0).expandAs(t), Number.POSITIVE_INFINITY)
		.maskedFill(p.probs.eq(0).expandAs(t), 0)
		.sum(-1);
});
registerKl(OneHotCategorical, OneHotCategorical, (p, q) => klDivergence(p.base, q.base));

registerKl(Geometric, Geometric, (p, q) => {
	const weight = q.probs.neg().log1p().div(p.probs);
	return p.entropy().neg().sub(weight).sub(q.logits);
});

registerKl(Binomial, Binomial, (p, q) => {
	if (p.totalCount.lt(q.totalCount).any().item() !== 0) {
		throw new Error("[klDivergence] KL between Binomials where q.total_count > p.total_count is not implemented");
	}
	const each = p.probs.mul(p.logits.sub(q.logits)).add(p.probs.neg().log1p()).sub(q.probs.neg().log1p());
	return p.totalCount.mul(each).maskedFill(p.totalCount.gt(q.totalCount), Number.POSITIVE_INFINITY);
});

registerKl(Pareto, Pareto, (p, q) => {
	const ratio = q.alpha.div(p.alpha);
	const result = q.alpha.mul(p.scale.div(q.scale).log()).sub(ratio.log()).add(ratio).sub(1);
	return result.maskedFill(p.scale.lt(q.scale), Number.POSITIVE_INFINITY);
});

registerKl(Poisson, Poisson, (p, q) => p.rate.mul(p.rate.log().sub(q.rate.log())).sub(p.rate.sub(q.rate)));

registerKl(Exponential, Exponential, (p, q) => {
	const ratio = q.rate.div(p.rate);
	return ratio.sub(ratio.log()).sub(1);
});

registerKl(Uniform, Uniform, (p, q) => {
	const result = q.high.sub(q.low).div(p.high.sub(p.low)).log();
	return result.maskedFill(q.low.gt(p.low).logicalOr(q.high.lt(p.high)), Number.POSITIVE_INFINITY);
});

registerKl(Laplace, Laplace, (p, q) => {
	const ratio = p.scale.div(q.scale);
	const away = p.loc.sub(q.loc).abs();
	return away
		.div(q.scale)
		.add(ratio.mul(away.div(p.scale).neg().exp()))
		.sub(1)
		.sub(ratio.log());
});

registerKl(Cauchy, Cauchy, (p, q) => {
	const t1 = p.scale.add(q.scale).pow(2).add(p.loc.sub(q.loc).pow(2)).log();
	return t1.sub(p.scale.mul(q.scale).mul(4).log());
});

registerKl(Gumbel, Gumbel, (p, q) => {
	const euler = 0.5772156649015329;
	const [ct1, ct2, ct3] = [p.scale.div(q.scale), q.loc.div(q.scale), p.loc.div(q.scale)];
	const t1 = ct1.log().neg().sub(ct2).add(ct3);
	const t2 = ct1.mul(euler);
	const t3 = ct2.add(ct1.add(1).lgamma()).sub(ct3).exp();
	return t1
		.add(t2)
		.add(t3)
		.sub(1 + euler);
});

registerKl(Gamma, Gamma, (p, q) => {
	const t1 = q.concentration.mul(p.rate.div(q.rate).log());
	const t2 = q.concentration.lgamma().sub(p.concentration.lgamma());
	const t3 = p.concentration.sub(q.concentration).mul(p.concentration.digamma());
	const t4 = q.rate.sub(p.rate).mul(p.concentration.div(p.rate));
	return t1.add(t2).add(t3).add(t4);
});

registerKl(Beta, Beta, (p, q) => klDivergence(p._dirichlet, q._dirichlet));

registerKl(Dirichlet, Dirichlet, (p, q) => {
	const sum = p.concentration.sum(-1);
	const t1 = sum.lgamma().sub(q.concentration.sum(-1).lgamma());
	const t2 = p.concentration.lgamma().sub(q.concentration.lgamma()).sum(-1);
	const t3 = p.concentration.sub(q.concentration);
	const t4 = p.concentration.digamma().sub(sum.digamma().unsqueeze(-1));
	return t1.sub(t2).add(t3.mul(t4).sum(-1));
});

registerKl(MultivariateNormal, MultivariateNormal, (p, q) => {
	const solve = (b: Tensor) => linalg.solveTriangular(q.scaleTril, b, { upper: false });
	const trace = solve(p.scaleTril).pow(2).sum([-2, -1]);
	const distance = solve(q.loc.sub(p.loc).unsqueeze(-1)).pow(2).sum([-2, -1]);
	return q
		._halfLogDet()
		.sub(p._halfLogDet())
		.add(trace.add(distance).sub(p.loc.size(-1)).mul(0.5));
});

registerKl(Independent, Independent, (p, q) => {
	if (p.reinterpretedBatchNdims !== q.reinterpretedBatchNdims) {
		throw new Error("[klDivergence] the two Independent take different numbers of dimensions as one event");
	}
	return p._summed(klDivergence(p.baseDist, q.baseDist));
});
