import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { Tensor } from "gradbook";
import { describe, expect, test } from "vitest";
import { camel, dtypeNamed, mismatch, type Numeral, number, numbersOf } from "../../reference/inputs";

/* torch.distributions and random fills against PyTorch (test/reference/make_distributions.py). */

interface Encoded {
	tensor: Numeral[];
	shape: number[];
	dtype: string;
}

interface Case extends Record<string, unknown> {
	name: string;
	kwargs: Record<string, unknown>;
	text: string;
	batch: number[];
	event: number[];
	value: Encoded;
	grads?: Record<string, Encoded>;
	other?: Record<string, unknown>;
}

/** From real numbers to what meets a constraint, and back. */
interface Way {
	x: Encoded;
	y: Encoded;
	back: Encoded;
	bijective: boolean;
	slope?: Encoded;
}

interface Composed extends Record<string, unknown> {
	text: string;
	batch: number[];
	event: number[];
	value: Encoded;
}

const reference = JSON.parse(readFileSync(join(__dirname, "../../reference/distributions.json"), "utf8")) as {
	cases: Case[];
	/** Divergences of distributions of two classes, each made of its numbers in `some`. */
	pairs: [p: string, q: string, kl: Encoded][];
	some: Record<string, number[]>;
	/** Of a case's distribution with one dimension more. */
	expanded: { case: number; text: string; sample: Encoded; mean?: Encoded }[];
	fills: Record<string, Encoded>;
	constraints: Record<
		string,
		{
			text: string | null;
			discrete: boolean;
			dims: number;
			value: Encoded;
			met: unknown;
			biject_to?: Way;
			transform_to?: Way;
		}
	>;
	independent: Encoded;
	composed: Record<string, Composed>;
	/** Samples and the gradients that they hand to the parameters. */
	pathwise: { name: string; kwargs: Record<string, unknown>; sample: Encoded; grads: Record<string, Encoded> }[];
};
const { distributions } = torch;

function decode(value: unknown): unknown {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
	const { tensor, shape, dtype } = value as Encoded;
	return torch.tensor(Float64Array.from(tensor.map(number)), { dtype: dtypeNamed(dtype) }).reshape(shape);
}

function make(name: string, kwargs: Record<string, unknown>): any {
	const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [camel(key), value]));
	return new (distributions as unknown as Record<string, new (options: object) => unknown>)[name]!(options);
}

function same(found: Tensor, expected: Encoded, what: string, rtol = 1e-9): void {
	expect(found.shape, what).toEqual(expected.shape);
	expect(found.dtype.name, what).toBe(expected.dtype);
	const wrong = mismatch(
		numbersOf(found),
		expected.tensor.map(number),
		found.dtype === torch.float32 ? 1e-5 : rtol,
		1e-9,
	);
	if (wrong) throw new Error(`${what}: ${wrong}`);
}

const decoded = (kwargs: Record<string, unknown>) =>
	Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [key, decode(value)]));

describe.each(reference.cases.map((row, i) => [`${row.text} ${i}`, row, i] as const))("%s", (_, row, i) => {
	const p = make(row.name, decoded(row.kwargs));

	test("text and shapes", () => {
		expect(String(p)).toBe(row.text);
		expect([p.batchShape, p.eventShape]).toEqual([row.batch, row.event]);
	});

	test("samples", () => {
		torch.manualSeed(i);
		same(p.sample([2, 9]), row.sample as Encoded, "sample");
		same(p.sample(), row.sampleOne as Encoded, "one sample");
	});

	test("densities, moments, entropy, divergence", () => {
		const value = decode(row.value) as Tensor;
		for (const key of ["log_prob", "cdf"]) if (row[key]) same(p[camel(key)](value), row[key] as Encoded, key);
		if (row.icdf) same(p.icdf(torch.tensor([0.05, 0.5, 0.9], { dtype: torch.float64 })), row.icdf as Encoded, "icdf");
		for (const key of ["mean", "variance", "stddev", "mode"]) if (row[key]) same(p[key], row[key] as Encoded, key);
		if (row.entropy) same(p.entropy(), row.entropy as Encoded, "entropy");
		if (row.other) same(distributions.klDivergence(p, make(row.name, decoded(row.other))), row.kl as Encoded, "kl");
	});

	test("gradients of logProb by the parameters", () => {
		if (!row.grads) return;
		const leaves = decoded(row.kwargs);
		for (const leaf of Object.values(leaves)) if (leaf instanceof Tensor) leaf.requiresGrad_();
		make(row.name, leaves).logProb(decode(row.value)).sum().backward();
		for (const [key, expected] of Object.entries(row.grads)) same((leaves[key] as Tensor).grad!, expected, key);
	});
});

const doubles = (...values: number[]) => torch.tensor(values, { dtype: torch.float64 });
const zero = doubles(0, 1);
const D = distributions;
const near = new D.Normal(zero, 0.5);
const composed: Record<string, () => torch.distributions.Distribution> = {
	exp: () => new D.TransformedDistribution(near, new D.ExpTransform()),
	affine: () => new D.TransformedDistribution(new D.Exponential(doubles(0.5, 2)), [new D.AffineTransform(1, -2)]),
	stretched: () =>
		new D.TransformedDistribution(new D.Uniform(doubles(0, 0), doubles(1, 1)), [
			new D.AffineTransform(doubles(0.5, 1), doubles(2, 3)),
		]),
	several: () =>
		new D.TransformedDistribution(near, [new D.TanhTransform(), new D.AffineTransform(0, 3), new D.SigmoidTransform()]),
	softplus: () =>
		new D.TransformedDistribution(near, [new D.SoftplusTransform(), new D.PowerTransform(doubles(2, 0.5))]),
	events: () => new D.TransformedDistribution(new D.Independent(near, 1), [new D.ExpTransform()]),
	mixture: () => new D.MixtureSameFamily(new D.Categorical(doubles(0.3, 0.7)), new D.Normal(zero, doubles(0.5, 2))),
	mixtures: () =>
		new D.MixtureSameFamily(
			new D.Categorical(torch.ones(2, 3, { dtype: torch.float64 })),
			new D.Independent(new D.Normal(torch.arange(12, { dtype: torch.float64 }).reshape(2, 3, 2), 1), 1),
		),
};

test.each(Object.entries(reference.composed))("made of others: %s", (name, row) => {
	const p = composed[name]!();
	expect([String(p), p.batchShape, p.eventShape]).toEqual([row.text, row.batch, row.event]);
	torch.manualSeed(200 + Object.keys(reference.composed).indexOf(name));
	same(p.sample([3]), row.sample as Encoded, "sample");
	const value = decode(row.value) as Tensor;
	same(p.logProb(value), row.log_prob as Encoded, "logProb");
	for (const key of ["mean", "variance"] as const) if (row[key]) same(p[key], row[key] as Encoded, key);
	if (row.cdf) same(p.cdf(value), row.cdf as Encoded, "cdf");
	if (row.icdf) same(p.icdf(doubles(0.05, 0.9)), row.icdf as Encoded, "icdf");
});

test("divergences between classes", () => {
	const of = (name: string) => {
		const numbers = reference.some[name]!.map((value) => torch.tensor(value, { dtype: torch.float64 }));
		return new (distributions as unknown as Record<string, new (...args: Tensor[]) => any>)[name]!(...numbers);
	};
	for (const [p, q, kl] of reference.pairs) same(distributions.klDivergence(of(p), of(q)), kl, `${p}, ${q}`);
});

test("batches of another shape", () => {
	torch.manualSeed(7);
	for (const { case: i, text, sample, mean } of reference.expanded) {
		const row = reference.cases[i]!;
		const p = make(row.name, decoded(row.kwargs));
		const bigger = p.expand([2, ...p.batchShape]);
		expect(String(bigger)).toBe(text);
		expect(bigger.constructor).toBe(p.constructor);
		same(bigger.sample([3]).double(), sample, `sample of ${text}`);
		if (mean !== undefined) same(bigger.mean, mean, `mean of ${text}`);
	}
	for (const name of ["exp", "stretched", "mixture"]) {
		const p = composed[name]!();
		const bigger = p.expand([2, ...p.batchShape]);
		expect([bigger.constructor, bigger.batchShape]).toEqual([p.constructor, [2, ...p.batchShape]]);
		const value = p.sample();
		expect(bigger.logProb(value).tolist()).toEqual([p.logProb(value).tolist(), p.logProb(value).tolist()]);
	}
	const { Independent, Normal } = distributions;
	const vector = new Independent(new Normal(torch.zeros(3), 1), 1).expand([4]);
	expect([vector.batchShape, vector.eventShape, vector.sample([2]).shape]).toEqual([[4], [3], [2, 4, 3]]);
	expect(() => new Normal(torch.zeros(3), 1).expand([2])).toThrow("[expand]");
});

test("random fills of tensors, and poisson", () => {
	torch.manualSeed(99);
	for (const [name, expected] of Object.entries(reference.fills)) {
		if (name === "binomial") {
			const options = { dtype: torch.float64 };
			const counts = torch.tensor([0, 3, 20, 100, 1e6, 7], options);
			same(torch.binomial(counts, torch.tensor([0.5, 0.2, 0.9, 0.25, 0.3, 1], options)), expected, name);
			continue;
		}
		if (name === "poisson") {
			same(torch.poisson(torch.tensor([0, 0.5, 3, 9.5, 10, 30, 1000])), expected, name);
			continue;
		}
		const [op, args, dtype] = /^(\S+) (\[.*\]) (\S+)$/.exec(name)!.slice(1) as [string, string, string];
		const x = torch.empty(expected.shape, { dtype: dtypeNamed(dtype) }) as unknown as Record<
			string,
			(...a: number[]) => Tensor
		>;
		same(x[camel(op)]!(...(JSON.parse(args) as number[])), expected, name, 1e-12);
	}
});

describe("what is around it", () => {
	const { Normal, Categorical, Uniform, Independent, klDivergence, Bernoulli } = distributions;

	test("the text shows what a parameter is", () => {
		const scale = torch.tensor([0.5], { requiresGrad: true });
		expect(String(new Normal(torch.zeros(1), scale))).toBe(
			"Normal(loc: tensor([0.]), scale: tensor([0.5000], requires_grad=True))",
		);
	});

	test("samples keep within what has a density", () => {
		torch.manualSeed(1);
		const sample = new distributions.Beta(torch.full([2000], 0.01), 0.01).sample();
		expect(sample.gt(0).all().item()).toBe(1);
		expect(sample.lt(1).all().item()).toBe(1);
	});

	test("rsample hands gradients on, sample does not", () => {
		const loc = torch.zeros([2], { requiresGrad: true });
		const scale = torch.ones([2], { requiresGrad: true });
		const p = new Normal(loc, scale);
		const z = p.rsample();
		z.sum().backward();
		expect(loc.grad!.tolist()).toEqual([1, 1]);
		expect(torch.allclose(scale.grad!, z.detach())).toBe(true);
		expect(p.sample().requiresGrad).toBe(false);
		expect(p.hasRsample).toBe(true);
		expect(new Bernoulli(0.5).hasRsample).toBe(false);
	});

	test("Independent adds up the last dimensions", () => {
		const base = new Normal(torch.zeros([2, 3], { dtype: torch.float64 }), 1);
		const p = new Independent(base, 1);
		expect([p.batchShape, p.eventShape]).toEqual([[2], [3]]);
		same(p.logProb(torch.ones([2, 3], { dtype: torch.float64 })), reference.independent, "independent");
	});

	test("enumerateSupport", () => {
		expect(new Categorical(torch.ones(2, 3)).enumerateSupport().tolist()).toEqual([
			[0, 0],
			[1, 1],
			[2, 2],
		]);
	});

	test.each([
		["a negative scale", () => new Normal(0, -1), /parameter scale .* GreaterThan\(lower_bound=0.0\)/],
		["a value outside of the support", () => new Uniform(0, 1).logProb(torch.tensor(2)), /within the support/],
		["a class that is none", () => new Categorical(torch.ones(3)).logProb(torch.tensor(3)), /IntegerInterval/],
		["low above high", () => new Uniform(1, 0), /low >= high/],
		[
			"probabilities and logits",
			() => new Bernoulli({ probs: 0.5, logits: 0 } as never),
			/exactly one of probs or logits/,
		],
		["a pair without a divergence", () => klDivergence(new Normal(0, 1), new Bernoulli(0.5)), /no KL/],
		["rsample of a discrete one", () => new Bernoulli(0.5).rsample(), /has no rsample/],
		[
			"a value of a shape that does not fit",
			() => new Normal(torch.zeros(3), 1).logProb(torch.zeros(2)),
			/broadcastable/,
		],
	])("%s is refused", (_, run, message) => {
		expect(run).toThrow(message);
	});

	test("checks can be switched off", () => {
		expect(new Normal(0, -1, { validateArgs: false }).scale.item()).toBe(-1);
	});
});

test("samples of relaxed classes hand gradients on, and straight through", () => {
	const logits = doubles(0.1, -0.4, 0.7).requiresGrad_();
	const weights = doubles(1, 2, -3);
	const relaxed = (x: Tensor) => {
		torch.manualSeed(2);
		return new D.RelaxedOneHotCategorical(0.7, { logits: x }).rsample().mul(weights).sum();
	};
	expect(torch.autograd.gradcheck(relaxed, [logits])).toBe(true);
	const straight = new D.OneHotCategoricalStraightThrough({ logits }).rsample();
	expect(straight.detach().sort()[0].tolist()).toEqual([0, 0, 1]);
	const [found] = torch.autograd.grad(straight.mul(weights).sum(), logits, { retainGraph: true });
	const [expected] = torch.autograd.grad(logits.softmax(0).mul(weights).sum(), logits);
	torch.testing.assertClose(found!, expected!);
});

test("a change of place and width by name", () => {
	const x = doubles(1, 2);
	for (const transform of [new D.AffineTransform({ loc: 1, scale: 2 }), new D.AffineTransform(1, { scale: 2 })]) {
		expect(transform.forward(x).tolist()).toEqual([3, 5]);
	}
});

describe("gradients of gamma samples and of what is made of them", () => {
	// PyTorch's are good to three or four digits.
	test.each(reference.pathwise.map((row, i) => [row.name, row, i] as const))("%s", (_, row, i) => {
		const leaves = decoded(row.kwargs) as Record<string, Tensor>;
		for (const leaf of Object.values(leaves)) leaf.requiresGrad_();
		torch.manualSeed(i);
		const sample = make(row.name, leaves).rsample([5]) as Tensor;
		same(sample.detach(), row.sample, "sample");
		const weights = torch.linspace(1, 2, sample.numel(), { dtype: torch.float64 }).view(sample.shape);
		sample.mul(weights).sum().backward();
		for (const [key, expected] of Object.entries(row.grads)) same(leaves[key]!.grad!, expected, key, 2e-3);
	});

	test("are those of the formula where there is one: x^a is uniform", () => {
		for (const size of [0.02, 0.5, 1, 7, 300]) {
			const a = doubles(...new Array(20).fill(size)).requiresGrad_();
			torch.manualSeed(1);
			const x = new D.Beta(a, 1).rsample();
			const [found] = torch.autograd.grad(x.sum(), a);
			torch.testing.assertClose(found!, x.mul(x.log()).neg().div(a).detach(), { rtol: 1e-7, atol: 1e-12 });
		}
	});

	test("have none of their own", () => {
		const a = doubles(2).requiresGrad_();
		const [slope] = torch.autograd.grad(new D.Gamma(a, 1).rsample().square(), a, { createGraph: true });
		expect(() => slope!.backward()).toThrow("the derivative for 'standardGammaGrad' is not implemented");
		const single = torch.tensor([0.5, 3], { requiresGrad: true });
		new D.Dirichlet(single).rsample().select(-1, 0).backward();
		expect(single.grad!.dtype).toBe(torch.float32);
	});
});

const c = D.constraints;
const constraints: Record<string, torch.distributions.Constraint> = {
	...(Object.fromEntries(Object.entries(c).filter(([, value]) => value instanceof D.Constraint)) as object),
	greaterThan: c.greaterThan(1.5),
	greaterThanEq: c.greaterThanEq(1.5),
	lessThan: c.lessThan(1.5),
	interval: c.interval(-1, 3),
	halfOpenInterval: c.halfOpenInterval(-1, 3),
	integerInterval: c.integerInterval(0, 3),
	multinomial: c.multinomial(3),
	independent: c.independent(c.positive, 2),
	cat: c.cat([c.positive, c.real], 0, [2, 1]),
	stack: c.stack([c.positive, c.interval(0, 2), c.real], -1),
};

describe.each(Object.entries(reference.constraints))("constraint %s", (name, row) => {
	const constraint = constraints[name]!;
	const doublesOf = (value: Encoded) => decode(value) as Tensor;

	test("says what meets it", () => {
		if (row.text !== null) expect(String(constraint)).toBe(row.text);
		expect([constraint.isDiscrete, constraint.eventDim]).toEqual([row.discrete, row.dims]);
		const met = constraint.check(doublesOf(row.value)).tolist();
		expect(met).toEqual(
			JSON.parse(JSON.stringify(row.met), (_, value) => (typeof value === "boolean" ? Number(value) : value)),
		);
	});

	test.each([
		["bijectTo", row.biject_to],
		["transformTo", row.transform_to],
	] as const)("%s", (to, way) => {
		if (way === undefined) {
			expect(() => D[to](constraint)).toThrow(`[${to}] cannot transform`);
			return;
		}
		const transform = D[to](constraint);
		const x = doublesOf(way.x);
		const y = transform.forward(x);
		same(y, way.y, "forward");
		same(transform.inv.forward(y), way.back, "back", 1e-8);
		expect(transform.bijective).toBe(way.bijective);
		if (!way.slope) return;
		same(transform.logAbsDetJacobian(x, y), way.slope, "slope");
		same(transform.inv.logAbsDetJacobian(y, x).neg(), way.slope, "slope of the way back");
	});
});

test("distributions say what their parameters and values must meet", () => {
	const normal = new D.Normal(0, 1);
	expect(normal.argConstraints).toEqual({ loc: c.real, scale: c.positive });
	expect(normal.support).toBe(c.real);
	expect(new D.Bernoulli(0.5).argConstraints).toEqual({ probs: c.unitInterval, logits: c.real });
	expect(new D.Categorical({ logits: torch.zeros(3) }).argConstraints).toEqual({
		logits: c.realVector,
		probs: c.simplex,
	});
	expect(String(new D.Uniform(1, 3).support)).toBe("Interval(lower_bound=1.0, upper_bound=3.0)");
	const free = torch.zeros(2, { requiresGrad: true });
	new D.Normal(0, D.transformTo(normal.argConstraints.scale!).forward(free)).logProb(torch.ones(2)).sum().backward();
	expect(free.grad!.tolist()).toEqual([0, 0]);
	D.transformTo.register(c.boolean, () => new D.SigmoidTransform());
	expect(String(D.transformTo(c.boolean))).toBe("SigmoidTransform()");
	expect(() => new D.LowRankMultivariateNormal(torch.zeros(2), torch.ones(3, 1), torch.ones(2))).toThrow(
		"[LowRankMultivariateNormal] covFactor must be a batch of matrices with shape 2 x m, got [3, 1]",
	);
	expect(() => new D.Wishart(1, torch.eye(3))).toThrow(
		"[Wishart] Value of df=1 expected to be greater than ndim - 1 = 2.",
	);
	expect(() => new D.LKJCholesky(1)).toThrow("Expected dim to be an integer greater than or equal to 2. Found dim=1.");
	expect(() => new D.VonMises(0, -1)).toThrow("[VonMises] Expected parameter concentration");
});

test("divergences of vectors, of matrices and of what was transformed alike", () => {
	const low = (...factor: number[]) =>
		new D.LowRankMultivariateNormal(torch.zeros(2), torch.tensor(factor).unsqueeze(1), torch.ones(2));
	const whole = (p: torch.distributions.LowRankMultivariateNormal) =>
		new D.MultivariateNormal(p.loc, p.covarianceMatrix);
	const [p, q] = [low(1, 2), low(-1, 0.5)];
	const expected = D.klDivergence(whole(p), whole(q)).item();
	for (const [a, b] of [
		[p, q],
		[whole(p), q],
		[p, whole(q)],
	] as const)
		expect(D.klDivergence(a, b).item()).toBeCloseTo(expected, 5);
	// PyTorch's numbers.
	expect(D.klDivergence(new D.HalfCauchy(1), new D.HalfCauchy(1.5)).item()).toBeCloseTo(0.0408, 4);
	expect(D.klDivergence(new D.InverseGamma(1, 2), new D.InverseGamma(1.5, 1)).item()).toBeCloseTo(0.7075, 4);
	expect(D.klDivergence(new D.Wishart(3, torch.eye(2)), new D.Wishart(4, torch.eye(2).mul(2))).item()).toBeCloseTo(
		1.543,
		4,
	);
	const exp = (loc: number) => new D.TransformedDistribution(new D.Normal(loc, 1), new D.ExpTransform());
	expect(D.klDivergence(exp(0), exp(1)).item()).toBeCloseTo(0.5, 6);
	const other = new D.TransformedDistribution(new D.Normal(0, 1), new D.SigmoidTransform());
	expect(() => D.klDivergence(exp(0), other)).toThrow("their transforms differ");
});
