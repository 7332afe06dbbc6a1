import type { Tensor } from "../core/tensor";
import { fullLike } from "../ops";
import { Exponential, Uniform } from "./continuous";
import { Bernoulli, Poisson } from "./discrete";
import type { Distribution } from "./distribution";
import { Beta, Gamma } from "./gamma";
import { registerKl } from "./kl";
import { Gumbel, Laplace, Normal } from "./locationScale";

/* Divergences between distributions of different classes, as far as they have a closed form. */

const euler = 0.5772156649015329;
const infinite = (like: Tensor) => fullLike(like, Number.POSITIVE_INFINITY);

// Where p reaches values that q never gives.
type Kind = new (...args: any[]) => Distribution;
const bounded: Kind[] = [Beta, Uniform];
for (const q of bounded) {
	registerKl(Exponential, q, (p) => infinite(p.rate));
	registerKl(Gamma, q, (p) => infinite(p.concentration));
}
for (const q of [...bounded, Exponential, Gamma]) {
	registerKl(Gumbel, q, (p) => infinite(p.loc));
	registerKl(Laplace, q, (p) => infinite(p.loc));
	registerKl(Normal, q, (p) => infinite(p.loc));
}
registerKl(Poisson, Bernoulli, (p) => infinite(p.rate));

registerKl(Bernoulli, Poisson, (p, q) => p.entropy().neg().sub(p.probs.mul(q.rate.log()).sub(q.rate)));

registerKl(Beta, Exponential, (p, q) => p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.mean)));

registerKl(Beta, Gamma, (p, q) => {
	const total = p.concentration1.add(p.concentration0);
	const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()));
	const t3 = q.concentration.sub(1).mul(p.concentration1.digamma().sub(total.digamma()));
	return p.entropy().neg().add(t2).sub(t3).add(q.rate.mul(p.mean));
});

registerKl(Beta, Normal, (p, q) => {
	const { mean } = p;
	const total = p.concentration1.add(p.concentration0);
	const square = q.scale.pow(2);
	const t3 = mean.mul(mean.neg().add(1)).div(total.add(1)).add(mean.pow(2)).mul(0.5);
	const t2 = square
		.mul(2 * Math.PI)
		.log()
		.mul(0.5);
	return p
		.entropy()
		.neg()
		.add(t2)
		.add(t3.sub(q.loc.mul(mean)).add(q.loc.pow(2).mul(0.5)).div(square));
});

registerKl(Beta, Uniform, (p, q) => {
	const result = p.entropy().neg().add(q.high.sub(q.low).log());
	return result.maskedFill(q.low.gt(0).logicalOr(q.high.lt(1)).expandAs(result), Number.POSITIVE_INFINITY);
});

registerKl(Exponential, Gamma, (p, q) => {
	const ratio = q.rate.div(p.rate);
	return q.concentration
		.neg()
		.mul(ratio.log())
		.add(ratio)
		.add(q.concentration.lgamma())
		.add(q.concentration.mul(euler))
		.sub(1 + euler);
});

registerKl(Exponential, Gumbel, (p, q) => {
	const product = p.rate.mul(q.scale);
	const ratio = q.loc.div(q.scale);
	const t2 = ratio.exp().mul(product).div(product.add(1));
	return product.log().sub(1).sub(ratio).add(t2).add(product.reciprocal());
});

registerKl(Exponential, Normal, (p, q) => {
	const [square, rates] = [q.scale.pow(2), p.rate.pow(2)];
	const t1 = rates
		.mul(square)
		.mul(2 * Math.PI)
		.log()
		.mul(0.5);
	const t2 = rates.reciprocal().sub(q.loc.div(p.rate)).add(q.loc.pow(2).mul(0.5));
	return t1.sub(1).add(t2.div(square));
});

registerKl(Gamma, Exponential, (p, q) => {
	return p.entropy().neg().sub(q.rate.log()).add(q.rate.mul(p.concentration).div(p.rate));
});

registerKl(Gamma, Gumbel, (p, q) => {
	const product = p.rate.mul(q.scale);
	const ratio = q.loc.div(q.scale);
	const { concentration } = p;
	const t1 = concentration.sub(1).mul(concentration.digamma()).sub(concentration.lgamma()).sub(concentration);
	const t2 = product.log().add(concentration.div(product));
	const t3 = ratio.exp().mul(product.reciprocal().add(1).pow(concentration.neg())).sub(ratio);
	return t1.add(t2).add(t3);
});

registerKl(Gamma, Normal, (p, q) => {
	const { concentration, rate } = p;
	const [square, rates] = [q.scale.pow(2), rate.pow(2)];
	const t1 = rates
		.mul(square)
		.mul(2 * Math.PI)
		.log()
		.mul(0.5)
		.sub(concentration)
		.sub(concentration.lgamma());
	const t2 = concentration.pow(2).add(concentration).mul(0.5).div(rates);
	const t3 = q.loc.mul(concentration).div(rate);
	const inner = t2.sub(t3).add(q.loc.pow(2).mul(0.5)).div(square);
	return t1.add(concentration.sub(1).mul(concentration.digamma())).add(inner);
});

registerKl(Gumbel, Normal, (p, q) => {
	const ratio = p.scale.div(q.scale);
	const t1 = ratio.div(Math.sqrt(2 * Math.PI)).log();
	const t2 = ratio
		.mul(Math.PI * 0.5)
		.pow(2)
		.div(3);
	const t3 = p.loc.add(p.scale.mul(euler)).sub(q.loc).div(q.scale).pow(2).mul(0.5);
	return t2
		.sub(t1)
		.add(t3)
		.sub(euler + 1);
});

registerKl(Laplace, Normal, (p, q) => {
	const square = q.scale.pow(2);
	const ratio = p.scale.pow(2).div(square);
	const t1 = ratio
		.mul(2 / Math.PI)
		.log()
		.mul(0.5);
	const inner = p.loc.pow(2).mul(0.5).sub(p.loc.mul(q.loc)).add(q.loc.pow(2).mul(0.5));
	return ratio.sub(t1).add(inner.div(square)).sub(1);
});

registerKl(Normal, Gumbel, (p, q) => {
	const [mean, place] = [p.loc.div(q.scale), q.loc.div(q.scale)];
	const ratio = p.scale.div(q.scale).pow(2);
	const t3 = mean.neg().add(ratio.mul(0.5)).add(place).exp();
	return ratio
		.log()
		.mul(-0.5)
		.add(mean.sub(place))
		.add(t3)
		.sub(0.5 * (1 + Math.log(2 * Math.PI)));
});

registerKl(Normal, Laplace, (p, q) => {
	const away = p.loc.sub(q.loc);
	const ratio = away.div(p.scale);
	const t2 = p.scale.mul(Math.sqrt(2 / Math.PI)).mul(ratio.pow(2).mul(-0.5).exp());
	const t3 = away.mul(ratio.mul(Math.sqrt(0.5)).erf());
	return t2
		.add(t3)
		.div(q.scale)
		.sub(p.scale.div(q.scale).log())
		.sub(0.5 * (1 + Math.log(0.5 * Math.PI)));
});

registerKl(Uniform, Beta, (p, q) => {
	const common = p.high.sub(p.low);
	const t1 = common.log();
	const part = (a: Tensor, high: Tensor, low: Tensor) =>
		a
			.sub(1)
			.mul(high.xlogy(high).sub(low.xlogy(low)).sub(common))
			.div(common);
	const t2 = part(q.concentration1, p.high, p.low);
	const t3 = part(q.concentration0, p.low.neg().add(1), p.high.neg().add(1));
	const t4 = q.concentration1
		.lgamma()
		.add(q.concentration0.lgamma())
		.sub(q.concentration1.add(q.concentration0).lgamma());
	const result = t4.sub(t1).sub(t2).sub(t3);
	return result.maskedFill(p.high.gt(1).logicalOr(p.low.lt(0)).expandAs(result), Number.POSITIVE_INFINITY);
});

registerKl(Uniform, Exponential, (p, q) => {
	const result = q.rate.mul(p.high.add(p.low)).div(2).sub(p.high.sub(p.low).mul(q.rate).log());
	return result.maskedFill(p.low.lt(0).expandAs(result), Number.POSITIVE_INFINITY);
});

registerKl(Uniform, Gamma, (p, q) => {
	const common = p.high.sub(p.low);
	const t2 = q.concentration.lgamma().sub(q.concentration.mul(q.rate.log()));
	const logs = p.high.xlogy(p.high).sub(p.low.xlogy(p.low)).sub(common);
	const t3 = q.concentration.neg().add(1).mul(logs).div(common);
	const result = t2
		.sub(common.log())
		.add(t3)
		.add(q.rate.mul(p.high.add(p.low)).div(2));
	return result.maskedFill(p.low.lt(0).expandAs(result), Number.POSITIVE_INFINITY);
});

registerKl(Uniform, Gumbel, (p, q) => {
	const common = q.scale.div(p.high.sub(p.low));
	const [high, low] = [p.high.sub(q.loc).div(q.scale), p.low.sub(q.loc).div(q.scale)];
	const t2 = common.mul(high.neg().exp().sub(low.neg().exp()));
	return common.log().add(high.add(low).mul(0.5)).sub(t2);
});

registerKl(Uniform, Normal, (p, q) => {
	const common = p.high.sub(p.low);
	const t1 = q.scale
		.mul(Math.sqrt(2 * Math.PI))
		.div(common)
		.log();
	const t3 = p.high.add(p.low).sub(q.loc.mul(2)).div(2).pow(2);
	return t1.add(common.pow(2).div(12).add(t3).mul(0.5).div(q.scale.pow(2)));
});
