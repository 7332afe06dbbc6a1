import type { Tensor } from "../core/tensor";
import { fullLike, linalg, mvlgamma, where } from "../ops";
import { Exponential, Uniform } from "./continuous";
import { ContinuousBernoulli } from "./continuousBernoulli";
import { Binomial } from "./counts";
import { Poisson } from "./discrete";
import type { Distribution } from "./distribution";
import { Beta, Gamma } from "./gamma";
import { klDivergence, registerKl } from "./kl";
import { Cauchy, Gumbel, Laplace, Normal } from "./locationScale";
import { LowRankMultivariateNormal } from "./lowRank";
import { Wishart } from "./matrices";
import { MultivariateNormal } from "./multivariate";
import { InverseGamma } from "./quotients";
import { HalfCauchy, Pareto } from "./tails";
import { TransformedDistribution } from "./transformed";
import { AffineTransform, PowerTransform, type Transform } from "./transforms";

/* Divergences with continuous Bernoulli and Pareto distributions, and of vectors and matrices. */

const infinite = (like: Tensor) => fullLike(like, Number.POSITIVE_INFINITY);
const infiniteWhere = (condition: Tensor, value: Tensor) => where(condition, infinite(value), value);

// Where p reaches values that q never gives.
type Kind = new (...args: any[]) => Distribution;
const outside: [p: Kind, (p: any) => Tensor, q: Kind[]][] = [
	[Beta, (p) => p.concentration1, [Pareto]],
	[ContinuousBernoulli, (p) => p.probs, [Pareto]],
	[Exponential, (p) => p.rate, [ContinuousBernoulli, Pareto]],
	[Gamma, (p) => p.concentration, [ContinuousBernoulli, Pareto]],
	[Gumbel, (p) => p.loc, [ContinuousBernoulli, Pareto]],
	[Laplace, (p) => p.loc, [ContinuousBernoulli, Pareto]],
	[Normal, (p) => p.loc, [ContinuousBernoulli, Pareto]],
	[Pareto, (p) => p.scale, [Beta, ContinuousBernoulli, Uniform]],
	[Poisson, (p) => p.rate, [Binomial]],
];
for (const [p, like, kinds] of outside) for (const q of kinds) registerKl(p, q, (p) => infinite(like(p)));

registerKl(ContinuousBernoulli, ContinuousBernoulli, (p, q) => {
	const norms = p._logNorm().sub(q._logNorm());
	const rests = p.probs.neg().log1p().sub(q.probs.neg().log1p());
	return p.mean.mul(p.logits.sub(q.logits)).add(norms).add(rests);
});

/** −E_p[log q] of a continuous Bernoulli q, less p's entropy. */
const toContinuousBernoulli = (p: Distribution, q: ContinuousBernoulli) =>
	p.entropy().neg().sub(p.mean.mul(q.logits)).sub(q.probs.neg().log1p()).sub(q._logNorm());
registerKl(Beta, ContinuousBernoulli, toContinuousBernoulli);
registerKl(Uniform, ContinuousBernoulli, (p, q) => {
	return infiniteWhere(p.high.ge(1).logicalOr(p.low.le(0)), toContinuousBernoulli(p, q));
});

registerKl(ContinuousBernoulli, Exponential, (p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean)));
registerKl(ContinuousBernoulli, Normal, (p, q) => {
	const t2 = q.loc
		.div(q.scale)
		.square()
		.add(Math.log(2 * Math.PI))
		.mul(0.5)
		.add(q.scale.log());
	const t3 = p.variance.add(p.mean.square()).sub(q.loc.mul(2).mul(p.mean)).div(q.scale.square().mul(2));
	return p.entropy().neg().add(t2).add(t3);
});
registerKl(ContinuousBernoulli, Uniform, (p, q) => {
	const result = p.entropy().neg().add(q.high.sub(q.low).log());
	return infiniteWhere(q.low.ge(0).logicalOr(q.high.le(1)), result);
});

registerKl(Pareto, Exponential, (p, q) => {
	const product = p.scale.mul(q.rate);
	const result = p.alpha
		.div(product)
		.log()
		.sub(p.alpha.reciprocal())
		.add(p.alpha.mul(product).div(p.alpha.sub(1)))
		.sub(1);
	return infiniteWhere(p.alpha.le(1), result);
});
registerKl(Pareto, Gamma, (p, q) => {
	const common = p.scale.log().add(p.alpha.reciprocal());
	const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()));
	const t3 = q.concentration.neg().add(1).mul(common);
	const t4 = q.rate.mul(p.alpha).mul(p.scale).div(p.alpha.sub(1));
	return infiniteWhere(p.alpha.le(1), p.alpha.log().sub(common).add(t2).add(t3).add(t4).sub(1));
});
registerKl(Pareto, Normal, (p, q) => {
	const common = p.scale.div(p.alpha.sub(1));
	const t1 = q.scale
		.mul(Math.sqrt(2 * Math.PI))
		.mul(p.alpha)
		.div(p.scale)
		.log();
	const t3 = p.alpha.mul(common.pow(2)).div(p.alpha.sub(2));
	const t4 = p.alpha.mul(common).sub(q.loc).pow(2);
	const result = t1
		.sub(p.alpha.reciprocal())
		.add(t3.add(t4).div(q.scale.pow(2).mul(2)))
		.sub(1);
	return infiniteWhere(p.alpha.le(2), result);
});
registerKl(Uniform, Pareto, (p, q) => {
	const width = p.high.sub(p.low);
	const t1 = q.alpha.mul(q.scale.pow(q.alpha)).mul(width).log();
	const t2 = p.high.xlogy(p.high).sub(p.low.xlogy(p.low)).sub(width).div(width);
	return infiniteWhere(p.low.lt(q.scale), t2.mul(q.alpha.add(1)).sub(t1));
});

/** The sum of all squares of a matrix. */
const squares = (matrix: Tensor) => matrix.pow(2).sum([-2, -1]);

function sameSize(p: Distribution, q: Distribution): void {
	if (`${p.eventShape}` === `${q.eventShape}`) return;
	throw new Error(
		"[klDivergence] KL-divergence between two (Low Rank) Multivariate Normals with different event shapes cannot be computed",
	);
}

/** tr(Σ_q⁻¹ Σ_p) of a low-rank q, with Σ_p as the sum of m · mᵀ. */
function trace(q: LowRankMultivariateNormal, matrices: readonly Tensor[]): Tensor {
	const solved = q._solved();
	const parts = matrices.map((m) => squares(m.mul(q.covDiag.rsqrt().unsqueeze(-1))).sub(squares(solved.matmul(m))));
	return parts.reduce((sum, part) => sum.add(part));
}

function ofNormals(p: Distribution, logDets: Tensor, distance: Tensor, trace: Tensor): Tensor {
	return logDets.add(trace).add(distance).sub(p.eventShape[0]!).mul(0.5);
}

registerKl(LowRankMultivariateNormal, LowRankMultivariateNormal, (p, q) => {
	sameSize(p, q);
	const own = trace(q, [p.covFactor, p.covDiag.sqrt().diagEmbed()]);
	return ofNormals(p, q._logDet().sub(p._logDet()), q._mahalanobis(q.loc.sub(p.loc)), own);
});
registerKl(MultivariateNormal, LowRankMultivariateNormal, (p, q) => {
	sameSize(p, q);
	const logDets = q._logDet().sub(p._halfLogDet().mul(2));
	return ofNormals(p, logDets, q._mahalanobis(q.loc.sub(p.loc)), trace(q, [p.scaleTril]));
});
registerKl(LowRankMultivariateNormal, MultivariateNormal, (p, q) => {
	sameSize(p, q);
	const solve = (b: Tensor) => squares(linalg.solveTriangular(q.scaleTril, b, { upper: false }));
	const own = solve(p.covFactor).add(solve(p.covDiag.sqrt().diagEmbed()));
	return ofNormals(p, q._halfLogDet().mul(2).sub(p._logDet()), solve(q.loc.sub(p.loc).unsqueeze(-1)), own);
});

registerKl(Wishart, Wishart, (p, q) => {
	const n = p.eventShape[0]!;
	const between = q._solve(p.covarianceMatrix).diagonal(0, -2, -1).sum(-1);
	const logDets = p._halfLogDet().sub(q._halfLogDet());
	const t1 = p.df.mul(between.sub(n)).div(2).sub(q.df.mul(logDets));
	const t2 = mvlgamma(q.df.div(2), n).sub(mvlgamma(p.df.div(2), n));
	return t1.add(t2).add(p.df.sub(q.df).div(2).mul(p._mvdigamma()));
});

const same = (a: Tensor | number, b: Tensor | number) =>
	typeof a === "number" || typeof b === "number" ? a === b : `${a.shape}` === `${b.shape}` && a.equal(b);

/** Whether two transforms are one and the same, or of one class with equal parameters. */
function alike(a: Transform, b: Transform): boolean {
	if (a === b) return true;
	if (a.constructor !== b.constructor || Object.keys(a).length !== Object.keys(b).length) return false;
	if (a instanceof AffineTransform)
		return same(a.loc, (b as AffineTransform).loc) && same(a.scale, (b as AffineTransform).scale);
	if (a instanceof PowerTransform) return same(a.exponent, (b as PowerTransform).exponent);
	return Object.keys(a).every((key) => key === "codomain");
}

// Of what PyTorch takes for transformed distributions the divergence is that of what is transformed.
registerKl(HalfCauchy, HalfCauchy, (p, q) => {
	const whole = ({ scale }: HalfCauchy) => new Cauchy(scale.mul(0), scale, { validateArgs: false });
	return klDivergence(whole(p), whole(q));
});
registerKl(InverseGamma, InverseGamma, (p, q) => {
	const inverse = ({ concentration, rate }: InverseGamma) => new Gamma(concentration, rate, { validateArgs: false });
	return klDivergence(inverse(p), inverse(q));
});

registerKl(TransformedDistribution, TransformedDistribution, (p, q) => {
	const fits =
		p.transforms.length === q.transforms.length && p.transforms.every((each, i) => alike(each, q.transforms[i]!));
	if (!fits || `${p.eventShape}` !== `${q.eventShape}`) {
		throw new Error(`[klDivergence] no KL(p || q) is implemented for p ${p} and q ${q}: their transforms differ`);
	}
	return klDivergence(p.baseDist, q.baseDist);
});
