import * as torch from "gradbook";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type EncodedTensor, expectLike, readReference } from "../../support/reference";

/* Autocast's blocks and GradScaler; which op casts what is in ../nn/half.test.ts. */

const { nn, optim } = torch;
const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
afterEach(() => warned.mockClear());

const a = () => torch.randn(2, 3);
const product = () => a().matmul(torch.randn(3, 2)).dtype.name;

describe("autocast", () => {
	test("lowers inside its block, inside others, and not after", () => {
		expect(product()).toBe("float32");
		torch.autocast("cpu", () => {
			expect(product()).toBe("bfloat16");
			expect(torch.isAutocastEnabled("cpu")).toBe(true);
			torch.autocast("cpu", { dtype: torch.float16 }, () => expect(product()).toBe("float16"));
			expect(torch.getAutocastDtype("cpu")).toBe(torch.bfloat16);
			torch.autocast("cpu", { enabled: false }, () => expect(product()).toBe("float32"));
			expect(product()).toBe("bfloat16");
		});
		expect([torch.isAutocastEnabled("cpu"), torch.isAutocastEnabled()]).toEqual([false, false]);
		expect(product()).toBe("float32");
		{
			using _ = torch.amp.autocast("cpu");
			expect(product()).toBe("bfloat16");
		}
		expect(product()).toBe("float32");
	});

	test("ends with an exception, gives the body's result, and takes no asynchronous one", () => {
		expect(() =>
			torch.autocast("cpu", () => {
				throw new Error("inside");
			}),
		).toThrow("inside");
		expect(torch.autocast("cpu", () => 3)).toBe(3);
		expect(() => torch.autocast("cpu", async () => 3)).toThrow(/\[autocast\] takes a synchronous function/);
		expect(product()).toBe("float32");
	});

	test("float64 and integers stay as they are", () => {
		torch.autocast("cpu", () => {
			expect(torch.randn(2, 2, { dtype: torch.float64 }).mm(torch.randn(2, 2, { dtype: torch.float64 })).dtype).toBe(
				torch.float64,
			);
			expect(torch.arange(4).view(2, 2).mm(torch.arange(4).view(2, 2)).dtype).toBe(torch.int64);
		});
	});

	test("a parameter is cast once in a block, and again after it was written", () => {
		const layer = new nn.Linear(3, 3);
		const x = a();
		const castOf = (out: torch.Tensor) => out.gradFn!.nextFunctions[1]![0];
		torch.autocast("cpu", () => {
			const first = castOf(layer(x));
			expect(first!.name).toBe("ToCopyBackward0");
			expect(castOf(layer(x))).toBe(first);
			torch.noGrad(() => layer.weight.mul_(2));
			const second = castOf(layer(x));
			expect(second).not.toBe(first);
			expect(torch.noGrad(() => layer(x)).requiresGrad).toBe(false);
			expect(castOf(layer(x))).toBe(second);
		});
		torch.autocast("cpu", { cacheEnabled: false }, () => {
			expect(castOf(layer(x))).not.toBe(castOf(layer(x)));
		});
	});

	test("gradients have their parameters' types, also of a backward pass inside the block", () => {
		const layer = new nn.Linear(3, 3);
		const x = a().requiresGrad_();
		torch.autocast("cpu", () => layer(x).mul(torch.randn(3)).mv(torch.randn(3)).sum().backward());
		expect([layer.weight.grad!.dtype, x.grad!.dtype]).toEqual([torch.float32, torch.float32]);
	});

	test("what cannot be had is said", () => {
		expect(torch.autocast("cuda", () => product())).toBe("float32");
		expect(warned.mock.lastCall![0]).toMatch(/CUDA is not available. Disabling/);
		expect(torch.autocast("cpu", { dtype: torch.float64 }, () => product())).toBe("float32");
		expect(warned.mock.lastCall![0]).toMatch(/target dtype torch.float64 is not supported. Disabling autocast/);
		expect(() => torch.autocast("tpu" as never, () => 0)).toThrow(/deviceType must be "cpu" or "cuda", got "tpu"/);
		expect(() => torch.autocast("cpu", { type: 1 } as never)).toThrow(/unknown option "type"/);
		expect(() => torch.setAutocastDtype("cpu", torch.int64)).toThrow(/torch.float16 or torch.bfloat16/);
	});
});

interface Training {
	dtype: "bfloat16" | "float16";
	losses: number[];
	scales: number[];
	state: torch.amp.GradScalerState;
	weight: EncodedTensor;
}

describe("training with autocast and GradScaler", () => {
	const runs = readReference<{ training: Training[] }>("nn_autocast.json").training;
	test.each(runs)("in $dtype follows PyTorch", ({ dtype, losses, scales, state, weight }) => {
		torch.manualSeed(3);
		const net = new nn.Sequential(new nn.Linear(6, 16), new nn.BatchNorm1d(16), new nn.ReLU(), new nn.Linear(16, 3));
		const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
		const scaler = new torch.amp.GradScaler("cpu", { initScale: 1024, growthInterval: 2 });
		const x = torch.randn(20, 6);
		const y = torch.randint(0, 3, [20]);
		const type = dtype === "bfloat16" ? torch.bfloat16 : torch.float16;
		losses.forEach((expected, step) => {
			optimizer.zeroGrad();
			const loss = torch.autocast("cpu", { dtype: type }, () => nn.functional.crossEntropy(net(x), y));
			scaler.scale(loss).backward();
			if (step === 3) net.getParameter("0.weight").grad!.setAt([0, 0], Number.POSITIVE_INFINITY);
			scaler.unscale_(optimizer);
			nn.utils.clipGradNorm_(net.parameters(), 5);
			scaler.step(optimizer);
			scaler.update();
			expect(Math.abs(loss.item() - expected)).toBeLessThan(dtype === "bfloat16" ? 0.01 : 0.002);
			expect(scaler.getScale()).toBe(scales[step]);
		});
		expect(scaler.stateDict()).toEqual(state);
		expectLike(net.getParameter("0.weight"), weight, "weight", {
			rtol: 0.03,
			atol: dtype === "bfloat16" ? 0.03 : 5e-3,
		});
	});
});

describe("GradScaler", () => {
	const parameter = (dtype = torch.float32) => {
		const made = new nn.Parameter(torch.ones(2, { dtype }));
		made.grad = torch.ones(2, { dtype });
		return made;
	};

	test("scales one loss or several, also one of float16 beyond its range", () => {
		const scaler = new torch.amp.GradScaler("cpu");
		expect(scaler.scale(torch.tensor(2)).item()).toBe(2 ** 17);
		expect(scaler.scale([torch.tensor(1), torch.tensor(3)]).map((loss) => loss.item())).toEqual([2 ** 16, 3 * 2 ** 16]);
		expect(scaler.scale(torch.tensor(2, { dtype: torch.float16 })).item()).toBe(2 ** 17);
	});

	test("keeps the order of unscaling, stepping and updating", () => {
		const p = parameter();
		const optimizer = new optim.SGD([p], { lr: 1 });
		const scaler = new torch.amp.GradScaler("cpu", { initScale: 4 });
		expect(() => scaler.update()).toThrow(/no inf checks were recorded prior to update/);
		scaler.unscale_(optimizer);
		expect(p.grad!.tolist()).toEqual([0.25, 0.25]);
		expect(() => scaler.unscale_(optimizer)).toThrow(/already been called on this optimizer since the last update/);
		scaler.step(optimizer);
		expect(p.tolist()).toEqual([0.75, 0.75]);
		expect(() => scaler.step(optimizer)).toThrow(/step\(\) has already been called/);
		expect(() => scaler.unscale_(optimizer)).toThrow(/being called after step/);
		scaler.update(8);
		expect(scaler.getScale()).toBe(8);
		p.grad = null;
		expect(() => scaler.step(optimizer)).toThrow(/no inf checks were recorded for this optimizer/);
		expect(() => scaler.step(optimizer, (() => 0) as never)).toThrow(/closure/);
		const half = new optim.SGD([parameter(torch.float16)], { lr: 1 });
		expect(() => scaler.unscale_(half)).toThrow(/unscale FP16 gradients/);
	});

	test("leaves a step out where a gradient is not finite, and backs off", () => {
		for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
			const p = parameter();
			p.grad!.setAt([1], bad);
			const scaler = new torch.amp.GradScaler("cpu", { initScale: 4, backoffFactor: 0.25 });
			scaler.step(new optim.SGD([p], { lr: 1 }));
			scaler.update();
			expect([p.tolist(), scaler.getScale()]).toEqual([[1, 1], 1]);
		}
	});

	test("goes on where it was saved; disabled it passes everything on", () => {
		const scaler = new torch.amp.GradScaler("cpu");
		scaler.loadStateDict({ ...scaler.stateDict(), scale: 2, growth_interval: 1 });
		const p = parameter();
		scaler.step(new optim.SGD([p], { lr: 1 }));
		scaler.update();
		expect(scaler.getScale()).toBe(4);
		expect(() => scaler.loadStateDict({})).toThrow(/source state dict is empty/);
		const off = new torch.amp.GradScaler();
		expect(warned.mock.lastCall![0]).toMatch(/CUDA is not available/);
		expect([off.isEnabled(), off.getScale(), off.stateDict()]).toEqual([false, 1, {}]);
		const loss = torch.tensor(1);
		expect(off.scale(loss)).toBe(loss);
		off.step(new optim.SGD([p], { lr: 1 }));
		off.update();
		expect(() => new torch.amp.GradScaler("cpu", { growthFactor: 1 })).toThrow(/growthFactor must be a number above 1/);
	});
});
