import * as torch from "gradbook";
import { autograd, nn, Tensor } from "gradbook";
import { describe, expect, test } from "vitest";
import { mismatch, numbersOf, uniform } from "../../reference/inputs";
import { type Case, casesOf, families, nameOf, prepare } from "../../reference/ops";

/*
 * vmap does each op for all entries at once (engine/func/batching). Here every op of the reference, against a loop over the entries:
 * results and gradients, with all inputs mapped over and with each of them alone, the entries in front and behind.
 */

const { vmap, grad, jacrev, jacfwd, hessian, functionalCall } = torch.func;
const count = 3;

/** Ops that look at values which may differ: what they refuse is checked, not what they give. */
const readers = new Set([
	"allclose",
	"frexp",
	"histogram",
	"linalg.ldl_factor",
	"linalg.ldl_factor_ex",
	"linalg.ldl_solve",
	"linalg.matrix_exp",
	"matrix_exp",
	"nn.functional.fractional_max_pool2d",
	"nn.functional.fractional_max_pool3d",
	"quantile",
	"unique_consecutive",
]);

const all = Array.from({ length: count }, (_, i) => i);

/** Entry i of an input: the input itself, and near to it what has the same properties. */
function entry(x: Tensor, i: number): Tensor {
	return x.isFloatingPoint() ? x.detach().mul([1, 0.9375, 1.0625][i]!) : x.detach().clone();
}

const tensorsOf = (found: unknown[]) => found.filter((y): y is Tensor => y instanceof Tensor);

function start(y: Tensor): Tensor {
	const values = uniform(y.numel(), 0.25, 1.75, 77);
	return torch.tensor(Float64Array.from(values), { dtype: y.dtype }).view(y.shape);
}

/** Results, and the gradients of the inputs where there are some. */
function withGradients(inputs: readonly Tensor[], results: Tensor[]): Tensor[] {
	const roots = results.filter((y) => y.requiresGrad);
	const wanted = inputs.filter((x) => x.requiresGrad);
	if (roots.length === 0 || wanted.length === 0) return results;
	const grads = autograd.grad(roots, wanted, { gradOutputs: roots.map(start), allowUnused: true });
	return [...results, ...grads.map((g, i) => g ?? torch.zerosLike(wanted[i]!))];
}

/** An op of the reference, mapped over some of its inputs along a dimension: in a loop, and at once. */
function compare(row: Case, mapped: readonly boolean[], dim: number): void {
	const { inputs: given, call } = prepare(row, torch.float64);
	const inputs = () =>
		given.map((x, k) => {
			const entries = mapped[k]
				? torch.stack(
						all.map((i) => entry(x, i)),
						dim,
					)
				: x.detach().clone();
			return entries.requiresGrad_(x.requiresGrad);
		});
	const op = (...tensors: Tensor[]) => tensorsOf(call(row.in[0]!, tensors));
	let expected: Tensor[];
	try {
		const one = inputs();
		const runs = all.map((i) => op(...one.map((x, k) => (mapped[k] ? x.select(dim, i) : x))));
		const stacked = runs[0]!.map((_, r) => torch.stack(runs.map((run) => run[r]!)));
		expected = withGradients(one, stacked);
	} catch {
		// What fails for one entry, or gives each another shape, is no case.
		return;
	}
	const own = inputs();
	const once = () => withGradients(own, vmap(op, { inDims: mapped.map((is) => (is ? dim : null)) })(...own));
	if (/_$/.test(row.op) && row.op !== "__getitem__" && !mapped[0]) {
		expect(once).toThrow(/writes what differs from entry to entry into a tensor that is the same for all/);
		return;
	}
	let found: Tensor[];
	try {
		found = once();
	} catch (error) {
		if (!readers.has(row.op)) throw error;
		expect((error as Error).message).toMatch(/not possible inside vmap/);
		return;
	}
	expect(found.map((y) => `${y.dtype} ${y.shape}`)).toEqual(expected.map((y) => `${y.dtype} ${y.shape}`));
	found.forEach((y, i) => {
		const [rtol, atol] =
			y.dtype === torch.float64 ? [1e-9, 1e-10] : /16/.test(y.dtype.name) ? [1e-2, 1e-3] : [1e-5, 1e-5];
		const wrong = mismatch(numbersOf(y), numbersOf(expected[i]!), rtol!, atol!);
		if (wrong) throw new Error(`result ${i}: ${wrong}`);
	});
}

describe("every op of the reference", () => {
	test.each(families)("%s", (family) => {
		for (const row of casesOf(family)) {
			const n = row.error === undefined ? prepare(row, torch.float64).inputs.length : 0;
			if (n === 0) continue;
			const places = Array.from({ length: n }, (_, k) => k);
			const ways = [places.map(() => true), ...(n > 1 ? places.map((one) => places.map((k) => k === one)) : [])];
			for (const mapped of ways) {
				for (const dim of [0, -1]) {
					try {
						compare(row, mapped, dim);
					} catch (error) {
						throw new Error(`${nameOf(row)}, mapped ${mapped}, dimension ${dim}: ${(error as Error).message}`);
					}
				}
			}
		}
	});
});

describe("networks", () => {
	torch.manualSeed(3);
	const x = torch.randn(5, 2, 8, 8);
	const target = torch.tensor([0, 2, 1, 1, 0]).long();
	const networks: Record<string, nn.Module> = {
		convolutions: new nn.Sequential(
			new nn.Conv2d(2, 4, 3, { padding: 1 }),
			new nn.GroupNorm(2, 4),
			new nn.ReLU(),
			new nn.MaxPool2d(2),
			new nn.ConvTranspose2d(4, 3, 2, { stride: 2 }),
			new nn.GELU(),
			new nn.AvgPool2d(2),
			new nn.Flatten(),
			new nn.LayerNorm(48),
			new nn.Linear(48, 3),
		),
		transformer: new nn.Sequential(
			new nn.Flatten(2),
			new nn.TransformerEncoderLayer(64, 4, { dimFeedforward: 32, dropout: 0, batchFirst: true }),
			new nn.Flatten(),
			new nn.Linear(128, 3),
		),
	};

	test.each(Object.keys(networks))("gradients of samples: %s", (name) => {
		const model = networks[name]!;
		const parameters = Object.fromEntries([...model.namedParameters()].map(([key, p]) => [key, p.detach()]));
		const loss = (p: typeof parameters, input: Tensor, label: Tensor) =>
			nn.functional.crossEntropy(functionalCall(model, p, input.unsqueeze(0)) as Tensor, label.unsqueeze(0));
		const found = vmap(grad(loss), { inDims: [null, 0, 0] })(parameters, x, target) as typeof parameters;
		for (let i = 0; i < 5; i++) {
			model.zeroGrad();
			nn.functional.crossEntropy(model.forward(x.narrow(0, i, 1)) as Tensor, target.narrow(0, i, 1)).backward();
			for (const [key, p] of model.namedParameters()) {
				const scale = Math.max(1e-3, p.grad!.abs().max().item());
				const off = found[key]!.select(0, i).sub(p.grad!).abs().max().item();
				expect(off / scale, `${key} of sample ${i}`).toBeLessThan(1e-4);
			}
		}
	});

	test("gradients flow out of vmap, to what is mapped over and to what is not, summed", () => {
		const w = torch.randn(3, 4, { requiresGrad: true });
		const rows = torch.randn(6, 4, { requiresGrad: true });
		const f = (row: Tensor) => w.mul(2).matmul(row.sin()).square().sum();
		const [a, b] = autograd.grad([vmap(f)(rows).sum()], [w, rows]);
		const all = Array.from({ length: 6 }, (_, i) => f(rows.select(0, i)));
		const [c, d] = autograd.grad([torch.stack(all).sum()], [w, rows]);
		expect(torch.allclose(a!, c!, { rtol: 1e-5, atol: 1e-5 })).toBe(true);
		expect(torch.allclose(b!, d!, { rtol: 1e-5, atol: 1e-5 })).toBe(true);
	});

	test("second derivatives through vmap", () => {
		const x = torch.randn(4, 3, { dtype: torch.float64, requiresGrad: true });
		const w = torch.randn(3, { dtype: torch.float64, requiresGrad: true });
		const f = (x: Tensor, w: Tensor) => vmap((row: Tensor) => row.mul(w).exp().sum().mul(row.select(0, 0)))(x);
		expect(autograd.gradgradcheck(f, [x, w])).toBe(true);
	});
});

describe("one inside the other", () => {
	const float64 = { dtype: torch.float64 };
	const a = torch.arange(1, 7, float64).reshape(2, 3);
	const b = torch.arange(1, 13, float64).reshape(3, 4);

	test("vmap in vmap: an outer product of products", () => {
		const found = vmap((x: Tensor) => vmap((y: Tensor) => x.mul(y).sum().add(a.sum()))(b.t()))(a);
		const expected = a.matmul(b).add(21);
		expect(torch.allclose(found, expected)).toBe(true);
	});

	test("a Jacobian for each entry, and the gradient of a sum over entries for each of others", () => {
		const f = (x: Tensor) => torch.stack([x.square().sum(), x.prod()]);
		const found = vmap(jacrev(f))(a) as Tensor;
		all.slice(0, 2).forEach((i) => {
			expect(torch.allclose(found.select(0, i), jacrev(f)(a.select(0, i)) as Tensor)).toBe(true);
		});
		const total = (scale: Tensor) => grad((s: Tensor) => vmap((x: Tensor) => x.mul(s).sin().sum())(a).sum())(scale);
		const scales = torch.tensor([0.5, 1.5], float64);
		const slopes = vmap(total)(scales);
		[0, 1].forEach((i) => {
			expect(slopes.select(0, i).item()).toBeCloseTo(total(scales.select(0, i)).item(), 10);
		});
	});

	test("Jacobians and Hessians as by single passes", () => {
		const f = (x: Tensor) => x.pow(3).prod().add(x.sum().sin());
		const x = torch.tensor([0.5, -1, 2, 1.5], float64);
		const h = hessian(f)(x) as Tensor;
		for (let i = 0; i < 4; i++) {
			const row = grad((y: Tensor) => (grad(f)(y) as Tensor).select(0, i))(x) as Tensor;
			expect(torch.allclose(h.select(0, i), row)).toBe(true);
		}
		const g = (x: Tensor) => torch.stack([x.sum(), x.mul(2).prod(), x.cos().sum()]);
		expect(torch.allclose(jacrev(g)(x) as Tensor, jacfwd(g)(x) as Tensor)).toBe(true);
	});
});

describe("what cannot be done for all at once", () => {
	const x = torch.tensor([
		[1, 2],
		[3, 4],
	]);

	test("values that differ cannot be looked at; those that all agree on can", () => {
		expect(() => vmap((row: Tensor) => (row.sum().item() > 4 ? row : row.neg()))(x)).toThrow(
			/^\[item\] not possible inside vmap: it reads a value that differs from entry to entry/,
		);
		expect(() => vmap((row: Tensor) => row.at(row.gt(1)))(x)).toThrow(/the result's shape depends on values, \[1\]/);
		expect(vmap((row: Tensor) => row.mul(row.gt(0).all().item()))(x).tolist()).toEqual([
			[1, 2],
			[3, 4],
		]);
	});

	test("a shape error is that of one entry", () => {
		expect(() => vmap((row: Tensor) => row.add(torch.ones(3)))(x)).toThrow(/\[add\].*2.*3/);
		expect(() => vmap((row: Tensor) => row.sum(1))(x)).toThrow(/dimension out of range/i);
	});

	test("what prints says that it stands for several", () => {
		let text = "";
		vmap((row: Tensor) => {
			text = String(row);
			return row;
		})(x);
		expect(text).toBe("BatchedTensor(lvl=1, bdim=0, value=\n    tensor([[1., 2.],\n            [3., 4.]])\n)");
	});

	test("random numbers: refused, or the same for all, also of a tensor of the entries", () => {
		expect(() => vmap((row: Tensor) => nn.functional.dropout(row, { p: 0.5 }))(x)).toThrow(
			/called a random operation \(dropout\) while in randomness error mode/,
		);
		torch.manualSeed(1);
		const same = vmap((row: Tensor) => nn.functional.dropout(torch.onesLike(row), { p: 0.5 }), { randomness: "same" })(
			torch.ones(4, 32),
		);
		expect(same.sub(same.select(0, 0)).abs().sum().item()).toBe(0);
		torch.manualSeed(1);
		const once = nn.functional.dropout(torch.ones(32), { p: 0.5 });
		expect(torch.equal(same.select(0, 3), once)).toBe(true);
	});

	test("different random numbers for all entries at once: those of one tensor", () => {
		const network = new nn.Sequential(new nn.Linear(8, 16), new nn.Dropout(0.5), new nn.Linear(16, 4));
		const one = torch.randn(8);
		let runs = 0;
		const predict = (input: Tensor) => {
			runs++;
			return network.forward(input);
		};
		torch.manualSeed(7);
		const found = vmap(predict, { randomness: "different" })(one.expand(50, 8));
		torch.manualSeed(7);
		expect(torch.allclose(found, network.forward(one.expand(50, 8)), { atol: 1e-6 })).toBe(true);
		expect(runs).toBe(1);
		expect(found.std(0).gt(0).all().item()).toBe(1);
		// What is made within has as many numbers, in PyTorch's order: torch.vmap(lambda r: r * 0 + torch.randn(4), …)(torch.ones(5, 4)).
		torch.manualSeed(7);
		const made = vmap((row: Tensor) => row.mul(0).add(torch.randn(4)), { randomness: "different" })(torch.ones(5, 4));
		expect(made.select(0, 0).tolist()).toEqual([
			-0.8201345205307007, 0.39563116431236267, 0.8989084959030151, -1.3884038925170898,
		]);
		expect(made.select(0, 4).tolist()).toEqual([
			-0.866701602935791, -0.5640066862106323, -2.056462526321411, -0.35672253370285034,
		]);
		torch.manualSeed(8);
		const orders = vmap((row: Tensor) => row.mul(0).add(torch.randperm(2)), { randomness: "different" })(
			torch.ones(9, 2),
		);
		torch.manualSeed(8);
		expect(orders.tolist()).toEqual(Array.from({ length: 9 }, () => torch.randperm(2).tolist()));
		const generator = new torch.Generator().manualSeed(1);
		const drawn = vmap((row: Tensor) => row.mul(0).add(torch.rand(2, { generator })), { randomness: "different" })(x);
		expect(drawn.select(0, 0).tolist()).not.toEqual(drawn.select(0, 1).tolist());
		expect(() => vmap((row: Tensor) => row.add(torch.rand(2, { generator })))(x)).toThrow(/randomness error mode/);
	});

	test("an error of the function leaves nothing behind", () => {
		expect(() =>
			vmap((_: Tensor): Tensor => {
				throw new Error("mine");
			})(x),
		).toThrow("mine");
		const w = torch.ones(2, { requiresGrad: true });
		w.mul(2).sum().backward();
		expect(w.grad!.tolist()).toEqual([2, 2]);
	});
});
