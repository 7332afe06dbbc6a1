import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* CTC, bags of embeddings, parameters in lists: what the reference cases do not show. */

const { nn } = torch;
const F = nn.functional;

describe("CTC", () => {
	const targets = torch.tensor([
		[1n, 2n, 2n],
		[3n, 1n, 0n],
	]);

	test("its gradient is that of the scores before the softmax", () => {
		const scores = torch.randn(6, 2, 4, { dtype: torch.float64 }).requiresGrad_();
		const run = () => F.ctcLoss(scores.logSoftmax(2), targets, [6, 5], [3, 2], { reduction: "none" });
		expect(torch.autograd.gradcheck(run, [scores])).toBe(true);
		const [grad] = torch.autograd.grad(run().sum(), [scores], { createGraph: true });
		expect(() => grad!.sum().backward()).toThrow(/\[ctcLoss\] the derivative of its gradient is not implemented/);
	});

	test("sums over all ways, as counting them does", () => {
		const logProbs = torch.randn(4, 3).logSoftmax(1);
		const p = logProbs.exp().tolist() as number[][];
		const collapsed = (way: number[]) => way.filter((label, i) => label !== 0 && label !== way[i - 1]).join();
		let total = 0;
		for (let code = 0; code < 81; code++) {
			const way = [0, 1, 2, 3].map((t) => Math.floor(code / 3 ** t) % 3);
			if (collapsed(way) === "1,2") total += way.reduce((product, label, t) => product * p[t]![label]!, 1);
		}
		const loss = F.ctcLoss(logProbs, torch.tensor([1n, 2n]), 4, 2, { reduction: "none" });
		expect(loss.item()).toBeCloseTo(-Math.log(total), 5);
	});

	test("says what it refuses", () => {
		const scores = torch.randn(5, 2, 4).logSoftmax(2);
		const loss = (...args: unknown[]) => {
			return () => (F.ctcLoss as (...args: any[]) => torch.Tensor)(...args);
		};
		expect(loss(scores, targets, [6, 4], [3, 2])).toThrow(/input lengths of 0 to 5, got 6/);
		expect(loss(scores, targets, [5, 4], [4, 2])).toThrow(/target length of 4 is more than the 3 labels/);
		expect(loss(scores, targets, [5, 4], [3])).toThrow(/expected 2 target lengths/);
		expect(loss(scores, targets, [5, 4], [3, -1])).toThrow(/at least 0, got -1/);
		expect(loss(scores, targets, [5, 4], [3, 2], { blank: 4 })).toThrow(/blank must be in label range, 0 to 3, got 4/);
		expect(loss(scores, targets.add(3), [5, 4], [3, 2])).toThrow(/expected labels of 0 to 3, got/);
		expect(loss(scores, targets.reshape(-1), [5, 4], [3, 2])).toThrow(/add up to 5, but there are 6 labels/);
		expect(loss(scores.long(), targets, [5, 4], [3, 2])).toThrow(/not implemented for int64/);
		expect(loss(scores, targets, ["5"], [3, 2])).toThrow(/inputLengths must be whole numbers/);
		expect(loss(scores, targets, [5, 4], [3, 2], { reduction: "avg" })).toThrow(/"avg" is not a valid value/);
	});
});

describe("EmbeddingBag", () => {
	const index = torch.tensor([1n, 2n, 3n, 4n]);
	const offsets = torch.tensor([0n, 2n]);

	test("keeps its vectors, frozen unless told", () => {
		const vectors = torch.randn(5, 2);
		const bag = nn.EmbeddingBag.fromPretrained(vectors, { mode: "sum" });
		expect(bag.weight.requiresGrad).toBe(false);
		expect(torch.allclose(bag(index, offsets).at(0), vectors.at(1).add(vectors.at(2)))).toBe(true);
		expect(bag(torch.zeros(0).long(), torch.zeros(0).long()).shape).toEqual([0, 2]);
	});

	test("says what it refuses", () => {
		const bag = new nn.EmbeddingBag(10, 3, { mode: "sum" });
		expect(() => bag(index)).toThrow(/offsets has to be a vector for a 1D input, got null/);
		expect(() => bag(index.view(2, 2), offsets)).toThrow(/offsets has to be null for a 2D input/);
		expect(() => bag(index, offsets.add(1))).toThrow(/offsets\[0\] has to be 0, got 1/);
		expect(() => bag(index, torch.tensor([0n, 5n]))).toThrow(/input's length 4, got 5/);
		expect(() => bag(index, offsets, torch.ones(3))).toThrow(/perSampleWeights \[3\] must have the same shape/);
		expect(() => new nn.EmbeddingBag(10, 3)(index, offsets, torch.ones(4))).toThrow(/only supported for mode "sum"/);
		const max = new nn.EmbeddingBag(10, 3, { mode: "max", scaleGradByFreq: true });
		expect(() => max(index, offsets)).toThrow(/max mode does not support scaling/);
		expect(() => bag(index.add(10), offsets)).toThrow(/out of (range|bounds)/);
		expect(() => new nn.EmbeddingBag(10, 3, { mode: "median" as never })).toThrow(
			/mode must be "sum" or "mean" or "max"/,
		);
	});
});

describe("parameters in a module", () => {
	class Net extends nn.Module {
		list = new nn.ParameterList([torch.ones(2, 3), new nn.Parameter(torch.ones(3))]);
		named = new nn.ParameterDict({ a: torch.zeros(2), values: torch.ones(1).double() });
		forward(x: torch.Tensor): torch.Tensor {
			return x.matmul(this.list[0]!).mul(this.list.at(-1)).add(this.named.get("values").float());
		}
	}

	test("in lists and by name: found, saved, copied, printed", () => {
		const net = new Net();
		expect(Object.keys(net.stateDict())).toEqual(["list.0", "list.1", "named.a", "named.values"]);
		expect(String(net.list)).toBe(
			"ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2x3]\n    (1): Parameter containing: [torch.float32 of size 3]\n)",
		);
		expect(String(net.named)).toBe(
			"ParameterDict(\n    (a): Parameter containing: [torch.FloatTensor of size 2]\n    (values): Parameter containing: [torch.DoubleTensor of size 1]\n)",
		);
		expect(String(new nn.ParameterList())).toBe("ParameterList()");
		net(torch.ones(1, 2)).sum().backward();
		expect(net.list[1]!.grad!.tolist()).toEqual([2, 2, 2]);
		const copy = net.clone();
		copy.list.append(torch.ones(1));
		expect([net.list.length, copy.list.length, [...copy.list].length]).toEqual([2, 3, 3]);
		expect(copy.named.get("a") === net.named.get("a")).toBe(false);
		const state = Object.fromEntries(Object.entries(net.stateDict()).map(([key, x]) => [key, x.add(1)]));
		net.loadStateDict(state, { assign: true });
		expect(net.named.get("a").tolist()).toEqual([1, 1]);
		expect(net.list[0]).toBeInstanceOf(nn.Parameter);
		net.named.set("b", torch.ones(1));
		expect([net.named.keys(), net.named.has("b"), net.named.length]).toEqual([["a", "values", "b"], true, 3]);
		expect(net.named.pop("b").tolist()).toEqual([1]);
		expect(net.list.pop().shape).toEqual([3]);
		expect(net.parameters().length).toBe(3);
	});

	test("say what they refuse", () => {
		const net = new Net();
		expect(() => new nn.ParameterList([3 as never])).toThrow(
			/\[ParameterList\] 0 must be a Parameter or a tensor, got 3/,
		);
		expect(() => net.list.at(2)).toThrow(/index 2 is out of range for 2 parameters/);
		expect(() => net.named.get("c")).toThrow(/no parameter "c" among a, values/);
		expect(() => net.named.set("a.b", torch.ones(1))).toThrow(/contain a dot/);
		expect(() => (net.list as unknown as () => void)()).toThrow(/missing the required "forward"/);
	});
});
