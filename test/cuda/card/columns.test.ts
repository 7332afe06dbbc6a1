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
	const [x, g] = [torch.randn(2, 35, 19, { device: "cpu" }), torch.randn(2, 35, 19, { device: "cpu" })];
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
});
