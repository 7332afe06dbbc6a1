import * as torch from "gradbook";
import { nn, optim, type Tensor } from "gradbook";
import { expect, test } from "vitest";

/* Lazy layers become the layers of their first input's size, with the numbers that those would have. */

const lazily = () =>
	new nn.Sequential(
		new nn.LazyConv2d(4, 3, { padding: 1 }),
		new nn.LazyBatchNorm2d(),
		new nn.ReLU(),
		new nn.LazyConvTranspose2d(2, [2, 2], { stride: 2, groups: 2 }),
		new nn.LazyInstanceNorm2d({ affine: true }),
		new nn.Flatten(),
		new nn.LazyLinear(3, { bias: false }),
	);
const eagerly = () =>
	new nn.Sequential(
		new nn.Conv2d(2, 4, 3, { padding: 1 }),
		new nn.BatchNorm2d(4),
		new nn.ReLU(),
		new nn.ConvTranspose2d(4, 2, [2, 2], { stride: 2, groups: 2 }),
		new nn.InstanceNorm2d(2, { affine: true }),
		new nn.Flatten(),
		new nn.Linear(2 * 8 * 8, 3, { bias: false }),
	);

test("text before, and text, state and results after the first input", () => {
	const model = lazily();
	// PyTorch's own text.
	expect(String(model)).toBe(`Sequential(
  (0): LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (1): LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
  (2): ReLU()
  (3): LazyConvTranspose2d(0, 2, kernel_size=(2, 2), stride=(2, 2), groups=2)
  (4): LazyInstanceNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False)
  (5): Flatten(start_dim=1, end_dim=-1)
  (6): LazyLinear(in_features=0, out_features=3, bias=False)
)`);
	const x = torch.arange(64).float().reshape(2, 2, 4, 4).div(64);
	torch.manualSeed(3);
	const y = model(x) as Tensor;
	torch.manualSeed(3);
	const other = eagerly();
	expect((other(x) as Tensor).tolist()).toEqual(y.tolist());
	expect(String(model)).toBe(String(other));
	expect(Object.keys(model.stateDict())).toEqual(Object.keys(other.stateDict()));
	expect(model.at(0)).toBeInstanceOf(nn.Conv2d);
	new optim.SGD(model.parameters(), { lr: 0.1 });
});

test("a layer in eval mode stays in it; hooks stay", () => {
	const layer = new nn.LazyBatchNorm1d().eval();
	let calls = 0;
	layer.registerForwardHook(() => {
		calls++;
	});
	const y = layer(torch.ones(2, 3)) as Tensor;
	expect(y.mean().item()).toBeCloseTo(1, 4);
	expect([layer.training, calls, String(layer)]).toEqual([
		false,
		1,
		"BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
	]);
});

test("before the first input parameters are there without a shape, as PyTorch's", () => {
	const layer = new nn.LazyLinear(3);
	expect(layer.parameters().map(String)).toEqual(["<UninitializedParameter>", "<UninitializedParameter>"]);
	expect(layer.namedParameters().map(([name]) => name)).toEqual(["weight", "bias"]);
	expect([layer.hasUninitializedParams(), layer.inFeatures]).toEqual([true, 0]);
	expect(() => layer.weight.shape).toThrow(/Can't access the shape of an uninitialized parameter or buffer/);
	expect(() => layer.weight.add(1)).toThrow(/Attempted to use an uninitialized parameter/);
	expect(() => layer.weight.numel()).toThrow(/Attempted to use an uninitialized parameter/);
	expect(() => nn.init.ones_(layer.weight)).toThrow(/Attempted to use an uninitialized parameter/);
	const norm = new nn.LazyBatchNorm2d();
	expect(Object.entries(norm.stateDict()).map(([key, value]) => [key, String(value)])).toEqual([
		["weight", "<UninitializedParameter>"],
		["bias", "<UninitializedParameter>"],
		["running_mean", "<UninitializedBuffer>"],
		["running_var", "<UninitializedBuffer>"],
		["num_batches_tracked", "tensor(0)"],
	]);
	expect(Object.keys(new nn.LazyBatchNorm2d({ affine: false, trackRunningStats: false }).stateDict())).toEqual([]);
	expect(new nn.LazyLinear(3, { bias: false }).bias).toBe(null);
	expect(() => new nn.LazyLinear({ outFeature: 3 } as never)).toThrow(/outFeature/);
	expect(() => new nn.LazyConv2d(4, 3)(torch.ones(2, 2))).toThrow(
		"Expected 3D (unbatched) or 4D (batched) input to LazyConv2d, but got input of size: torch.Size([2, 2])",
	);
});

test("a state dict gives a lazy layer its shapes; its class comes with the first input", () => {
	const layer = new nn.LazyLinear(3);
	const state = { weight: torch.ones(3, 2), bias: torch.zeros(3) };
	expect(String(layer.loadStateDict(state))).toBe("<All keys matched successfully>");
	expect([String(layer), layer.hasUninitializedParams()]).toEqual([
		"LazyLinear(in_features=0, out_features=3, bias=True)",
		false,
	]);
	torch.manualSeed(4);
	const next = torch.rand(1).item();
	torch.manualSeed(4);
	expect((layer(torch.ones(1, 2)) as Tensor).tolist()).toEqual([[2, 2, 2]]);
	expect(torch.rand(1).item()).toBe(next);
	expect(String(layer)).toBe("Linear(in_features=2, out_features=3, bias=True)");

	const trained = new nn.BatchNorm1d(3);
	trained(torch.arange(6).float().reshape(2, 3));
	const norm = new nn.LazyBatchNorm1d();
	norm.loadStateDict(trained.stateDict());
	expect(norm.runningMean!.tolist()).toEqual(trained.runningMean!.tolist());
	norm.eval();
	norm(torch.ones(2, 3));
	expect([norm.runningMean!.tolist(), norm.numBatchesTracked!.item()]).toEqual([trained.runningMean!.tolist(), 1]);

	const other = new nn.LazyLinear(3);
	expect(String(other.loadStateDict(new nn.LazyLinear(3).stateDict()))).toBe("<All keys matched successfully>");
	expect(other.hasUninitializedParams()).toBe(true);
	expect(() => other.loadStateDict({})).toThrow(/Missing key\(s\) in state_dict: "weight", "bias"\. /);
	expect(() => new nn.Linear(2, 3).loadStateDict(other.stateDict())).toThrow(/Can't access the shape/);
});

test("an optimiser that was made first goes on with the parameters; casts and copies keep what is known", () => {
	const layer = new nn.LazyLinear(3).double();
	expect(layer.weight.dtype).toBe(torch.float64);
	const copy = nn.deepcopy(layer);
	const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 });
	layer.zeroGrad();
	const y = layer(torch.ones(1, 2, { dtype: torch.float64 })) as Tensor;
	const before = layer.weight.clone();
	y.sum().backward();
	optimizer.step();
	expect(layer.weight).toBe(optimizer.paramGroups[0]!.params[0]);
	expect(layer.weight.constructor).toBe(nn.Parameter);
	expect(layer.weight.allclose(before.sub(0.1))).toBe(true);
	expect((copy(torch.ones(1, 5, { dtype: torch.float64 })) as Tensor).dtype).toBe(torch.float64);
	expect(copy.weight.shape).toEqual([3, 5]);
});

test("random numbers are drawn when the layer comes to be, not when it is shown", () => {
	torch.manualSeed(1);
	const next = torch.rand(2).tolist();
	torch.manualSeed(1);
	String(new nn.LazyLinear(3));
	expect(torch.rand(2).tolist()).toEqual(next);
});

test("LocalResponseNorm and FractionalMaxPool2d as their functions", () => {
	const x = torch.randn(2, 5, 6, 6);
	const normed = new nn.LocalResponseNorm(3, { alpha: 0.1 })(x);
	expect(torch.equal(normed, nn.functional.localResponseNorm(x, 3, 0.1))).toBe(true);
	// Of an odd size the older form is the same formula.
	const older = new nn.CrossMapLRN2d(3, { alpha: 0.1 });
	expect(torch.allclose(older(x), normed)).toBe(true);
	expect(String(older)).toBe("CrossMapLRN2d(3, alpha=0.1, beta=0.75, k=1)");
	expect(torch.autograd.gradcheck(older, torch.rand(1, 4, 2, 2, { dtype: torch.float64, requiresGrad: true }))).toBe(
		true,
	);
	const pool = new nn.FractionalMaxPool2d(2, { outputRatio: 0.5, returnIndices: true });
	torch.manualSeed(5);
	const [values, places] = pool(x) as [Tensor, Tensor];
	expect([values.shape, places.dtype.name]).toEqual([[2, 5, 3, 3], "int64"]);
	expect(torch.equal(x.flatten(2).gather(2, places.flatten(2)), values.flatten(2))).toBe(true);
	expect(() => new nn.FractionalMaxPool2d(2, {})).toThrow(/either an output size, or a pooling ratio/);
});

test("AdaptiveLogSoftmaxWithLoss gives all probabilities and the best class", () => {
	torch.manualSeed(2);
	const softmax = new nn.AdaptiveLogSoftmaxWithLoss(6, 10, [2, 5]);
	const x = torch.randn(8, 6).mul(3);
	const logs = softmax.logProb(x);
	expect(logs.exp().sum(1).allclose(torch.ones(8))).toBe(true);
	expect(softmax.predict(x).tolist()).toEqual(logs.argmax(1).tolist());
	const target = torch.arange(8);
	const { output, loss } = softmax(x, target);
	expect(output.allclose(logs.gather(1, target.unsqueeze(1)).squeeze(1))).toBe(true);
	expect(loss.item()).toBeCloseTo(-output.mean().item(), 6);
	expect(() => softmax(x, target.add(5))).toThrow(/Target values should be in \[0, 9\], but values in range \[5, 12\]/);
	expect(() => softmax(x, target.unsqueeze(1))).toThrow(/multi-target not supported/);
	expect(() => new nn.AdaptiveLogSoftmaxWithLoss(6, 10, [5, 2])).toThrow(/increasing order/);
});
