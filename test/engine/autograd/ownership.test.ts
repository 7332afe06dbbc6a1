import * as torch from "gradbook";
import { autograd, type Tensor } from "gradbook";
import { expect, test } from "vitest";

/* A pass gives the memory of its gradients back as it goes. What anybody may still hold is not among it. */

const start = () => torch.tensor([1, 2, 3], { requiresGrad: true });
/** Passes over memory of the same size, which would be written over if it had been given back. */
function others(): void {
	for (let i = 0; i < 20; i++) start().mul(7).exp().mul(3).sum().backward();
}

test("a gradient that was read outlives zeroGrad and further passes", () => {
	const x = start();
	const optimizer = new torch.optim.SGD([x], { lr: 0.1 });
	x.mul(x).sum().backward();
	const kept = x.grad!;
	optimizer.zeroGrad();
	others();
	expect(kept.tolist()).toEqual([2, 4, 6]);
	x.mul(5).sum().backward();
	expect(x.grad!.tolist()).toEqual([5, 5, 5]);
	optimizer.zeroGrad();
	expect(x.grad).toBeNull();
});

test("so does a tensor that was made the gradient", () => {
	const x = start();
	const own = torch.tensor([1, 1, 1]);
	x.grad = own;
	x.grad = null;
	others();
	expect(own.tolist()).toEqual([1, 1, 1]);
});

test("and a view of a gradient", () => {
	const x = start();
	x.mul(x).sum().backward();
	const view = x.grad!.at("1:");
	x.grad = null;
	others();
	expect(view.tolist()).toEqual([4, 6]);
});

test("what hooks saw stays theirs", () => {
	const x = start();
	const y = x.mul(2);
	const z = y.mul(3);
	const kept: Tensor[] = [];
	const keep = (grad: Tensor) => {
		kept.push(grad);
	};
	x.registerHook(keep);
	y.registerHook(keep);
	z.retainGrad();
	z.mul(z).sum().backward();
	others();
	expect(z.grad!.tolist()).toEqual([12, 24, 36]);
	expect(kept.map((grad) => grad.tolist())).toEqual([
		[36, 72, 108],
		[72, 144, 216],
	]);
	kept[1]!.zero_();
	expect(x.grad!.tolist()).toEqual([72, 144, 216]);
});

test("what a module's backward hook saw stays its own", () => {
	torch.manualSeed(0);
	const layer = new torch.nn.Linear(3, 3);
	const kept: Tensor[] = [];
	layer.registerFullBackwardHook((_module, input, output) => {
		kept.push(...(input as Tensor[]), ...(output as Tensor[]));
	});
	const x = start().mul(2);
	layer(x).mul(4).sum().backward();
	others();
	expect(kept[1]!.tolist()).toEqual([4, 4, 4]);
	expect(kept[0]!.allclose(layer.weight.detach().sum(0).mul(4))).toBe(true);
});

test("what a function of one's own was given, and what it returned, stays its own", () => {
	const kept: Tensor[] = [];
	class Twice extends autograd.Function {
		static override forward(_ctx: unknown, x: Tensor) {
			return x.mul(2);
		}
		static override backward(_ctx: unknown, grad: Tensor) {
			const result = grad.mul(2);
			kept.push(grad, result);
			return result;
		}
	}
	const x = start();
	(Twice.apply(x.mul(1)) as Tensor).mul(5).sum().backward();
	others();
	expect(kept.map((grad) => grad.tolist())).toEqual([
		[5, 5, 5],
		[10, 10, 10],
	]);
});

test("gradients that autograd.grad returns, and those it was given, stay the caller's", () => {
	const x = start();
	const y = x.mul(2);
	const given = torch.tensor([1, 2, 3]);
	const [dy, dx] = autograd.grad([y.mul(3)], [y, x], { gradOutputs: [given] });
	others();
	expect([dy!.tolist(), dx!.tolist(), given.tolist()]).toEqual([
		[3, 6, 9],
		[6, 12, 18],
		[1, 2, 3],
	]);
});

test("one gradient for several inputs reaches them all", () => {
	const a = start();
	const b = start();
	const sum = a.mul(1).add(b.mul(1));
	const both = sum.mul(2).add(sum.mul(3)).add(sum);
	both.mul(both).sum().backward();
	const expected = [144, 288, 432];
	expect(a.grad!.tolist()).toEqual(expected);
	expect(b.grad!.tolist()).toEqual(expected);
});

test("a second pass over a kept graph gives the same, and adds up", () => {
	const x = start();
	const loss = x.mul(2).exp().mul(3).sum();
	loss.backward({ retainGraph: true });
	const first = x.grad!.tolist();
	loss.backward({ retainGraph: true });
	expect(x.grad!.tolist()).toEqual((first as number[]).map((g) => 2 * g));
});

const { nn } = torch;

/** `model` in a Sequential, and by a loop of one's own: losses and gradients must be the same, also where memory is used again. */
function sameAsByHand(make: () => InstanceType<typeof nn.Sequential>, x: Tensor): void {
	torch.manualSeed(1);
	const one = make();
	torch.manualSeed(1);
	const other = make();
	for (let step = 0; step < 3; step++) {
		torch.manualSeed(2);
		const y = one(x) as Tensor;
		const junk = [1, 2, 3, 4].map((i) => torch.full(y.shape, i));
		y.square().sum().backward();
		torch.manualSeed(2);
		let z: Tensor = x;
		for (const module of other) z = module(z) as Tensor;
		z.square().sum().backward();
		expect(junk.length).toBe(4);
		expect(y.tolist()).toEqual(z.tolist());
		const expected = other.parameters().map((parameter) => parameter.grad!.tolist());
		expect(one.parameters().map((parameter) => parameter.grad!.tolist())).toEqual(expected);
		one.zeroGrad();
		other.zeroGrad();
	}
	one.eval();
	other.eval();
	torch.noGrad(() => {
		let z: Tensor = x;
		for (const module of other) z = module(z) as Tensor;
		expect((one(x) as Tensor).tolist()).toEqual(z.tolist());
	});
}

test("a Sequential of dense layers computes what a loop of one's own does", () => {
	torch.manualSeed(0);
	const make = () =>
		new nn.Sequential(
			new nn.Linear(6, 6),
			new nn.BatchNorm1d(6),
			new nn.ReLU(),
			new nn.Linear(6, 6),
			new nn.LayerNorm(6),
			new nn.Tanh(),
			new nn.Dropout(0.5),
			new nn.Linear(6, 6),
			new nn.GELU(),
			new nn.ReLU(true),
			new nn.Identity(),
			new nn.Softplus(),
			new nn.Mish(),
			new nn.Sequential(new nn.Linear(6, 6), new nn.GLU(), new nn.Sigmoid()),
			new nn.Softmax(1),
		);
	sameAsByHand(make, torch.randn(6, 6));
});

test("and one of convolutions", () => {
	torch.manualSeed(0);
	const make = () =>
		new nn.Sequential(
			new nn.Conv2d(2, 4, 3, { padding: 1, paddingMode: "reflect" }),
			new nn.BatchNorm2d(4),
			new nn.ReLU(),
			new nn.Conv2d(4, 4, 3, { padding: 1 }),
			new nn.LeakyReLU(0.1),
			new nn.MaxPool2d(2),
			new nn.GroupNorm(2, 4),
			new nn.AvgPool2d(2),
			new nn.Flatten(),
			new nn.Linear(16, 3),
		);
	sameAsByHand(make, torch.randn(3, 2, 8, 8));
});

test("what hooks, modules of one's own, views and the end of a Sequential have of it stays usable", () => {
	torch.manualSeed(0);
	const kept: Tensor[] = [];
	const keep = (x: Tensor) => {
		kept.push(x);
		return x;
	};
	class Own extends nn.Module {
		forward(x: Tensor) {
			return keep(keep(x).mul(2));
		}
	}
	class Wider extends nn.Linear {
		override forward(x: Tensor) {
			return keep(super.forward(keep(x)));
		}
	}
	const seen = new nn.ReLU();
	seen.registerForwardHook((_module, [x], y) => {
		keep(x as Tensor);
		keep(y as Tensor);
	});
	const model = new nn.Sequential(
		new nn.Linear(4, 4),
		new Own(),
		new nn.ReLU(),
		new Wider(4, 4),
		new nn.Tanh(),
		seen,
		new nn.Linear(4, 4),
		new nn.Unflatten(1, [2, 2]),
	);
	const x = torch.randn(2, 4);
	for (const mode of [torch.enableGrad, torch.noGrad]) {
		kept.length = 0;
		const y = mode(() => model(x) as Tensor);
		for (let i = 0; i < 20; i++) torch.full([2, 4], i);
		expect(kept.length).toBe(6);
		expect([...kept, x, y].every((tensor) => Number.isFinite(tensor.sum().item()))).toBe(true);
		expect(kept[1]!.tolist()).toEqual(kept[0]!.mul(2).tolist());
		expect(kept[5]!.tolist()).toEqual(kept[4]!.relu().tolist());
		expect(torch.noGrad(() => (model[6]!(kept[5]!) as Tensor).view(2, 2, 2)).tolist()).toEqual(y.tolist());
	}
});
