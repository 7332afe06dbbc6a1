import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/*
 * Batch normalisation, and gradients of factors, of channels on both sides of what a block keeps in registers
 * (engine/native/cuda/ops/channel_plan.cc), as vectors, as single elements and as columns: a card and the host agree.
 */

const { functional: F } = torch.nn;

const shapes = {
	"a part each": [8, 3, 6, 8],
	"a part each, by single elements": [7, 5, 9],
	"a part each, in columns": [32, 37],
	"several parts": [7, 3, 64, 40],
	"several parts, by single elements": [8, 2, 47, 47],
	"several parts, in columns": [1100, 35],
	"one channel": [900, 1],
	"one channel of many": [20_001, 1],
};
const types = { float32: torch.float32, float64: torch.float64 };

describe.each(["float32", "float64"] as const)("%s", (type) => {
	const dtype = types[type];
	// A mean's last bit times a sum of gradients is much of a weight's gradient.
	const near = type === "float32" ? 2e-5 : 1e-13;

	/** What `call` returns and the gradients of its inputs, on the host and on a card, from the same numbers. */
	function both(shapes: number[][], call: (...inputs: torch.Tensor[]) => torch.Tensor[], front: number) {
		torch.manualSeed(5);
		const make = (shape: number[]) => {
			const size = shape.reduce((a, b) => a * b, 1);
			return [torch.randn(size + front, { device: "cpu", dtype }).add(0.5), size] as const;
		};
		const made = shapes.map(make);
		const [g, gradSize] = make(shapes[0]!);
		return (["cpu", "cuda"] as const).map((device) => {
			const place = (flat: torch.Tensor, size: number, shape: number[]) =>
				flat.to(device).narrow(0, front, size).view(shape);
			const inputs = made.map(([flat, size], i) => place(flat, size, shapes[i]!).detach().requiresGrad_());
			const [y, ...more] = call(...inputs);
			y!.backward(place(g, gradSize, shapes[0]!));
			const all = [y!, ...more, ...inputs.map((input) => input.grad!)];
			return all.map((t) => t.detach().to({ device: "cpu", dtype: torch.float64 }));
		});
	}

	function agree([host, card]: torch.Tensor[][], what: string) {
		host!.forEach((expected, k) => {
			const far = card![k]!.sub(expected).norm().item() / expected.norm().item();
			expect(far, `${what}, output ${k}`).toBeLessThan(near);
		});
	}

	test.each(Object.entries(shapes))("batch normalisation, %s", { timeout: 60_000 }, (_, shape) => {
		const channels = shape[1]!;
		for (const front of [0, 1]) {
			for (const training of [true, false]) {
				const call = (x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) => {
					const beside = { device: x.device, dtype };
					const [mean, variance] = [torch.full([channels], 0.25, beside), torch.full([channels], 2, beside)];
					const y = F.batchNorm(x, mean, variance, { weight, bias, training });
					return [y, mean, variance];
				};
				agree(both([shape, [channels], [channels]], call, front), `training ${training}, front ${front}`);
			}
		}
	});

	test("batch normalisation without factors and running statistics, of what needs no gradient", () => {
		for (const shape of [shapes["a part each"], shapes["several parts"]]) {
			torch.manualSeed(2);
			const [x, weight] = [torch.randn(shape, { device: "cpu", dtype }), torch.rand(3, { device: "cpu", dtype })];
			const [host, card] = (["cpu", "cuda"] as const).map((device) => {
				const own = weight.to(device).detach().requiresGrad_();
				const plain = F.batchNorm(x.to(device), null, null, { training: true });
				F.batchNorm(x.to(device), null, null, { weight: own, training: true }).square().sum().backward();
				return [plain, own.grad!].map((t) => t.to({ device: "cpu", dtype: torch.float64 }));
			});
			agree([host!, card!], `${shape}`);
		}
	});

	test.each([
		[[300, 40], [40]],
		[[2500, 33], [33]],
		[
			[20, 15, 8],
			[15, 8],
		],
	])("the factors of layers of %j", (shape, size) => {
		const call = (x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) => [
			F.layerNorm(x, size, { weight, bias }),
		];
		agree(both([shape, size, size], call, 0), "layerNorm");
	});

	test.each([
		[[6, 8, 30, 4], 4],
		[[200, 6, 9, 9], 2],
	])("the factors of groups of %j", (shape, groups) => {
		const call = (x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) => [
			F.groupNorm(x, groups, { weight, bias }),
		];
		agree(both([shape, [shape[1]!], [shape[1]!]], call, 0), "groupNorm");
	});
});
