import * as torch from "gradbook";
import { afterEach, describe, expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/*
 * Rows of lengths on both sides of what a warp and a block keep in registers (engine/native/cuda/ops/row_plan.h), in memory that
 * can be read by sixteen bytes and in memory that cannot: a card and the host agree.
 */

const { functional: F } = torch.nn;
type Tensor = torch.Tensor;

/** Each takes as much of weight and bias as it needs. */
const ops: Record<string, (x: Tensor, weight: Tensor, bias: Tensor) => Tensor> = {
	softmax: (x) => x.softmax(-1),
	logSoftmax: (x) => x.logSoftmax(-1),
	logsumexp: (x) => x.logsumexp(-1),
	variance: (x) => x.var(-1),
	deviation: (x) => x.std(-1),
	layerNorm(x, weight, bias) {
		const n = x.size(-1);
		return F.layerNorm(x, [n], { weight: weight.narrow(0, 0, n), bias: bias.narrow(0, 0, n) });
	},
	plainLayerNorm: (x) => F.layerNorm(x, [x.size(-1)]),
	rmsNorm: (x, weight) => F.rmsNorm(x, [x.size(-1)], { weight: weight.narrow(0, 0, x.size(-1)) }),
	groupNorm(x, weight, bias) {
		const rows = x.size(0);
		return F.groupNorm(x.unsqueeze(0), rows, { weight: weight.narrow(0, 0, rows), bias: bias.narrow(0, 0, rows) });
	},
};
const lengths = {
	float32: [3, 6, 16, 20, 31, 32, 33, 128, 129, 256, 500, 1000, 1023, 1024, 1025, 1028, 4100, 8191, 8193, 16384, 16388],
	float16: [6, 16, 1028, 16388],
	bfloat16: [28, 256, 16384],
	float64: [5, 16, 30, 34, 128, 258, 511, 512, 513, 514, 4095, 4096, 4098],
};
const types = { float32: torch.float32, float64: torch.float64, float16: torch.float16, bfloat16: torch.bfloat16 };
/** Half types are rounded once, at the end, on both: here and there the other way. */
const tolerances = { float32: 2e-6, float64: 1e-14, float16: 3e-4, bfloat16: 2e-3 };
const cases = (["float32", "float64", "float16", "bfloat16"] as const).flatMap((type) =>
	lengths[type].map((n) => [type, n] as const),
);

test.each(cases)("rows of %s, %i elements", { timeout: 120_000 }, (type, n) => {
	const dtype = types[type];
	const near = tolerances[type];
	const rows = 5;
	torch.manualSeed(n);
	const make = (size: number) => torch.randn(size, { device: "cpu", dtype });
	// One element in front moves all that follows off its alignment.
	for (const front of [0, 1]) {
		const [x, g, w, b] = [rows * n + front, rows * n + front, Math.max(n, rows), Math.max(n, rows)].map(make);
		for (const [name, op] of Object.entries(ops)) {
			const [host, card] = (["cpu", "cuda"] as const).map((device) => {
				const own = x!
					.to(device)
					.narrow(0, front, rows * n)
					.view(rows, n)
					.detach()
					.requiresGrad_();
				const [weight, bias] = [w!, b!].map((t) => t.to(device).detach().requiresGrad_());
				const y = op(own, weight!, bias!);
				y.backward(g!.to(device).narrow(0, front, y.numel()).view(y.shape));
				return [y, own.grad, weight!.grad, bias!.grad].map((t) =>
					t?.detach().to({ device: "cpu", dtype: torch.float64 }),
				);
			});
			host!.forEach((expected, k) => {
				if (!expected) return;
				const far = card![k]!.sub(expected).norm().item() / expected.norm().item();
				expect(far, `${name}, front ${front}, output ${k}`).toBeLessThan(near);
			});
		}
	}
});

test("what is not finite stays where PyTorch has it", () => {
	const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
	const row = (...values: number[]) => [...values, ...new Array(300).fill(0)];
	for (const width of [4, 300, 304]) {
		const x = torch.tensor(
			[row(1, nan, 2, 3), row(1, inf, 2, 3), row(nan, inf, 2, 3), row(-inf, 1, 2, 3)].map((r) => r.slice(0, width)),
		);
		for (const t of [x, torch.full([2, width], -inf)]) {
			for (const name of ["softmax", "logSoftmax", "logsumexp"] as const) {
				const [card, host] = [t, t.cpu()].map((own) => own[name](-1).cpu());
				expect(torch.allclose(card!, host!, { equalNan: true }), `${name} of ${width}:\n${card}\n${host}`).toBe(true);
			}
		}
	}
});

describe("a row that several blocks share", () => {
	const n = 30_001;
	afterEach(() => native.cudaSetLargeFrom(2 ** 16, 2 ** 16, 2 ** 18));

	/** `f` of a row on the host, and on the card by more launches than by one block. */
	function both(f: (x: Tensor) => Tensor, row: Tensor): [card: Tensor, host: Tensor] {
		const on = (from: number) => {
			native.cudaSetLargeFrom(2 ** 16, 2 ** 16, from);
			const x = row.cuda();
			const before = native.cudaCompileStats().launched;
			const result = f(x);
			return { result: result.cpu(), launches: native.cudaCompileStats().launched - before };
		};
		const parts = on(1);
		expect(parts.launches).toBeGreaterThan(on(2 ** 18).launches);
		expect(torch.allclose(on(1).result, parts.result, { rtol: 0, atol: 0, equalNan: true })).toBe(true);
		return [parts.result, f(row)];
	}

	test.each(["softmax", "logSoftmax", "logsumexp", "variance", "deviation"])("%s", (name) => {
		torch.manualSeed(3);
		const gradient = torch.randn(name.endsWith("ax") ? n : 1, { device: "cpu" });
		const withGradient = (x: Tensor) => {
			const leaf = x.detach().requiresGrad_();
			const y = ops[name]!(leaf, leaf, leaf).reshape(-1);
			const [grad] = torch.autograd.grad(y, [leaf], { gradOutputs: gradient.to(x.device).to(x.dtype) });
			return torch.cat([y.detach(), grad!]);
		};
		for (const dtype of [torch.float32, torch.float64]) {
			const [card, host] = both(withGradient, torch.randn(n, { device: "cpu" }).add(1000).to(dtype));
			const near = dtype === torch.float32 ? { rtol: 1e-3, atol: 1e-5 } : { rtol: 1e-9, atol: 1e-12 };
			expect(torch.allclose(card, host, near)).toBe(true);
		}
	});

	test("what is not finite stays where PyTorch has it", () => {
		const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
		for (const [first, last] of [
			[nan, 0],
			[0, nan],
			[inf, 0],
			[0, inf],
			[-inf, -inf],
			[-inf, inf],
			[1e4, -1e4],
		] as const) {
			const row = torch.full([n], last, { device: "cpu" });
			row.narrow(0, 0, 20_000).fill_(first);
			for (const name of ["softmax", "logSoftmax", "logsumexp"]) {
				const [card, host] = both((x) => ops[name]!(x, x, x), row);
				expect(torch.allclose(card, host, { equalNan: true }), `${name} of ${first} and ${last}`).toBe(true);
			}
		}
	});
});
