import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import {
	backward,
	decode,
	type EncodedTensor,
	expectLike,
	optionsOf,
	readReference,
	tensorOf,
} from "../../support/reference";

/* Parametrizations and their older forms against PyTorch: test/reference/make_parametrize.py. */

const { nn, optim } = torch;
const { parametrizations, parametrize } = nn.utils;

type State = Record<string, EncodedTensor>;

interface Case {
	label: string;
	seed: number;
	kind: string;
	sizes: [number, number];
	kwargs: Record<string, unknown>;
	train: boolean;
	text: string;
	before: State;
	parameters: string[];
	input: EncodedTensor;
	output: EncodedTensor;
	grads: State;
	after: State;
	undone: State;
	undoneText: string;
	undoneParameters: string[];
}

const close = { rtol: 1e-4, atol: 2e-6 };

function expectState(module: torch.nn.Module, expected: State, what: string): void {
	const state = module.stateDict();
	expect(Object.keys(state)).toEqual(Object.keys(expected));
	for (const [key, value] of Object.entries(expected)) expectLike(state[key], value, `${what}: ${key}`, close);
}

const makers: Record<
	string,
	{ make: (layer: any, options: object) => torch.nn.Linear; undo: (layer: any) => torch.nn.Linear }
> = {
	weightNorm: { make: nn.utils.weightNorm, undo: nn.utils.removeWeightNorm },
	spectralNorm: { make: nn.utils.spectralNorm, undo: nn.utils.removeSpectralNorm },
};
const remove = (layer: torch.nn.Linear) => parametrize.removeParametrizations(layer, "weight");
for (const name of ["weightNorm", "spectralNorm", "orthogonal"] as const) {
	makers[`parametrizations.${name}`] = { make: parametrizations[name], undo: remove };
}

test.each(readReference<{ cases: Case[] }>("nn_parametrize.json").cases)("$label", (given) => {
	torch.manualSeed(given.seed);
	const { make, undo } = makers[given.kind]!;
	const layer = make(new nn.Linear(...given.sizes), optionsOf(given.kwargs)).train(given.train);
	expect(String(layer)).toBe(given.text);
	expect(layer.namedParameters().map(([name]) => name)).toEqual(given.parameters);
	expectState(layer, given.before, "before");
	const x = tensorOf(given.input);
	const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
	let output: torch.Tensor | null = null;
	for (let step = 0; step < 2; step++) {
		optimizer.zeroGrad();
		output = layer(x);
		backward(output);
		optimizer.step();
	}
	expectLike(output, given.output, "output", close);
	for (const [key, grad] of Object.entries(given.grads)) {
		expectLike(layer.getParameter(key).grad, grad, `gradient of ${key}`, { rtol: 1e-4, atol: 2e-5 });
	}
	expectState(layer, given.after, "after");
	const undone = undo(layer);
	expect([String(undone), undone.namedParameters().map(([name]) => name)]).toEqual([
		given.undoneText,
		given.undoneParameters,
	]);
	expectState(undone, given.undone, "undone");
});

class Symmetric extends nn.Module {
	forward(x: torch.Tensor): torch.Tensor {
		return x.triu().add(x.triu(1).t());
	}

	rightInverse(x: torch.Tensor): torch.Tensor {
		return x.triu();
	}
}

class Doubled extends nn.Module {
	calls = 0;
	forward(x: torch.Tensor): torch.Tensor {
		this.calls++;
		return x.mul(2);
	}
}

describe("registerParametrization", () => {
	test("computes the tensor whenever it is read; several are applied in turn", () => {
		const layer = parametrize.registerParametrization(new nn.Linear(3, 3), "weight", new Symmetric());
		expect(layer).toBeInstanceOf(nn.Linear);
		expect(torch.equal(layer.weight, layer.weight.t())).toBe(true);
		parametrize.registerParametrization(layer, "weight", new Symmetric());
		expect(String(layer)).toContain("(0-1): 2 x Symmetric()");
		layer(torch.ones(1, 3)).sum().backward();
		const original = layer.getParameter("parametrizations.weight.original");
		expect(original.grad!.tril(-1).abs().sum().item()).toBe(0);
		expect(parametrize.isParametrized(layer, "weight")).toBe(true);
		expect([parametrize.isParametrized(layer, "bias"), parametrize.isParametrized(new nn.Linear(1, 1))]).toEqual([
			false,
			false,
		]);
		expect(parametrize.typeBeforeParametrizations(layer)).toBe(nn.Linear);
	});

	test("keeps the parameter itself as the original: optimisers go on with it", () => {
		const layer = new nn.Linear(3, 3);
		const { weight } = layer;
		parametrize.registerParametrization(layer, "weight", new Symmetric());
		expect(layer.getParameter("parametrizations.weight.original")).toBe(weight);
		expect(parametrize.removeParametrizations(layer, "weight", { leaveParametrized: false }).weight).toBe(weight);
		expect(weight.tril(-1).abs().sum().item()).toBe(0);
	});

	test("assigning goes through rightInverse", () => {
		const layer = parametrize.registerParametrization(new nn.Linear(2, 2), "weight", new Symmetric());
		layer.weight = torch.tensor([
			[1, 2],
			[2, 3],
		]) as torch.nn.Parameter;
		expect(layer.weight.tolist()).toEqual([
			[1, 2],
			[2, 3],
		]);
		const doubled = parametrize.registerParametrization(new nn.Linear(2, 2), "bias", new Doubled());
		expect(() => {
			doubled.bias = torch.ones(2) as torch.nn.Parameter;
		}).toThrow(/Doubled does not implement rightInverse/);
	});

	test("buffers and names in PyTorch's form can be parametrized; states go through", () => {
		const norm = parametrize.registerParametrization(new nn.BatchNorm1d(2), "running_mean", new Doubled());
		expect(Object.keys(norm.stateDict())).toContain("parametrizations.running_mean.original");
		norm.getBuffer("parametrizations.running_mean.original").fill_(3);
		expect(norm.runningMean!.tolist()).toEqual([6, 6]);
		const other = parametrize.registerParametrization(new nn.BatchNorm1d(2), "runningMean", new Doubled());
		other.loadStateDict(norm.stateDict());
		expect(other.runningMean!.tolist()).toEqual([6, 6]);
		parametrize.removeParametrizations(other, "runningMean");
		expect(other.namedBuffers().map(([name]) => name)).toContain("running_mean");
	});

	test("copies are parametrized on their own", () => {
		const layer = parametrizations.weightNorm(new nn.Linear(3, 2));
		const copy = layer.clone();
		parametrize.removeParametrizations(layer, "weight");
		torch.noGrad(() => copy.getParameter("parametrizations.weight.original0").mul_(2));
		expect(torch.allclose(copy.weight, layer.weight.mul(2))).toBe(true);
		expect([String(layer), parametrize.isParametrized(copy)]).toEqual([String(new nn.Linear(3, 2)), true]);
	});

	test("cached: once in a block", () => {
		const doubled = new Doubled();
		const layer = parametrize.registerParametrization(new nn.Linear(2, 2), "weight", doubled);
		doubled.calls = 0;
		parametrize.cached(() => {
			const { weight } = layer;
			expect(layer.weight === weight).toBe(true);
			layer(torch.ones(1, 2));
		});
		expect(doubled.calls).toBe(1);
		const { weight } = layer;
		expect(layer.weight === weight).toBe(false);
	});

	test("the older weight norm's states load; spectral norm bounds the largest singular value", () => {
		torch.manualSeed(0);
		const older = nn.utils.weightNorm(new nn.Linear(3, 2));
		const layer = parametrizations.weightNorm(new nn.Linear(3, 2));
		layer.loadStateDict(older.stateDict());
		expect(torch.allclose(layer.weight, older.weight)).toBe(true);
		const bounded = parametrizations.spectralNorm(new nn.Linear(20, 30), { nPowerIterations: 30 });
		let v = torch.randn(20);
		for (let i = 0; i < 50; i++) v = nn.functional.normalize(bounded.weight.t().mv(bounded.weight.mv(v)), { dim: 0 });
		expect(bounded.weight.mv(v).norm().item()).toBeCloseTo(1, 3);
	});

	test("derivatives of the maps to orthogonal matrices", () => {
		torch.manualSeed(0);
		for (const orthogonalMap of ["matrix_exp", "cayley", "householder"] as const) {
			const layer = new nn.Linear(3, 4, { dtype: torch.float64 });
			parametrizations.orthogonal(layer, { orthogonalMap });
			const map = layer.getSubmodule("parametrizations.weight.0");
			// The diagonal counts by its signs alone.
			const diagonal = layer.getParameter("parametrizations.weight.original").detach().triu();
			const free = torch.randn(4, 3, { dtype: torch.float64 }).mul(0.3).requiresGrad_();
			const run = () => map(free.tril(-1).add(diagonal)) as torch.Tensor;
			expect(torch.autograd.gradcheck(run, [free])).toBe(true);
			expect(torch.autograd.gradgradcheck(run, [free])).toBe(true);
		}
	});

	test("says what it refuses", () => {
		const layer = new nn.Linear(3, 2);
		const { registerParametrization: register } = parametrize;
		expect(() => register(layer, "weigth", new Symmetric())).toThrow(/does not have a parameter, a buffer.*'weigth'/s);
		class Wrong extends nn.Module {
			forward(x: torch.Tensor): torch.Tensor {
				return x.flatten();
			}
		}
		expect(() => register(layer, "weight", new Wrong())).toThrow(/may not change the dtype or shape.*\[2, 3\].*\[6\]/);
		expect(String(layer)).toBe("Linear(in_features=3, out_features=2, bias=True)");
		expect(register(layer, "weight", new Wrong(), { unsafe: true }).weight.shape).toEqual([6]);
		expect(() => parametrize.removeParametrizations(layer, "bias")).toThrow(/does not have a parametrization on bias/);
		expect(() => parametrizations.orthogonal(new nn.Linear(2, 2), { name: "bias" })).toThrow(
			/got a tensor of 1 dimension/,
		);
		expect(() => parametrizations.orthogonal(new nn.Linear(2, 2), { orthogonalMap: "qr" as never })).toThrow(
			/"matrix_exp", "cayley", "householder"/,
		);
		expect(() => parametrizations.spectralNorm(new nn.Linear(2, 2), { nPowerIterations: 0 })).toThrow(
			/nPowerIterations must be an integer of at least 1, got 0/,
		);
		expect(() => nn.utils.removeWeightNorm(new nn.Linear(2, 2))).toThrow(/weightNorm of 'weight' not found/);
	});
});

interface Pruned {
	label: string;
	seed: number;
	sizes: [number, number];
	name: string;
	steps: [method: string, args: unknown[], kwargs: Record<string, unknown>][];
	state: State;
	parameters: string[];
	tensor: EncodedTensor;
	input: EncodedTensor;
	output: EncodedTensor;
	grads: State;
	removed: State;
}

const { prune } = nn.utils;
const special = (value: unknown) => (value === "inf" ? Infinity : decode(value));

describe("prune", () => {
	const reference = readReference<{
		pruned: Pruned[];
		together: {
			seed: number;
			method: "L1Unstructured" | "RandomUnstructured";
			amount: number;
			before: boolean;
			state: State;
		}[];
	}>("nn_parametrize.json");

	test.each(reference.pruned)("$label", (given) => {
		torch.manualSeed(given.seed);
		const layer = new nn.Linear(...given.sizes);
		for (const [method, args, kwargs] of given.steps) {
			const name = method.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
			const options = optionsOf(kwargs);
			const rest = [...args.map(special), ...(Object.keys(options).length > 0 ? [options] : [])];
			(prune as any)[name](layer, given.name, ...rest);
		}
		expectState(layer, given.state, "pruned");
		expect(layer.namedParameters().map(([name]) => name)).toEqual(given.parameters);
		expectLike((layer as any)[given.name], given.tensor, given.name);
		const output = layer(tensorOf(given.input));
		expectLike(output, given.output, "output");
		backward(output);
		for (const [key, grad] of Object.entries(given.grads)) {
			expectLike(layer.getParameter(key).grad, grad, `gradient of ${key}`);
		}
		expect(prune.isPruned(new nn.Sequential(layer))).toBe(true);
		prune.remove(layer, given.name);
		expect(prune.isPruned(layer)).toBe(false);
		expectState(layer, given.removed, "removed");
	});

	test.each(reference.together)("globalUnstructured by $method, $amount", ({ seed, method, amount, before, state }) => {
		torch.manualSeed(seed);
		const net = new nn.Sequential(new nn.Linear(4, 3), new nn.Linear(3, 5));
		const [first, second] = [net.at(0), net.at(1)];
		if (before) prune.l1Unstructured(first, "weight", { amount: 0.5 });
		const targets = [
			[first, "weight"],
			[second, "weight"],
			[second, "bias"],
		] as const;
		prune.globalUnstructured(targets, prune[method], { amount });
		expectState(net, state, "pruned");
	});

	test("methods by class, and outside modules", () => {
		const layer = new nn.Linear(4, 4);
		expect(prune.L1Unstructured.apply(layer, "weight", 4)).toBeInstanceOf(prune.L1Unstructured);
		const container = prune.RandomStructured.apply(layer, "weight", 1, 0) as InstanceType<
			typeof prune.PruningContainer
		>;
		expect(container).toBeInstanceOf(prune.PruningContainer);
		expect([...container].map((method) => method.constructor.name)).toEqual(["L1Unstructured", "RandomStructured"]);
		const t = torch.tensor([1, -2, 3, -4]);
		expect(new prune.L1Unstructured(0.5).prune(t).tolist()).toEqual([0, -0, 3, -4]);
		class Negative extends prune.BasePruningMethod {
			readonly pruningType = "unstructured";
			computeMask(t: torch.Tensor, mask: torch.Tensor): torch.Tensor {
				return mask.mul(t.gt(0));
			}
		}
		const own = new nn.Linear(4, 4);
		Negative.apply(own, "weight");
		expect(own.weight.lt(0).any().item()).toBe(0);
	});

	test("pruned weights stay zero in training, and states load", () => {
		torch.manualSeed(0);
		const layer = prune.l1Unstructured(new nn.Linear(6, 4), "weight", 0.5);
		const optimizer = new optim.Adam(layer.parameters(), { lr: 0.1 });
		for (let i = 0; i < 3; i++) {
			optimizer.zeroGrad();
			layer(torch.randn(5, 6)).square().sum().backward();
			optimizer.step();
		}
		layer(torch.randn(1, 6));
		const zeros = layer.weight.eq(0);
		expect(zeros.sum().item()).toBe(12);
		const other = prune.identity(new nn.Linear(6, 4), "weight");
		other.loadStateDict(layer.stateDict());
		const x = torch.randn(2, 6);
		expect(torch.equal(other(x), layer(x))).toBe(true);
	});

	test("says what it refuses", () => {
		const layer = new nn.Linear(3, 2);
		expect(() => prune.l1Unstructured(layer, "weight", -0.1)).toThrow(
			/part in the range \[0, 1\] or a non-negative integer, got -0.1/,
		);
		expect(() => prune.l1Unstructured(layer, "weight", 7)).toThrow(
			/amount=7 should be smaller than the number of parameters to prune=6/,
		);
		expect(() => prune.lnStructured(layer, "bias", { amount: 1, n: 2, dim: 0 })).toThrow(
			/multidimensional tensors, found shape \[2\]/,
		);
		expect(() => prune.randomStructured(layer, "weight", 1, 2)).toThrow(/invalid dim 2/);
		expect(() => prune.customFromMask(layer, "weight", torch.ones(3, 2))).toThrow(
			/parameter's shape \[2, 3\], got \[3, 2\]/,
		);
		expect(() => prune.remove(layer, "weight")).toThrow(/'weight' of module Linear.* has to be pruned before/);
		expect(() => prune.identity(layer, "wieght")).toThrow(/has no parameter with name 'wieght'/);
		expect(() => prune.globalUnstructured([[layer, "weight"]], prune.LnStructured as never, { amount: 1 })).toThrow(
			/expected|n must be|only unstructured/,
		);
		expect(prune.isPruned(layer)).toBe(false);
	});
});
