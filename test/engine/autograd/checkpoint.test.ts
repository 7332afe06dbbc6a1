import * as torch from "gradbook";
import { autograd, nn, type Tensor } from "gradbook";
import { expect, test } from "vitest";

/* Checkpoints give what the plain function gives, and save nothing on the way. */

const { checkpoint, checkpointSequential } = torch.utils.checkpoint;

function network(): nn.Sequential {
	torch.manualSeed(0);
	return new nn.Sequential(
		new nn.Linear(4, 8),
		new nn.GELU(),
		new nn.Dropout(0.5),
		new nn.LayerNorm(8),
		new nn.Linear(8, 3),
		new nn.Tanh(),
	);
}

function gradients(run: (model: nn.Sequential, x: Tensor) => Tensor): unknown[] {
	const model = network();
	const x = torch.ones([2, 4], { requiresGrad: true });
	torch.manualSeed(1);
	const y = run(model, x);
	// Numbers drawn in between do not disturb the second run, nor it those drawn later.
	torch.rand(3);
	y.square().sum().backward();
	return [y, x.grad!, ...[...model.parameters()].map((p) => p.grad!), torch.rand(2)].map((t) => t.tolist());
}

const plain = gradients((model, x) => model(x) as Tensor);

test("values, gradients of inputs and parameters, and the random numbers before and after are those without it", () => {
	expect(gradients((model, x) => checkpoint((input: Tensor) => model(input) as Tensor, x))).toEqual(plain);
	expect(gradients((model, x) => checkpointSequential(model, 3, x))).toEqual(plain);
	expect(gradients((model, x) => checkpointSequential([...model], 1, x))).toEqual(plain);
});

test("autograd.grad reaches parameters of the function, which runs twice; inputs need no gradient", () => {
	const model = network().eval();
	let runs = 0;
	const y = checkpoint(
		(input: Tensor, scale: number) => {
			runs++;
			return (model(input) as Tensor).mul(scale);
		},
		torch.ones(2, 4),
		2,
		{ preserveRngState: false },
	);
	expect(runs).toBe(1);
	const [g] = autograd.grad(y.sum(), [[...model.parameters()][0]!]);
	expect(runs).toBe(2);
	const [expected] = autograd.grad((model(torch.ones(2, 4)) as Tensor).mul(2).sum(), [[...model.parameters()][0]!]);
	expect(g!.tolist()).toEqual(expected!.tolist());
});

test("several results, and a second pass over a kept graph", () => {
	const x = torch.tensor([1, 2], { requiresGrad: true });
	const [a, b] = checkpoint((v: Tensor) => [v.exp(), v.mul(v)] as const, x);
	a.add(b).sum().backward({ retainGraph: true });
	a.add(b).sum().backward();
	expect(torch.allclose(x.grad!, x.detach().exp().add(x.detach().mul(2)).mul(2))).toBe(true);
});

test("types that autocast lowered to are those of the second run too", () => {
	const layer = new nn.Linear(4, 2);
	const x = torch.ones([3, 4], { requiresGrad: true });
	const once = (run: (f: (v: Tensor) => Tensor) => Tensor) => {
		const y = torch.autocast("cpu", () => run((v) => layer(v).relu()));
		return [y.dtype.name, autograd.grad(y.float().sum(), x)[0]!.tolist()];
	};
	expect(once((f) => checkpoint(f, x))).toEqual(once((f) => f(x)));
});

test("second derivatives through a checkpoint, as without it", () => {
	const run = (part: (fn: (v: Tensor, u: Tensor) => Tensor, v: Tensor, u: Tensor) => Tensor) => {
		torch.manualSeed(7);
		const [x, w] = [torch.randn(3, 3), torch.randn(3, 3)].map((v) => v.requiresGrad_());
		const y = part((v, u) => v.matmul(u).tanh().mul(v.exp()).matmul(u.sigmoid()), x!.mul(2), w!);
		const [ofX] = autograd.grad(y.square().sum(), [x!, w!], { createGraph: true });
		const second = autograd.grad(ofX!.square().sum(), [x!, w!], { createGraph: true });
		const third = autograd.grad(second[0]!.sum(), [x!, w!]);
		return [ofX!, ...second, ...third].map((v) => v!.tolist());
	};
	expect(run((fn, v, u) => checkpoint(fn, v, u))).toEqual(run((fn, v, u) => fn(v, u)));
	// PyTorch's: of sin(3x)² at 0.5, by x, twice.
	const x = torch.tensor([0.5], { requiresGrad: true });
	const y = checkpoint((v: Tensor) => v.mul(3).sin().square(), x);
	const [first] = autograd.grad(y.sum(), x, { createGraph: true });
	const [second] = autograd.grad(first!.sum(), x);
	expect([first!.item(), second!.item()].map((v) => v.toFixed(4))).toEqual(["0.4234", "-17.8199"]);
});

test("what it cannot do is an error", () => {
	const x = torch.ones([2], { requiresGrad: true });
	let calls = 0;
	const changing = checkpoint((v: Tensor) => (calls++ === 0 ? v.exp() : v.exp().exp()), x);
	expect(() => changing.sum().backward()).toThrow(/the same both times/);
	expect(() => checkpointSequential([(v) => v], 2, x)).toThrow(/segments must be/);
	expect(() => checkpoint(3 as never)).toThrow(/expected a function/);
});

test("savedTensorsHooks sees what operations save and gives it back", () => {
	const x = torch.tensor([1, 2, 3], { requiresGrad: true });
	const seen: number[][] = [];
	const y = autograd.graph.savedTensorsHooks(
		(tensor) => {
			seen.push(tensor.tolist() as number[]);
			return tensor.toTypedArray();
		},
		(packed) => torch.fromTypedArray(packed),
		() => x.mul(x).sum(),
	);
	y.backward();
	expect(seen).toEqual([
		[1, 2, 3],
		[1, 2, 3],
	]);
	expect(x.grad!.tolist()).toEqual([2, 4, 6]);
});
