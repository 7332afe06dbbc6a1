import * as torch from "gradbook";
import { autograd, type Tensor } from "gradbook";
import { describe, expect, test } from "vitest";
import { decode, expectLike, readReference } from "../../support/reference";

/* torch.autograd.functional against PyTorch: test/reference/make_functional.py made functional.json. */

interface Case {
	kind: "jacobian" | "hessian" | "vjp" | "jvp" | "vhp" | "hvp";
	name: string;
	inputs: unknown;
	v: unknown[];
	out: unknown;
}

const functions: Record<string, (...inputs: Tensor[]) => Tensor | Tensor[]> = {
	one: (x) => x!.pow(3).sum(1),
	two: (x, y) => x!.exp().mul(y!).sum(0),
	pair: (x, y) => [x!.mul(y!), x!.sum().add(y!.sin())],
	unused: (x) => x!.square(),
	scalar: (x) => x!.pow(3).mul(x!.sin()).sum(),
	scalars: (x, y) => x!.square().matmul(y!.exp()).sum().mul(x!.sum()),
};

const { functional } = autograd;
const call = (kind: string, ...args: unknown[]) =>
	(functional as unknown as Record<string, (...args: unknown[]) => unknown>)[kind]!(...args);

describe.each(
	readReference<{ cases: Case[] }>("functional.json").cases.map((each) => [each.kind, each.name, each] as const),
)("%s of %s", (kind, name, expected) => {
	const inputs = decode(expected.inputs) as Tensor | Tensor[];
	const v = decode(expected.v) as unknown[];

	test("as PyTorch", () => {
		const found = call(kind, functions[name], inputs, ...v);
		expectLike(found, expected.out, kind);
		const flat = [found].flat(3) as Tensor[];
		expect(flat.some((x) => x.requiresGrad)).toBe(false);
	});

	test("recorded, and inside noGrad", () => {
		const own = [inputs].flat().map((x) => x.clone().requiresGrad_());
		const given = Array.isArray(inputs) ? own : own[0];
		const options = { createGraph: true };
		const found = torch.enableGrad(() => call(kind, functions[name], given, ...v, options));
		expectLike(found, expected.out, kind);
		expect(([found].flat(3) as Tensor[]).some((x) => x.requiresGrad)).toBe(true);
		expectLike(
			torch.noGrad(() => call(kind, functions[name], inputs, ...v)),
			expected.out,
			kind,
		);
	});
});

test("a Hessian can be differentiated again", () => {
	const x = torch.tensor([1, 2], { dtype: torch.float64, requiresGrad: true });
	const h = functional.hessian((a) => a.pow(3).sum(), x, { createGraph: true });
	expect(h.tolist()).toEqual([
		[6, 0],
		[0, 12],
	]);
	expect(autograd.grad(h.sum(), x)[0]!.tolist()).toEqual([6, 6]);
});

test("what cannot be, is refused by name", () => {
	const x = torch.ones(2);
	expect(() => functional.vjp((a) => a.mul(2), x)).toThrow(
		"[vjp] v can only be left out where there is one output of one element",
	);
	expect(() => functional.jvp((a) => a.mul(2), x, torch.ones(3))).toThrow(
		"[jvp] v[0] has shape [3], expected that of the input, [2]",
	);
	expect(() => functional.hessian((a) => a.mul(2), x)).toThrow(
		"[hessian] the function must give one tensor of one element, got shapes [2]",
	);
	expect(() => functional.jacobian(() => 3 as unknown as Tensor, x)).toThrow(
		"[jacobian] the function's result must be a tensor or an array of tensors, got number 3",
	);
	expect(() => functional.jacobian((...all) => all[0]!.mul(2), [x, x], { strict: true })).toThrow(
		"independent of input 1",
	);
	expect(() => functional.jacobian(() => torch.ones(2), x, { strict: true })).toThrow(
		"an output of the function is independent",
	);
});
