import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/*
 * What a card does by itself, with whatever libraries are there: products of every type and layout against the host's, copies from
 * pinned memory, streams. On the stand-in in `npm test`, on the machine's card in `npm run test:cuda`.
 */

const { cuda } = torch;

/** Values that every type holds exactly, so that only the order of sums may differ. */
const small = (...shape: number[]) => torch.randint(-4, 5, shape, { device: "cpu" }).to(torch.float32);

describe("products", () => {
	const types = [torch.float32, torch.float64, torch.float16, torch.bfloat16];
	const shapes: [string, (dtype: torch.DType, device: torch.DeviceLike) => torch.Tensor][] = [
		["matrices", (dtype, device) => on(small(17, 33), dtype, device).matmul(on(small(33, 9), dtype, device))],
		[
			"transposed ones",
			(dtype, device) => on(small(33, 17).t(), dtype, device).matmul(on(small(9, 33).t(), dtype, device)),
		],
		[
			"parts of larger ones",
			(dtype, device) =>
				on(small(8, 20), dtype, device)
					.narrow(1, 3, 9)
					.matmul(on(small(9, 5), dtype, device)),
		],
		["batches", (dtype, device) => on(small(3, 5, 7), dtype, device).matmul(on(small(3, 7, 4), dtype, device))],
		[
			"heads",
			(dtype, device) =>
				on(small(2, 6, 3, 8), dtype, device)
					.transpose(1, 2)
					.matmul(on(small(2, 6, 3, 8), dtype, device).permute(0, 2, 3, 1)),
		],
		[
			"linear",
			(dtype, device) =>
				torch.nn.functional.linear(
					on(small(6, 10), dtype, device),
					on(small(12, 10), dtype, device),
					on(small(12), dtype, device),
				),
		],
		[
			"addmm",
			(dtype, device) =>
				torch.addmm(on(small(4, 6), dtype, device), on(small(4, 8), dtype, device), on(small(8, 6), dtype, device), {
					beta: 2,
					alpha: 0.5,
				}),
		],
	];

	test.each(shapes)("of %s are the host's, in every type", (_, make) => {
		for (const dtype of types) {
			torch.manualSeed(7);
			const there = make(dtype, "cuda").cpu().to(torch.float64);
			torch.manualSeed(7);
			const here = make(torch.float64, "cpu");
			const rounding = dtype === torch.bfloat16 ? 2 ** -7 : dtype === torch.float16 ? 2 ** -9 : 1e-6;
			expect(torch.allclose(there, here, { rtol: rounding, atol: rounding }), dtype.name).toBe(true);
		}
	});

	test("are bitwise the same each time", () => {
		const [a, b] = [torch.randn(65, 129), torch.randn(129, 33)];
		const first = a.matmul(b);
		for (let i = 0; i < 5; i++) expect(torch.equal(a.matmul(b), first)).toBe(true);
	});
});

describe("copies", () => {
	test("from and to pinned memory are right once they are waited for", () => {
		const x = torch.arange(100_000, { device: "cpu", dtype: torch.float32, pinMemory: true });
		const back = x.to("cuda", { nonBlocking: true }).mul(2).to("cpu", { nonBlocking: true });
		cuda.synchronize();
		expect(back.isPinned()).toBe(true);
		expect(torch.equal(back, x.mul(2))).toBe(true);
	});

	test("on two streams meet where an event says so", () => {
		const side = new cuda.Stream();
		const x = torch.ones(1000);
		side.waitStream(cuda.currentStream());
		const y = cuda.stream(side, () => x.mul(3));
		cuda.currentStream().waitStream(side);
		expect(y.sum().item()).toBe(3000);
	});
});

function on(x: torch.Tensor, dtype: torch.DType, device: torch.DeviceLike): torch.Tensor {
	return x.to(device).to(dtype);
}
