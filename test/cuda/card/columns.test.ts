import * as torch from "gradbook";
import { expect, test } from "vitest";

/* Rows whose elements lie apart, many side by side: a card and the host agree, forward and backward, in every type. */

test.each([
	["softmax", torch.float32, 1e-6],
	["softmax", torch.float64, 1e-14],
	["softmax", torch.bfloat16, 1e-2],
	["logSoftmax", torch.float32, 1e-6],
	["logSoftmax", torch.float64, 1e-14],
] as const)("%s down columns of %s", (name, dtype, near) => {
	torch.manualSeed(3);
	// Columns that a block takes whole, and few long ones of which it takes a part.
	for (const shape of [
		[2, 35, 19],
		[3, 700, 5],
		[1, 1500, 40],
	])
		agree(shape, name, dtype, near);
});

function agree(shape: number[], name: "softmax" | "logSoftmax", dtype: torch.DType, near: number): void {
	const [x, g] = [torch.randn(shape, { device: "cpu" }), torch.randn(shape, { device: "cpu" })];
	// What is nothing, in part of a column and in all of one.
	x.setAt([0, ":30", 1], Number.NEGATIVE_INFINITY);
	const both = (["cpu", "cuda"] as const).map((device) => {
		const own = x.detach().to({ device, dtype }).requiresGrad_();
		const y = own[name](1);
		y.backward(g.to({ device, dtype }));
		return [y.detach(), own.grad!].map((t) => t.to({ device: "cpu", dtype: torch.float64 }));
	});
	for (const k of [0, 1]) {
		expect(torch.allclose(both[0]![k]!, both[1]![k]!, { rtol: near, atol: near })).toBe(true);
	}
	expect(torch.allclose(both[1]![0]!, x.double()[name](1), { rtol: 10 * near, atol: near })).toBe(true);
}

test("softmax down a column with a NaN, of infinities and of nothing", () => {
	for (const rows of [20, 900]) {
		const x = torch.randn(rows, 4, { device: "cpu" });
		x.setAt([rows - 3, 0], Number.NaN);
		x.setAt([2, 1], Number.POSITIVE_INFINITY);
		x.setAt([":", 2], Number.NEGATIVE_INFINITY);
		for (const name of ["softmax", "logSoftmax"] as const) {
			const nan = x[name](0).isnan();
			expect(torch.equal(x.cuda()[name](0).cpu().isnan(), nan)).toBe(true);
			expect(nan.any(0).cpu().tolist()).toEqual(torch.tensor([1, 1, 1, 0], { device: "cpu" }).bool().tolist());
		}
	}
});
