import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { nn, type Tensor } from "gradbook";
import { describe, expect, test } from "vitest";

/* torch.func against PyTorch (test/reference/make_func.py), and what it refuses. */

const { functionalCall, grad, gradAndValue, hessian, jacfwd, jacrev, jvp, stackModuleState, vjp, vmap } = torch.func;
const { values } = JSON.parse(readFileSync(join(__dirname, "../../reference/func.json"), "utf8")) as {
	values: Record<string, unknown>;
};

const float64 = { dtype: torch.float64 };
const x = torch.arange(1, 7, float64).reshape(2, 3).div(4);
const y = torch.tensor([0.5, -1, 2], float64);
const tree = { a: x, b: y };

function loss(p: { a: Tensor; b: Tensor }, scale: number | Tensor): Tensor {
	return p.a.sin().matmul(p.b).square().sum().mul(scale);
}

function vector(v: Tensor, w: Tensor): Tensor {
	return torch.stack([v.mul(w).sum(), v.at(0).mul(w.at(1)), w.exp().sum()]);
}

torch.manualSeed(0);
const model = new nn.Linear(3, 2).double();
const parameters = Object.fromEntries([...model.namedParameters()].map(([name, p]) => [name, p.detach().mul(2)]));
const own = Object.fromEntries([...model.namedParameters()].map(([name, p]) => [name, p.detach()]));
const models = [0, 1, 2].map(() => new nn.Linear(3, 2).double());

const computed: Record<string, () => unknown> = {
	grad: () => grad((v: Tensor) => v.sin().sum())(x),
	"grad twice": () => grad((v: Tensor) => grad((u: Tensor) => u.pow(3).sum())(v).sum())(x),
	argnums: () => grad((v: Tensor, w: Tensor) => v.matmul(w).square().sum(), { argnums: [0, 1] })(x, y),
	tree: () => grad(loss)(tree, 3),
	value: () => gradAndValue(loss)(tree, 3),
	unused: () => grad((v: Tensor, _w: Tensor) => v.sum(), { argnums: [0, 1] })(x, y),
	vjp: () => vjp(vector, y, y.add(1))[1](torch.tensor([1, 2, 3], float64)),
	jvp: () => jvp(vector, [y, y.add(1)], [y.mul(2), y.cos()]),
	jacrev: () => jacrev(vector)(y, y.add(1)),
	"jacrev of both": () => jacrev(vector, { argnums: [0, 1] })(y, y.add(1)),
	jacfwd: () => jacfwd(vector, { argnums: 1 })(y, y.add(1)),
	matrix: () => jacrev((v: Tensor) => v.square())(x),
	hessian: () => hessian((v: Tensor) => v.pow(3).prod())(y),
	vmap: () => vmap(torch.dot as (a: Tensor, b: Tensor) => Tensor)(x, x.add(1)),
	"vmap of one": () => vmap((a: Tensor, b: Tensor) => a.dot(b), { inDims: [0, null] })(x, y),
	"vmap over columns": () => vmap((v: Tensor) => v.mul(2), { inDims: 1, outDims: 1 })(x),
	"vmap twice": () => vmap(vmap((a: Tensor, b: Tensor) => a.mul(b)))(x, x),
	"vmap of a pair": () => vmap((v: Tensor) => [v.sum(), v.mul(2)])(x),
	"per sample": () => vmap(grad(loss), { inDims: [{ a: null, b: null }, 0] })(tree, torch.tensor([1, 2], float64)),
	call: () => functionalCall(model, parameters, [x]),
	"call with some": () => functionalCall(model, { bias: parameters.bias! }, x),
	"gradients of samples": () => {
		const one = (p: typeof own, input: Tensor, target: Tensor) =>
			(functionalCall(model, p, input) as Tensor).sub(target).square().sum();
		return vmap(grad(one), { inDims: [null, 0, 0] })(own, x, x.at(":", ":2"));
	},
	ensemble: () => {
		const [stacked, buffers] = stackModuleState(models);
		return vmap((p: typeof stacked, b: typeof buffers) => functionalCall(models[0]!, [p, b], x) as Tensor)(
			stacked,
			buffers,
		);
	},
};

function same(found: unknown, expected: unknown, where: string): void {
	if (typeof expected === "object" && expected !== null && "tensor" in expected) {
		const { tensor, shape } = expected as { tensor: number[]; shape: number[] };
		expect((found as Tensor).shape, where).toEqual(shape);
		const wanted = torch.tensor(tensor, float64).reshape(shape);
		expect(torch.allclose((found as Tensor).detach(), wanted, { rtol: 1e-12 }), `${where}: ${found}`).toBe(true);
		return;
	}
	for (const [key, value] of Object.entries(expected as object)) {
		same((found as Record<string, unknown>)[key], value, `${where}.${key}`);
	}
}

describe("as PyTorch", () => {
	test("every value of the reference is computed", () => {
		expect(Object.keys(computed)).toEqual(Object.keys(values));
	});
	test.each(Object.keys(computed))("%s", (name) => same(computed[name]!(), values[name], name));
});

describe("what is around it", () => {
	test("inputs and the module stay as they are", () => {
		const before = String(model.weight);
		computed.call!();
		expect(String(model.weight)).toBe(before);
		expect(model.weight).toBeInstanceOf(nn.Parameter);
		expect(x.requiresGrad || x.grad !== null).toBe(false);
	});

	test("gradients flow to the tensors of functionalCall, and through grad where an input wants them", () => {
		const weight = torch.ones([2, 3], { ...float64, requiresGrad: true });
		(functionalCall(model, { weight }, x) as Tensor).sum().backward();
		expect(weight.grad!.at(0).tolist()).toEqual(x.sum(0).tolist());
		const v = torch.tensor([2], { ...float64, requiresGrad: true });
		grad((u: Tensor) => u.pow(3).sum())(v)
			.sum()
			.backward();
		expect(v.grad!.tolist()).toEqual([12]);
		expect(grad((u: Tensor) => u.pow(3).sum())(v.detach()).requiresGrad).toBe(false);
	});

	test("a module is put back where its forward fails", () => {
		const before = model.weight;
		expect(() => functionalCall(model, { weight: torch.ones(1) }, x)).toThrow();
		expect(model.weight).toBe(before);
	});

	test("random operations of vmap", () => {
		const noisy = (v: Tensor) => v.add(torch.rand(1, float64));
		expect(() => vmap(noisy)(x)).toThrow(/randomness error mode/);
		const same = vmap(noisy, { randomness: "same" })(torch.zeros([2, 1], float64));
		expect(same.at(0).item()).toBe(same.at(1).item());
		const different = vmap(noisy, { randomness: "different" })(torch.zeros([2, 1], float64));
		expect(different.at(0).item()).not.toBe(different.at(1).item());
	});

	test.each([
		["a vector as result of grad", () => grad((v: Tensor) => v)(x), /no dimensions/],
		["an argument that is not there", () => grad((v: Tensor) => v.sum(), { argnums: 1 as 0 })(x), /argnums 1/],
		["integers", () => grad((v: Tensor) => v.sum())(torch.arange(3)), /floating point/],
		["dimensions of other sizes", () => vmap((a: Tensor, b: Tensor) => a.add(b))(x, y), /one size/],
		["nothing to map over", () => vmap((a: Tensor) => a, { inDims: null })(x), /inDims are null/],
		["a name that the module has not", () => functionalCall(model, { wait: x }, x), /has no wait/],
		["models of two classes", () => stackModuleState([model, new nn.ReLU()]), /same class/],
	])("%s is refused", (_, run, message) => {
		expect(run).toThrow(message);
	});
});
