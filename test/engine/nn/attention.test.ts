import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { onCard } from "../../support/device";

/* Attention and transformers beyond the reference cases: fused against single operations, gated layers, errors. */

const { nn } = torch;
const F = nn.functional;

const heads = (length: number, size: number) =>
	torch.randn(2, 3, length, size, { dtype: torch.float64 }).requiresGrad_();

test("the fused op gives what single operations give, with strides, over several blocks of queries", () => {
	const [L, S] = onCard ? [70, 40] : [130, 90];
	const q = torch.randn(L, 2, 3, 8, { dtype: torch.float64 }).requiresGrad_();
	const [k, v] = [heads(S, 8), heads(S, 5)];
	const mask = torch.randn(2, 1, L, S, { dtype: torch.float64 });
	const fused = F.scaledDotProductAttention(q.permute(1, 2, 0, 3), k, v, mask);
	const scores = q.permute(1, 2, 0, 3).matmul(k.transpose(-2, -1)).div(Math.sqrt(8)).add(mask);
	const single = scores.softmax(-1).matmul(v);
	expect(torch.allclose(fused, single, { rtol: 1e-12, atol: 1e-13 })).toBe(true);
	const weight = torch.randn(2, 3, L, 5, { dtype: torch.float64 });
	const found = torch.autograd.grad(fused.mul(weight).sum(), [q, k, v]);
	torch.autograd.grad(single.mul(weight).sum(), [q, k, v]).forEach((grad, i) => {
		expect(torch.allclose(found[i]!, grad!, { rtol: 1e-10, atol: 1e-12 })).toBe(true);
	});
});

test.skipIf(onCard)("gradients, first and second", () => {
	const [q, k, v] = [heads(3, 2), heads(4, 2), heads(4, 2)];
	const options = [{}, { isCausal: true }, { attnMask: torch.rand(3, 4).gt(0.4) }, { scale: 2 }];
	for (const given of options) {
		const run = () => F.scaledDotProductAttention(q, k, v, given);
		expect(torch.autograd.gradcheck(run, [q, k, v])).toBe(true);
	}
	const small = [q, k, v].map((x) => x.detach().at(0, 0).requiresGrad_());
	const run = () => F.scaledDotProductAttention(small[0]!, small[1]!, small[2]!, { isCausal: true });
	expect(torch.autograd.gradgradcheck(run, small)).toBe(true);
});

test("says what it refuses", () => {
	const [q, k] = [torch.randn(2, 2, 3, 4), torch.randn(2, 2, 5, 4)];
	const attend = (...args: any[]) => {
		return () => (F.scaledDotProductAttention as (...args: any[]) => torch.Tensor)(...args);
	};
	expect(attend(q, k, k, { attnMask: torch.ones(3, 5), isCausal: true })).toThrow(/explicit attnMask/);
	expect(attend(q, torch.randn(2, 2, 5, 3), k)).toThrow(/do not fit: query and key need the same last size/);
	expect(attend(q, k, torch.randn(2, 2, 4, 4))).toThrow(/key and value the same length/);
	expect(attend(q, k, k, { attnMask: torch.ones(3, 4) })).toThrow(/attnMask of shape \[3, 4\] does not broadcast/);
	expect(attend(q, k, k, { attnMask: torch.ones(3, 5).double() })).toThrow(/attnMask dtype to be bool or float32/);
	expect(attend(q, k.double(), k)).toThrow(/the same dtype, got torch.float32, torch.float64/);
	expect(attend(torch.randn(4), k, k)).toThrow(/query must have at least 2 dimensions/);
	expect(attend(torch.randn(2, 3, 3, 4), k, k, { enableGqa: true })).toThrow(/must divide the number of heads/);
	expect(attend(q, k, k, { dropout: 0.1 })).toThrow(/unknown option "dropout"/);
});

describe("MultiheadAttention", () => {
	const layer = new nn.MultiheadAttention(8, 2);
	const x = torch.randn(3, 2, 8);

	test("of one tensor and of its copies, with weights and without, is the same", () => {
		const [together, weights] = layer(x, x, x);
		const [apart] = layer(x, x.clone(), x.clone());
		const memory = x.clone();
		const [half] = layer(x, memory, memory);
		const [fused, none] = layer(x, x, x, { needWeights: false });
		for (const other of [apart, half, fused]) expect(torch.allclose(together, other, { atol: 1e-6 })).toBe(true);
		expect(none).toBeNull();
		expect(torch.allclose(weights!.sum(-1), torch.ones(2, 3))).toBe(true);
	});

	test("says what it refuses", () => {
		const mask = (...shape: number[]) => torch.zeros(...shape).bool();
		expect(() => new nn.MultiheadAttention(8, 3)).toThrow(/embedDim \(8\) must be divisible by numHeads \(3\)/);
		expect(() => new nn.MultiheadAttention(0, 3)).toThrow(/embedDim must be an integer of at least 1, got 0/);
		expect(() => layer(x, x, torch.randn(4, 2, 8))).toThrow(
			/key shape \[3, 2, 8\] does not match value shape \[4, 2, 8\]/,
		);
		expect(() => layer(x, x, x, { keyPaddingMask: mask(3, 3) })).toThrow(/should have shape \[2, 3\], got \[3, 3\]/);
		expect(() => layer(x, x, x, { attnMask: mask(3, 4) })).toThrow(/2D attnMask is \[3, 4\], but should be \[3, 3\]/);
		expect(() => layer(x, x, x, { attnMask: mask(3, 3, 3) })).toThrow(/3D attnMask is \[3, 3, 3\].*\[4, 3, 3\]/);
		expect(() => layer(x, x, x, { isCausal: true })).toThrow(/need attnMask if specifying the isCausal hint/);
		expect(() => layer(x, x.select(0, 0), x)).toThrow(/for a 3-D query, expected key and value to be 3-D/);
		expect(() => layer(torch.randn(3, 2, 7), x, x)).toThrow(/was expecting query features of 8, but got 7/);
		expect(() => layer(x, x, x, { attnMask: torch.zeros(3, 3).long() })).toThrow(/only bool and floating types/);
	});
});

describe("transformers", () => {
	test("a layer with SwiGLU has a first linear layer of twice the width", () => {
		const layer = new nn.TransformerEncoderLayer(4, 2, 6, { activation: new nn.SwiGLU(), dropout: 0, normFirst: true });
		expect(layer.linear1.weight.shape).toEqual([12, 4]);
		expect(layer.linear2.weight.shape).toEqual([4, 6]);
		expect(String(layer)).toContain("(activation): SwiGLU(beta=1, dim=-1)");
		const x = torch.randn(3, 2, 4);
		expect(layer(x).shape).toEqual([3, 2, 4]);
		const z = torch.randn(2, 6).double().requiresGrad_();
		const [a, b] = z.chunk(2, -1) as [torch.Tensor, torch.Tensor];
		expect(torch.allclose(new nn.SwiGLU()(z), F.silu(a).mul(b))).toBe(true);
		expect(torch.autograd.gradcheck(() => F.swiglu(z, { beta: 1.702 }), [z])).toBe(true);
		expect(() => F.swiglu(torch.ones(2, 3))).toThrow(/halving dimension must be even/);
	});

	test("copies learn by themselves; a causal mask hides what comes later", () => {
		const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0, activation: torch.tanh });
		const encoder = new nn.TransformerEncoder(layer, 2, new nn.LayerNorm(4));
		expect(encoder.parameters().length).toBe(26);
		const mask = nn.Transformer.generateSquareSubsequentMask(3);
		expect(mask.tolist()).toEqual([
			[0, -Infinity, -Infinity],
			[0, 0, -Infinity],
			[0, 0, 0],
		]);
		const x = torch.randn(3, 1, 4);
		const changed = x.clone();
		changed.select(0, 2).fill_(5);
		for (const isCausal of [false, true]) {
			const [a, b] = [x, changed].map((input) => encoder(input, mask, { isCausal }).narrow(0, 0, 2));
			expect(torch.allclose(a!, b!, { atol: 1e-6 })).toBe(true);
		}
	});

	test("say what they refuse", () => {
		const model = new nn.Transformer(4, 2, 1, 1, { dimFeedforward: 3 });
		expect(() => model(torch.ones(3, 2, 4), torch.ones(3, 1, 4))).toThrow(/batch number of src and tgt must be equal/);
		expect(() => model(torch.ones(3, 2, 5), torch.ones(3, 2, 5))).toThrow(/must be equal to dModel 4/);
		expect(() => new nn.TransformerEncoderLayer(4, 2, { activation: "tanh" as never })).toThrow(/"relu", "gelu"/);
		expect(() => model.encoder(torch.ones(3, 2, 4), { srcMask: null })).toThrow(/unknown option "srcMask"/);
	});
});
