import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* What the differential tables cannot say: errors, names, and in-place forms of views. */

describe("in-place forms of views", () => {
	test("a tensor turns itself; its memory and earlier views stay", () => {
		const x = torch.arange(6).float().reshape(2, 3);
		const row = x.at(0);
		expect(x.t_()).toBe(x);
		expect(x.shape).toEqual([3, 2]);
		row.fill_(7);
		expect(x.tolist()).toEqual([
			[7, 3],
			[7, 4],
			[7, 5],
		]);
	});

	test("gradients go through, and through writes that follow", () => {
		const a = torch.tensor([1, 2, 3], { requiresGrad: true });
		const x = a.mul(2);
		x.unsqueeze_(0);
		x.mul_(3);
		x.at(0, 1).mul_(10);
		x.sum().backward();
		expect(a.grad?.tolist()).toEqual([6, 60, 6]);
	});

	test("a leaf that wants gradients is refused", () => {
		const a = torch.tensor([[1, 2]], { requiresGrad: true });
		expect(() => a.t_()).toThrow("[t_] a leaf tensor that requires grad is being used in an in-place operation");
		expect(torch.noGrad(() => a.t_()).shape).toEqual([2, 1]);
	});

	test("views from before follow the turned tensor, and it them", () => {
		const weights = torch.tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
		const a = torch.tensor([[1, 2], [3, 4]], { requiresGrad: true }); // biome-ignore format: a matrix
		const x = a.clone();
		const row = x.at(0);
		x.t_();
		row.mul_(10);
		x.mul(weights).sum().add(row.sum()).backward();
		expect(a.grad?.tolist()).toEqual([[20, 40], [2, 4]]); // biome-ignore format: a matrix
		a.grad = null;
		const y = a.clone();
		const first = y.at(0);
		y.t_();
		y.mul_(weights);
		first
			.mul(torch.tensor([1, 10]))
			.sum()
			.backward();
		expect(a.grad!.tolist()).toEqual([[1, 30], [0, 0]]); // biome-ignore format: a matrix
	});

	test("what saved the tensor would see the other shape: that is refused", () => {
		const a = torch.ones(2, 3).requiresGrad_();
		const x = a.exp();
		x.t_();
		expect(() => x.sum().backward()).toThrow(/\[ExpBackward0\].*modified by an in-place operation/);
	});

	test("the history stays where nothing is recorded, and a leaf one", () => {
		const a = torch.ones(1, 3).requiresGrad_();
		const x = a.mul(2);
		torch.noGrad(() => x.squeeze_());
		x.sum().backward();
		expect(a.grad?.tolist()).toEqual([[2, 2, 2]]);
		const view = a.flatten();
		torch.noGrad(() => a.unsqueeze_(0));
		a.grad = null;
		view.sum().backward();
		expect(a.isLeaf).toBe(true);
		expect(a.grad!.shape).toEqual([1, 1, 3]);
		const turned = torch.zeros(3);
		turned.unsqueeze_(0);
		expect(turned.detach_()).toBe(turned);
	});
});

describe("in-place forms without a kernel of their own", () => {
	test("write the result and give its gradient", () => {
		const a = torch.tensor([1, 2, 3], { requiresGrad: true });
		const x = a.clone();
		expect(x.cumprod_(0)).toBe(x);
		expect(x.tolist()).toEqual([1, 2, 6]);
		x.sum().backward();
		expect(a.grad?.tolist()).toEqual([9, 4, 2]);
	});

	test("refuse a leaf that wants gradients", () => {
		const a = torch.tensor([1, 2], { requiresGrad: true });
		expect(() => a.cumsum_(0)).toThrow("[cumsum_] a leaf tensor that requires grad");
	});

	test("are functions where PyTorch has them as functions", () => {
		const x = torch.tensor([-1, 4]);
		expect(torch.relu_(x)).toBe(x);
		expect(torch.sqrt_(x).tolist()).toEqual([0, 2]);
		expect(torch.clamp_(x, { max: 1 }).tolist()).toEqual([0, 1]);
		expect(torch.zero_(x).tolist()).toEqual([0, 0]);
		expect(() => torch.zero_(3 as never)).toThrow("[zero_] expected a tensor, got number 3");
	});
});

describe("dtypes", () => {
	test("finfo and iinfo give PyTorch's numbers", () => {
		expect(torch.finfo(torch.float32)).toEqual({
			bits: 32,
			eps: 1.1920928955078125e-7,
			max: 3.4028234663852886e38,
			min: -3.4028234663852886e38,
			tiny: 1.1754943508222875e-38,
			smallestNormal: 1.1754943508222875e-38,
			resolution: 1e-6,
			dtype: "float32",
		});
		expect(torch.finfo(torch.bfloat16)).toMatchObject({ eps: 0.0078125, max: 3.3895313892515355e38, resolution: 0.01 });
		expect(torch.finfo(torch.float16)).toMatchObject({ eps: 0.0009765625, max: 65504, tiny: 6.103515625e-5 });
		expect(torch.finfo()).toMatchObject({ dtype: "float32" });
		expect(torch.iinfo(torch.int16)).toEqual({ bits: 16, max: 32767, min: -32768, dtype: "int16" });
		expect(torch.iinfo(torch.uint8)).toEqual({ bits: 8, max: 255, min: 0, dtype: "uint8" });
		expect(() => torch.finfo(torch.int32)).toThrow("[finfo] expected a floating-point dtype, got torch.int32");
		expect(() => torch.iinfo(torch.float32)).toThrow("[iinfo] expected an integer dtype, got torch.float32");
	});

	test("promotion by tensors, numbers and dtypes", () => {
		expect(torch.promoteTypes(torch.int32, torch.float16)).toBe(torch.float16);
		expect(torch.promoteTypes(torch.uint8, torch.int8)).toBe(torch.int16);
		expect(torch.resultType(torch.zeros(2, { dtype: torch.int32 }), 1.5)).toBe(torch.float32);
		expect(torch.resultType(torch.zeros(2, { dtype: torch.float16 }), torch.zeros([], { dtype: torch.float64 }))).toBe(
			torch.float16,
		);
		expect(torch.canCast(torch.float64, torch.int32)).toBe(false);
		expect(torch.canCast(torch.int64, torch.uint8)).toBe(true);
	});

	test("PyTorch's older constructors", () => {
		expect(String(torch.FloatTensor([0, 1, 2]))).toBe("tensor([0., 1., 2.])");
		expect(new torch.LongTensor([[1, 2]]).dtype).toBe(torch.int64);
		expect(torch.FloatTensor(2, 3).shape).toEqual([2, 3]);
		expect(torch.BoolTensor([true, false]).dtype).toBe(torch.bool);
	});
});

test("questions about a tensor", () => {
	const x = torch.zeros(2, 3);
	expect([x.nelement(), x.ndimension(), x.itemsize, x.isSigned(), x.isComplex(), x.isCuda]).toEqual([
		6,
		2,
		4,
		true,
		false,
		false,
	]);
	expect(x.isSetTo(x.view(2, 3))).toBe(true);
	expect(x.isSetTo(x.t())).toBe(false);
	expect(torch.isTensor(x)).toBe(true);
	expect(torch.isNonzero(torch.tensor(0.5))).toBe(true);
	expect(() => torch.isNonzero(x)).toThrow("[isNonzero] expected a tensor of one element, got 6");
	expect(
		torch
			.tensor([1, 2])
			.apply_((v) => v * 10)
			.tolist(),
	).toEqual([10, 20]);
});

test("an error names the function that was called, also where it is another one's kernel that fails", () => {
	const tooLarge = 1e15;
	const wide = torch.ones(1).expand(tooLarge);
	const calls: [string, () => unknown][] = [
		["zeros", () => torch.zeros(tooLarge)],
		["rand", () => torch.rand(tooLarge)],
		["onesLike", () => torch.onesLike(wide)],
		["newZeros", () => wide.newZeros(tooLarge)],
		["reshape", () => torch.ones(3).reshape(2, 2)],
		["reshapeAs", () => torch.ones(3).reshapeAs(torch.ones(2, 2))],
		["tile", () => torch.ones(2, 2).tile(1, -2)],
		["hstack", () => torch.hstack([torch.ones(2, 2), torch.ones(3, 2)])],
		["dstack", () => torch.dstack([torch.ones(2, 2), torch.ones(3, 2)])],
	];
	for (const [op, call] of calls) {
		let found: Error | undefined;
		try {
			call();
		} catch (error) {
			found = error as Error;
		}
		expect(found?.message.split(" ")[0]).toBe(`[${op}]`);
		expect(found?.stack?.split("\n")[0]).toBe(`Error: ${found?.message}`);
	}
});

test("a derivative that is not there says whose", () => {
	const x = torch.tensor([1, -1], { requiresGrad: true });
	const y = torch.heaviside(x, torch.tensor(0.5));
	expect(y.gradFn?.name).toBe("NotImplemented");
	expect(() => y.sum().backward()).toThrow("the derivative for 'heaviside' is not implemented");
});

test("a number beside a half type is rounded to it, but for products and quotients, as PyTorch does on the host", () => {
	const x = torch.tensor([-74.5], { dtype: torch.bfloat16 });
	expect(x.sub(-49.6008).item()).toBe(-25);
	expect(torch.rsub(x.neg(), 49.6008).item()).toBe(-25);
	expect(x.mul(0.3333333).item()).toBe(-24.875);
	expect(x.div(3.1).item()).toBe(-24);
	expect(x.fmod(3.1).item()).toBe(-0.25);
	expect(x.remainder(3.1).item()).toBe(2.84375);
	expect(x.eq(-74.4).item()).toBe(1);
	expect(x.lt(-74.4).item()).toBe(0);
	for (const dtype of [torch.float16, torch.bfloat16]) {
		expect(torch.tensor([0.1], { dtype }).eq(0.1).item()).toBe(1);
		expect(torch.full([2], 0.3, { dtype }).gt(0.3).any().item()).toBe(0);
	}
});
