import * as torch from "gradbook";
import { autograd, noGrad, type Tensor, tensor } from "gradbook";
import { describe, expect, test } from "vitest";

/* The graph itself: accumulation, views and in-place writes, hooks, modes, custom functions, errors. */

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true, dtype: torch.float64 });

describe("backward", () => {
	test("a result used twice adds up: b = a + a, c = b + b", () => {
		const a = leaf(3);
		const b = a.add(a);
		b.add(b).backward();
		expect(a.grad!.tolist()).toEqual([4]);
	});

	test("two losses of one input add their gradients", () => {
		const x = leaf(1, 3, 6);
		x.pow(3).sum().backward();
		x.square().sum().backward();
		expect(x.grad!.tolist()).toEqual([5, 33, 120]);
	});

	test("a chain of 100,000 operations", () => {
		const x = leaf(1);
		let y: Tensor = x;
		for (let i = 0; i < 100_000; i++) y = y.add(1);
		y.backward();
		expect(x.grad!.item()).toBe(1);
		expect(y.item()).toBe(100_001);
	});

	test("a second pass through a product or quotient with a number needs retainGraph, through a sum it does not", () => {
		for (const of of [(x: Tensor) => x.mul(2), (x: Tensor) => x.div(2)]) {
			const y = of(leaf(1, 2));
			y.sum().backward();
			expect(() => y.sum().backward()).toThrow(/a second time/);
		}
		const y = leaf(1, 2).add(2);
		y.sum().backward();
		y.sum().backward();
	});

	test("a second pass needs retainGraph", () => {
		const x = leaf(2);
		const y = x.mul(x);
		y.backward({ retainGraph: true });
		y.backward();
		expect(x.grad!.item()).toBe(8);
		expect(() => y.backward()).toThrow(/\[backward\] trying to backward through the graph a second time/);
	});

	test("second and third derivatives", () => {
		const x = leaf(2);
		const [first] = autograd.grad(x.pow(4), x, { createGraph: true });
		const [second] = autograd.grad(first!, x, { createGraph: true });
		const [third] = autograd.grad(second!, x);
		expect([first!.item(), second!.item(), third!.item()]).toEqual([32, 48, 48]);
	});

	test("a Hessian-vector product", () => {
		const x = leaf(1, 2);
		const [slope] = autograd.grad(x.at(0).square().mul(x.at(1)), x, { createGraph: true });
		const [product] = autograd.grad(slope!.mul(tensor([1, 1], { dtype: torch.float64 })).sum(), x);
		expect(product!.tolist()).toEqual([6, 2]);
	});

	test("only a scalar starts without a gradient", () => {
		const x = leaf(1, 2);
		const y = x.mul(2);
		expect(() => y.backward()).toThrow(/grad can be implicitly created only for scalar outputs/);
		const gradient = tensor([1, 10], { dtype: torch.float64 });
		y.backward(gradient, { retainGraph: true });
		expect(x.grad!.tolist()).toEqual([2, 20]);
		y.backward({ gradient });
		expect(x.grad!.tolist()).toEqual([4, 40]);
		expect(() => (y as any).backward(gradient, { gradient })).toThrow(/\[backward\].*gradient/);
		expect(() => tensor([1]).backward()).toThrow(/does not require grad/);
	});

	test("an unused input is an error unless it is allowed", () => {
		const [x, z] = [leaf(1), leaf(1)];
		expect(() => autograd.grad(x.mul(2), z)).toThrow(/appears to not have been used in the graph/);
		expect(autograd.grad(x.mul(2), [z], { allowUnused: true })).toEqual([null]);
		expect(autograd.grad(x.mul(2), [z], { materializeGrads: true })[0]!.tolist()).toEqual([0]);
	});

	test("gradients accumulate into the leaves that are asked for", () => {
		const [x, z] = [leaf(2), leaf(3)];
		x.mul(z).backward({ inputs: x });
		expect(x.grad!.item()).toBe(3);
		expect(z.grad).toBe(null);
	});

	test("a second pass is refused where something was saved, whatever the derivative takes of it, and goes where nothing was", () => {
		const x = leaf(0.5, 1.5, 2.5, 3.5);
		const twice = (f: (x: Tensor) => Tensor) => {
			const y = f(x).sum();
			y.backward();
			y.backward();
		};
		const refused = [
			(x: Tensor) => x.exp(),
			(x: Tensor) => x.div(2),
			(x: Tensor) => torch.where(x.gt(1), x, 0),
			(x: Tensor) => torch.nn.functional.pixelShuffle(x.reshape(1, 4, 1, 1), 2),
			(x: Tensor) => torch.nn.functional.mseLoss(x, x.detach()),
		];
		for (const f of refused) expect(() => twice(f)).toThrow(/trying to backward through the graph a second time/);
		for (const f of [(x: Tensor) => x.frac(), (x: Tensor) => x.neg(), (x: Tensor) => x.flip([0])]) {
			expect(() => twice(f)).not.toThrow();
		}
	});

	test("a pass computes what it is asked for: a gradient that nobody wants is not made", () => {
		const [a, b] = [leaf(2, 3), leaf(5, 7)];
		const y = a.mul(b).sum();
		// What the gradient of a would need was changed since; that of b needs a alone.
		noGrad(() => b.mul_(2));
		expect(autograd.grad([y], [b], { retainGraph: true })[0]!.tolist()).toEqual([2, 3]);
		expect(() => autograd.grad([y], [a], { retainGraph: true })).toThrow(/modified by an in-place operation/);
		expect(() => y.backward()).toThrow(/modified by an in-place operation/);
	});
});

describe("in-place writes", () => {
	test("two views of a written base both hand their gradients on", () => {
		const a = torch.ones(3, 1).requiresGrad_();
		const first = a.select(0, 0);
		const flat = a.flatten();
		torch.noGrad(() => a.fill_(2));
		// The history of `first` is made anew while the sum is recorded.
		flat.add(first).sum().backward();
		expect(a.grad?.tolist()).toEqual([[4], [1], [1]]);
	});

	test("a gradient that is kept is that of the written tensor", () => {
		const a = torch.ones(3).requiresGrad_();
		const direct = a.abs();
		direct.retainGrad();
		direct.mul_(2);
		const base = a.abs();
		base.retainGrad();
		base.view(3, 1).fill_(3);
		direct.sum().add(base.sum()).backward();
		expect(direct.grad?.tolist()).toEqual([1, 1, 1]);
		expect(base.grad?.tolist()).toEqual([1, 1, 1]);
		expect(a.grad?.tolist()).toEqual([2, 2, 2]);
	});

	test("a leaf that was frozen after its use gets no gradient", () => {
		const a = torch.ones(2).requiresGrad_();
		const b = torch.ones(2).requiresGrad_();
		const product = a.mul(b);
		a.requiresGrad = false;
		product.sum().backward();
		expect(a.grad).toBeNull();
		expect(b.grad?.tolist()).toEqual([1, 1]);
	});

	test("a write to a view is part of its base's history", () => {
		const x = leaf(1, 2, 3);
		const y = x.mul(2);
		y.at("1:").mul_(10);
		expect(y.gradFn!.name).toBe("CopySlices");
		y.sum().backward();
		expect(x.grad!.tolist()).toEqual([2, 20, 20]);
	});

	test("a view sees the history of a write to its base", () => {
		const x = leaf(1, 2);
		const y = x.mul(2);
		const view = y.at(0);
		y.mul_(5);
		view.backward();
		expect(x.grad!.tolist()).toEqual([10, 0]);
	});

	test("a saved tensor that was changed is refused, with the op's name", () => {
		const x = leaf(1, 2);
		const y = x.exp();
		y.add_(1);
		expect(() => y.sum().backward()).toThrow(
			/\[ExpBackward0\].*modified by an in-place operation.*version 1; expected version 0/,
		);
	});

	test("a leaf and a view of it are refused, outside noGrad", () => {
		const x = leaf(1, 2);
		expect(() => x.add_(1)).toThrow(/\[add_\] a leaf tensor that requires grad/);
		expect(() => x.at(0).add_(1)).toThrow(/\[add_\] a view of a leaf tensor that requires grad/);
		noGrad(() => x.add_(1));
		expect(x.tolist()).toEqual([2, 3]);
	});

	test("an op that needs what it overwrites keeps a copy", () => {
		const [x, z] = [leaf(3), leaf(5)];
		const y = x.mul(1);
		y.mul_(z);
		y.backward();
		expect([x.grad!.item(), z.grad!.item()]).toEqual([5, 3]);
	});

	test("assignment through an index carries gradients of both sides", () => {
		const [x, v] = [leaf(1, 2, 3), leaf(7)];
		const y = x.mul(2);
		y.setAt([1], v.at(0));
		y.mul(tensor([1, 10, 100], { dtype: torch.float64 }))
			.sum()
			.backward();
		expect(x.grad!.tolist()).toEqual([2, 0, 200]);
		expect(v.grad!.tolist()).toEqual([10]);
	});
});

describe("hooks", () => {
	test("change a gradient as it flows, and are removed again", () => {
		const x = leaf(1, 2);
		const seen: unknown[] = [];
		const y = x.mul(3);
		y.registerHook((grad) => {
			seen.push(grad.tolist());
		});
		const clamped = y.registerHook((grad) => grad.clamp(-1, 1));
		y.mul(5).sum().backward({ retainGraph: true });
		expect(seen).toEqual([[5, 5]]);
		expect(x.grad!.tolist()).toEqual([3, 3]);
		clamped.remove();
		x.grad = null;
		y.mul(5).sum().backward();
		expect(x.grad!.tolist()).toEqual([15, 15]);
	});

	test("a hook on a leaf runs when its gradient is complete, and may let it go", () => {
		const w = torch.ones([2], { requiresGrad: true });
		const seen: unknown[] = [];
		const handle = w.registerPostAccumulateGradHook((leaf) => {
			seen.push([leaf === w, leaf.grad!.tolist()]);
			torch.noGrad(() => w.sub_(leaf.grad!, { alpha: 0.5 }));
			leaf.grad = null;
		});
		w.mul(w).sum().add(w.sum()).backward();
		expect([seen, w.grad, w.tolist()]).toEqual([[[true, [3, 3]]], null, [-0.5, -0.5]]);
		expect(torch.autograd.grad(w.sum(), w)[0]!.tolist()).toEqual([1, 1]);
		expect(seen.length).toBe(1);
		handle.remove();
		w.sum().backward();
		expect([seen.length, w.grad!.tolist()]).toEqual([1, [1, 1]]);
		expect(() => w.mul(2).registerPostAccumulateGradHook(() => {})).toThrow(/on non-leaf tensors/);
		expect(() => torch.ones(2).registerPostAccumulateGradHook(() => {})).toThrow(/doesn't require gradient/);
	});

	test("retainGrad keeps the gradient of an intermediate tensor", () => {
		const x = leaf(1, 2);
		const y = x.mul(3);
		y.retainGrad();
		y.square().sum().backward();
		expect(y.grad!.tolist()).toEqual([6, 12]);
	});

	test("anomaly mode names the operation that made a NaN", () => {
		const x = leaf(-1);
		autograd.detectAnomaly(() => {
			expect(() => x.sqrt().backward()).toThrow(/function 'SqrtBackward0' returned nan values/);
			const root = x.sqrt();
			const error = (() => {
				try {
					return root.backward();
				} catch (thrown) {
					return thrown as Error;
				}
			})() as Error;
			expect(error.message).not.toContain("at ");
			expect((error.cause as Error).stack).toMatch(/^Error: SqrtBackward0 was recorded here\n[\s\S]*graph\.test\.ts/);
		});
	});
});

describe("modes", () => {
	test("noGrad records nothing, refuses promises", () => {
		const x = leaf(1);
		expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
		expect(() => noGrad(async () => x)).toThrow(/\[noGrad\] takes a synchronous function/);
		expect(x.mul(2).requiresGrad).toBe(true);
	});

	test("what inference mode made cannot be saved or written outside", () => {
		const x = torch.inferenceMode(() => tensor([1, 2]).mul(2));
		expect(() => tensor([1, 1], { requiresGrad: true }).mul(x)).toThrow(
			/inference tensors cannot be saved for backward/,
		);
		expect(() => x.add_(1)).toThrow(/\[add_\] in-place update to an inference tensor/);
	});

	test("detach shares memory, data is not counted", () => {
		const x = leaf(1, 2);
		const y = x.mul(2);
		y.detach().fill_(5);
		expect(y.tolist()).toEqual([5, 5]);
		x.data.fill_(3);
		expect(x.tolist()).toEqual([3, 3]);
	});
});

test("a function with a derivative of its own", () => {
	class Cube extends autograd.Function {
		static override forward(ctx: autograd.FunctionContext, x: Tensor): Tensor {
			ctx.saveForBackward(x);
			return x.pow(3);
		}

		static override backward(ctx: autograd.FunctionContext, grad: Tensor): Tensor {
			return grad.mul(ctx.savedTensors[0]!.square()).mul(3);
		}
	}
	const x = leaf(2, 3);
	const y = Cube.apply(x) as Tensor;
	expect(y.gradFn!.name).toBe("CubeBackward");
	expect(autograd.gradcheck((a) => Cube.apply(a) as Tensor, x)).toBe(true);
	expect(autograd.gradgradcheck((a) => Cube.apply(a) as Tensor, x)).toBe(true);
});

test("setupContext sees inputs and outputs; gradients of what nothing used are zeros, or null where that is said", () => {
	const seen: (Tensor | null)[] = [];
	class Both extends autograd.Function {
		static override forward(x: Tensor, factor: number, _materialize: boolean): [Tensor, Tensor, Tensor] {
			return [x.mul(factor), x.exp(), x.argmax()];
		}

		static setupContext(
			ctx: autograd.FunctionContext,
			[x, factor, materialize]: [Tensor, number, boolean],
			[, , place]: [Tensor, Tensor, Tensor],
		): void {
			ctx.saveForBackward(x);
			ctx.markNonDifferentiable(place);
			ctx.setMaterializeGrads(materialize);
			ctx.factor = factor;
		}

		static override backward(ctx: autograd.FunctionContext, grad: Tensor, other: Tensor | null) {
			seen.push(other);
			expect(ctx.needsInputGrad).toEqual([true, false, false]);
			return [grad.mul(ctx.factor as number).add(ctx.savedTensors[0]!), null, null];
		}
	}
	for (const materialize of [true, false]) {
		const x = leaf(1, 2);
		const [scaled, , place] = Both.apply(x, 3, materialize);
		expect([place.item(), place.requiresGrad]).toEqual([1, false]);
		scaled.sum().backward();
		expect(x.grad!.tolist()).toEqual([4, 5]);
	}
	expect(seen.map((grad) => grad?.tolist() ?? null)).toEqual([[0, 0], null]);
});

test("gradients of outputs stand in place or by name, as all arguments of grad and backward may", () => {
	const [x, start] = [leaf(1, 2), tensor([1, 10], { dtype: torch.float64 })];
	const y = x.square();
	const expected = [2, 40];
	expect(autograd.grad(y, x, start, { retainGraph: true })[0]!.tolist()).toEqual(expected);
	expect(autograd.grad({ outputs: y, inputs: x, gradOutputs: start, retainGraph: true })[0]!.tolist()).toEqual(
		expected,
	);
	expect(autograd.grad([y], [x], [start], { createGraph: true })[0]!.requiresGrad).toBe(true);
	const unused: (Tensor | null)[] = autograd.grad(y, leaf(1), start, { allowUnused: true, retainGraph: true });
	expect(unused).toEqual([null]);
	autograd.backward([y], [start], { retainGraph: true });
	autograd.backward({ tensors: y, gradTensors: start });
	expect(x.grad!.tolist()).toEqual([4, 80]);
	// @ts-expect-error
	expect(() => autograd.grad(y, x, { createGraf: true })).toThrow('[grad] unknown option "createGraf"');
});

test("gradcheck finds a wrong derivative", () => {
	class Wrong extends autograd.Function {
		static override forward(_ctx: autograd.FunctionContext, x: Tensor): Tensor {
			return x.mul(2);
		}

		static override backward(_ctx: autograd.FunctionContext, grad: Tensor): Tensor {
			return grad.mul(3);
		}
	}
	expect(() => autograd.gradcheck((a) => Wrong.apply(a) as Tensor, leaf(1))).toThrow(
		/numerical (2|1\.999).*analytical 3/,
	);
});

test("nextFunctions can be walked to the leaves", () => {
	const [x, z] = [leaf(1), leaf(2)];
	const y = x.mul(z).add(x);
	expect(y.gradFn!.nextFunctions.map(([node]) => node?.name)).toEqual(["MulBackward0", "AccumulateGrad"]);
	expect(x.isLeaf && !y.isLeaf).toBe(true);
});

test("windows of a tensor of no dimensions", () => {
	const a = torch.tensor(3, { requiresGrad: true });
	a.unfold(0, 1, 1).mul(2).sum().backward();
	expect(a.grad?.item()).toBe(2);
});

describe("registerMultiGradHook", () => {
	const { registerMultiGradHook } = torch.autograd.graph;
	const leaves = (count: number) =>
		Array.from({ length: count }, (_, i) => torch.tensor([i + 1], { requiresGrad: true }));

	test("runs once in a pass, with the gradients that the pass computes", () => {
		const [a, b, c] = leaves(3) as [torch.Tensor, torch.Tensor, torch.Tensor];
		const d = a.clone();
		const seen: unknown[] = [];
		const handle = registerMultiGradHook([a, b, c, d], (grads) =>
			seen.push(grads.map((grad) => grad?.tolist() ?? null)),
		);
		d.mul(2).add(b.mul(3)).sum().backward({ retainGraph: true });
		c.mul(3).sum().backward();
		expect(seen).toEqual([
			[[2], [3], null, [2]],
			[null, null, [3], null],
		]);
		handle.remove();
		c.mul(3).sum().backward();
		expect(seen).toHaveLength(2);
	});

	test("waits only for what the inputs of a pass need", () => {
		const [a, b] = leaves(2) as [torch.Tensor, torch.Tensor];
		const [c, d] = [a.mul(b), a.mul(b)];
		const seen: boolean[][] = [];
		registerMultiGradHook([a, b, c, d], (grads) => seen.push(grads.map((grad) => grad !== null)));
		c.sum().backward({ retainGraph: true });
		c.sum().backward({ inputs: [a], retainGraph: true });
		expect(seen).toEqual([
			[true, true, true, false],
			[true, false, true, false],
		]);
	});

	test("runs with the first gradient where any will do; another mode is refused", () => {
		const [a, b] = leaves(2) as [torch.Tensor, torch.Tensor];
		const seen: unknown[] = [];
		registerMultiGradHook([a, b, torch.ones(1)], (grad) => seen.push(grad.tolist()), { mode: "any" });
		a.mul(b).sum().backward();
		a.mul(b).sum().backward();
		expect(seen).toHaveLength(2);
		expect(() => registerMultiGradHook([a], () => {}, { mode: "some" as "all" })).toThrow(
			'[registerMultiGradHook] mode must be "all" or "any", got "some"',
		);
	});
});

describe("saved tensors on the host", () => {
	const { saveOnCpu, disableSavedTensorsHooks, savedTensorsHooks } = torch.autograd.graph;

	test("give the same gradients, with a function and with using", () => {
		const x = torch.tensor([1, 2, 3], { requiresGrad: true });
		const y = saveOnCpu(() => x.mul(x).exp());
		y.sum().backward();
		const expected = x.detach().square().exp().mul(x.detach()).mul(2);
		expect(torch.allclose(x.grad!, expected)).toBe(true);
		x.grad = null;
		{
			using _ = saveOnCpu({ pinMemory: true });
			x.mul(x).exp().sum().backward();
		}
		expect(torch.allclose(x.grad!, expected)).toBe(true);
		expect(() => saveOnCpu({ pin: true } as never, () => 1)).toThrow('[saveOnCpu] unknown option "pin"');
	});

	test("and hooks at all, are refused where they are disabled", () => {
		const pack = () =>
			savedTensorsHooks(
				(t) => t,
				(t: torch.Tensor) => t,
				() => 1,
			);
		expect(() => disableSavedTensorsHooks("not here", pack)).toThrow("[savedTensorsHooks] not here");
		expect(pack()).toBe(1);
	});
});
