import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import {
	decode,
	dtypeNamed,
	type EncodedTensor,
	expectLike,
	optionsOf,
	readReference,
	tensorOf,
} from "../../support/reference";

/*
 * Every optimiser follows PyTorch step by step, and passes what any optimiser must: test/reference/make_optim.py lists the
 * cases, and one case there opts an optimiser into all of this.
 */

interface Case {
	name: string;
	kwargs: Record<string, unknown>;
	/** Options of the second group, for a case with two. */
	groups: Record<string, unknown> | null;
	/** The second parameter never gets a gradient. */
	frozen: boolean;
	dtype: torch.DTypeName;
	start: EncodedTensor[];
	grads: EncodedTensor[][];
	after: EncodedTensor[][];
	text: string;
	stateDict: { state: Record<string, Record<string, unknown>>; param_groups: Record<string, unknown>[] } | null;
}

const { cases, lbfgs } = readReference<{
	cases: Case[];
	lbfgs: {
		kwargs: Record<string, unknown>;
		dtype: torch.DTypeName;
		text: string;
		calls: number;
		after: EncodedTensor[];
		losses: number[];
	}[];
}>("optim_trajectories.json");

type AnyOptimizer = torch.optim.Optimizer<any>;

function parametersOf(given: Case): torch.nn.Parameter[] {
	return given.start.map((start) => new torch.nn.Parameter(tensorOf(start)));
}

function make(given: Case, params: torch.nn.Parameter[]): AnyOptimizer {
	const Kind = (torch.optim as any)[given.name] as new (params: unknown, options: object) => AnyOptimizer;
	const list = given.groups
		? [{ params: params.slice(0, 1) }, { params: params.slice(1), ...optionsOf(given.groups) }]
		: params;
	return new Kind(list, optionsOf(given.kwargs));
}

function setGrads(given: Case, params: torch.nn.Parameter[], step: number): void {
	params.forEach((param, i) => {
		param.grad = given.frozen && i === 1 ? null : tensorOf(given.grads[step]![i]!);
	});
}

function tolerance(given: { dtype: torch.DTypeName }, name?: string) {
	// Shampoo's roots are found by another algorithm than the reference's.
	if (given.dtype === "float64") return name === "Shampoo" ? { rtol: 1e-7, atol: 1e-8 } : { rtol: 1e-11, atol: 1e-13 };
	return { rtol: 2e-5, atol: 2e-6 };
}

const label = (given: Case) =>
	`${given.name} ${JSON.stringify(given.kwargs)} ${given.dtype}${given.groups ? " in groups" : ""}`;

describe.each(cases.map((given) => ({ label: label(given), given })))("$label", ({ given }) => {
	test("takes PyTorch's steps", () => {
		const params = parametersOf(given);
		const optimizer = make(given, params);
		given.after.forEach((after, step) => {
			setGrads(given, params, step);
			optimizer.step();
			after.forEach((expected, i) => {
				expectLike(params[i], expected, `parameter ${i} after step ${step + 1}`, tolerance(given, given.name));
			});
		});
		if (given.stateDict) expectState(optimizer.stateDict(), given.stateDict, tolerance(given));
	});

	test("prints and saves as PyTorch does, and goes on from a saved state", () => {
		const params = parametersOf(given);
		const optimizer = make(given, params);
		if (given.name !== "Shampoo") expect(`${optimizer}\n`).toBe(`${given.text}\n`);
		for (let step = 0; step < 3; step++) {
			setGrads(given, params, step);
			optimizer.step();
		}
		const copies = params.map((param) => new torch.nn.Parameter(param.detach().clone()));
		const second = make(given, copies);
		if (given.name === "Shampoo") return;
		second.loadStateDict(optimizer.stateDict());
		for (let step = 3; step < given.after.length; step++) {
			for (const [list, by] of [
				[params, optimizer],
				[copies, second],
			] as const) {
				setGrads(given, list, step);
				by.step();
			}
		}
		params.forEach((param, i) => {
			expect(copies[i]!.tolist()).toEqual(param.tolist());
		});
		// A state of PyTorch's own is taken over too.
		if (given.stateDict) second.loadStateDict(decode(given.stateDict));
		expect(Object.keys(second.stateDict().state)).toEqual(Object.keys(given.stateDict!.state));
	});

	test("works on parameters that are not contiguous, and says that it wrote", () => {
		const params = given.start.map((start) => {
			const tensor = tensorOf(start);
			const dims = tensor.shape.map((_, i) => tensor.ndim - 1 - i);
			// The same values, laid out the other way round.
			return new torch.nn.Parameter(tensor.permute(dims).contiguous().permute(dims));
		});
		const optimizer = make(given, params);
		const used = params[0]!.mul(params[0]!);
		for (let step = 0; step < 2; step++) {
			setGrads(given, params, step);
			optimizer.step();
		}
		given.after[1]!.forEach((expected, i) => {
			expectLike(params[i], expected, `parameter ${i}`, tolerance(given, given.name));
		});
		expect(() => used.sum().backward()).toThrow(/modified by an in-place operation/);
	});
});

function expectState(
	found: torch.optim.OptimizerStateDict,
	expected: NonNullable<Case["stateDict"]>,
	tolerance: { rtol: number; atol: number },
): void {
	expect(found.param_groups.map((group) => ({ ...group }))).toEqual(expected.param_groups);
	expect(Object.keys(found.state)).toEqual(Object.keys(expected.state));
	for (const [key, values] of Object.entries(expected.state)) {
		expect(Object.keys(found.state[key]!).sort()).toEqual(Object.keys(values).sort());
		for (const [name, value] of Object.entries(values))
			expectLike(found.state[key]![name], value, `state ${key}.${name}`, tolerance);
	}
}

describe("LBFGS", () => {
	test.each(lbfgs)("minimises Rosenbrock's function as PyTorch does: $kwargs $dtype", (given) => {
		const x = torch.tensor([-1.2, 1, 0.5, -0.3], { dtype: dtypeNamed(given.dtype) }).requiresGrad_();
		const optimizer = new torch.optim.LBFGS([x], optionsOf(given.kwargs));
		expect(`${optimizer}\n`).toBe(`${given.text}\n`);
		let calls = 0;
		const closure = () => {
			calls++;
			optimizer.zeroGrad();
			const head = x.narrow(0, 0, 3);
			const loss = head
				.neg()
				.add(1)
				.square()
				.add(x.narrow(0, 1, 3).sub(head.square()).square().mul(100))
				.sum();
			loss.backward();
			return loss;
		};
		// The path is chaotic: float32 is compared for as long as rounding allows.
		const single = given.dtype === "float32";
		given.after.forEach((after, i) => {
			const loss = optimizer.step(closure).item();
			if (single && i > 0) return;
			expect(Math.abs(loss - given.losses[i]!)).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(given.losses[i]!));
			expectLike(x, after, `x after step ${i + 1}`, single ? { rtol: 2e-3, atol: 1e-3 } : { rtol: 1e-6, atol: 1e-7 });
		});
		if (!single) expect(calls).toBe(given.calls);
	});

	test("needs a closure and one group", () => {
		const x = torch.ones(2).requiresGrad_();
		const optimizer = new torch.optim.LBFGS([x]);
		expect(() => optimizer.step()).toThrow(/needs a closure/);
		expect(() => new torch.optim.LBFGS([{ params: [x] }, { params: [torch.ones(1).requiresGrad_()] }])).toThrow(
			/per-parameter options/,
		);
	});
});
