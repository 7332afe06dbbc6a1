import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Optimisers on a card: a step is one launch over all parameters, whatever their number of elements. */

const { optim } = torch;

describe.skipIf(!hasStandin)("a step over all parameters of a group", () => {
	beforeAll(useCard);

	const optimizers: Record<string, (params: torch.Tensor[]) => torch.optim.Optimizer> = {
		SGD: (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
		Adam: (p) => new optim.Adam(p),
		AdamW: (p) => new optim.AdamW(p, { amsgrad: true }),
		NAdam: (p) => new optim.NAdam(p),
		RAdam: (p) => new optim.RAdam(p),
		Adamax: (p) => new optim.Adamax(p),
		RMSprop: (p) => new optim.RMSprop(p),
		Adagrad: (p) => new optim.Adagrad(p),
		Adadelta: (p) => new optim.Adadelta(p),
		Rprop: (p) => new optim.Rprop(p),
	};

	test.for(Object.keys(optimizers))("%s is one launch", (name) => {
		const params = Array.from({ length: 12 }, (_, i) =>
			torch.ones([1 + i * 37, 3], { device: "cuda", requiresGrad: true }),
		);
		const optimizer = optimizers[name]!(params);
		for (const param of params) param.grad = torch.full(param.shape, 0.5, { device: "cuda" });
		// The first step makes the state.
		optimizer.step();
		const before = native.cudaCompileStats().launched;
		optimizer.step();
		expect(native.cudaCompileStats().launched - before).toBe(1);
		// All parameters went the same way.
		const values = new Set(params.flatMap((param) => param.reshape(-1).tolist() as number[]));
		expect(values.size).toBe(1);
		expect([...values][0]).toBeLessThan(1);
	});
});
