import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { readReference } from "../support/reference";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/*
 * What autocast does to each op on a card: PyTorch's lists (test/reference/make_autocast_cards.py), name by name. On the CPU
 * it does something else, by numbers of PyTorch's own, in ../engine/nn/half.test.ts.
 */

const { nn, float16, float32, bfloat16 } = torch;
const F = nn.functional;
type T = torch.Tensor;

const lists = readReference<{ lowered: string[]; raised: string[]; promoted: string[] }>("autocast_cards.json");

/** Tensors of a type on the card; numbers that every function takes. */
const of = (dtype: torch.DType) => ({
	dtype,
	m: (rows = 3, columns = 3): T => torch.rand(rows, columns, { device: "cuda" }).mul(0.5).add(0.25).to(dtype),
	v: (n = 3): T => torch.rand(n, { device: "cuda" }).mul(0.5).add(0.25).to(dtype),
	x: (...shape: number[]): T => torch.rand(shape, { device: "cuda" }).mul(0.5).add(0.25).to(dtype),
});
type Of = ReturnType<typeof of>;

const target = (...values: number[]) => torch.tensor(values.map(BigInt)).to("cuda");
const ones = (n: number) => torch.ones(n, { device: "cuda" });
/** A module on the card, whatever the type of its input: autocast's parameters are float32. */
const on = <M extends torch.nn.Module>(module: M): M => module.to("cuda");

/** Ops of the engine by PyTorch's names. */
const calls: Record<string, (o: Of) => T> = {
	addbmm: ({ m, x }) => m().addbmm(x(2, 3, 3), x(2, 3, 3)),
	addmm: ({ m }) => m().addmm(m(), m()),
	addmv: ({ m, v }) => v().addmv(m(), v()),
	addr: ({ m, v }) => m().addr(v(), v()),
	baddbmm: ({ x }) => x(2, 3, 3).baddbmm(x(2, 3, 3), x(2, 3, 3)),
	bmm: ({ x }) => x(2, 3, 3).bmm(x(2, 3, 3)),
	chain_matmul: ({ m }) => torch.linalg.multiDot([m(), m(), m()]),
	conv1d: ({ x }) => F.conv1d(x(1, 2, 5), x(2, 2, 3)),
	conv2d: ({ x }) => F.conv2d(x(1, 2, 5, 5), x(2, 2, 3, 3)),
	conv3d: ({ x }) => F.conv3d(x(1, 2, 3, 3, 3), x(2, 2, 2, 2, 2)),
	conv_transpose1d: ({ x }) => F.convTranspose1d(x(1, 2, 5), x(2, 2, 3)),
	conv_transpose2d: ({ x }) => F.convTranspose2d(x(1, 2, 5, 5), x(2, 2, 3, 3)),
	conv_transpose3d: ({ x }) => F.convTranspose3d(x(1, 2, 3, 3, 3), x(2, 2, 2, 2, 2)),
	einsum: ({ m }) => torch.einsum("ij,jk->ik", m(), m()),
	gru_cell: ({ m }) => on(new nn.GRUCell(3, 2))(m()),
	linalg_multi_dot: ({ m }) => torch.linalg.multiDot([m(), m()]),
	linalg_vecdot: ({ m }) => torch.linalg.vecdot(m(), m()),
	linear: ({ m }) => F.linear(m(), m()),
	lstm_cell: ({ m }) => on(new nn.LSTMCell(3, 2))(m())[0],
	matmul: ({ m }) => m().matmul(m()),
	mm: ({ m }) => m().mm(m()),
	mv: ({ m, v }) => m().mv(v()),
	prelu: ({ m, v }) => F.prelu(m(), v(1)),
	rnn_relu_cell: ({ m }) => on(new nn.RNNCell(3, 2, { nonlinearity: "relu" }))(m()),
	rnn_tanh_cell: ({ m }) => on(new nn.RNNCell(3, 2))(m()),
	scaled_dot_product_attention: ({ x }) => F.scaledDotProductAttention(x(1, 2, 3, 4), x(1, 2, 3, 4), x(1, 2, 3, 4)),

	acos: ({ v }) => v().acos(),
	asin: ({ v }) => v().asin(),
	binary_cross_entropy_with_logits: ({ v }) => F.binaryCrossEntropyWithLogits(v(), v()),
	cdist: ({ m }) => torch.cdist(m(), m()),
	cosh: ({ v }) => v().cosh(),
	cosine_embedding_loss: ({ m }) => F.cosineEmbeddingLoss(m(), m(), ones(3)),
	cosine_similarity: ({ m }) => F.cosineSimilarity(m(), m()),
	cumprod: ({ v }) => v().cumprod(0),
	cumsum: ({ v }) => v().cumsum(0),
	dist: ({ v }) => torch.dist(v(), v()),
	erfinv: ({ v }) => v().erfinv(),
	exp: ({ v }) => v().exp(),
	expm1: ({ v }) => v().expm1(),
	frobenius_norm: ({ m }) => m().norm("fro", [0, 1]),
	group_norm: ({ x }) => F.groupNorm(x(2, 4, 3), 2),
	hinge_embedding_loss: ({ v }) => F.hingeEmbeddingLoss(v(), ones(3)),
	huber_loss: ({ v }) => F.huberLoss(v(), v()),
	kl_div: ({ v }) => F.klDiv(v(), v(), { reduction: "sum" }),
	l1_loss: ({ v }) => F.l1Loss(v(), v()),
	layer_norm: ({ m }) => F.layerNorm(m(), 3),
	linalg_matrix_norm: ({ m }) => torch.linalg.matrixNorm(m()),
	linalg_vector_norm: ({ v }) => torch.linalg.vectorNorm(v()),
	log: ({ v }) => v().log(),
	log10: ({ v }) => v().log10(),
	log1p: ({ v }) => v().log1p(),
	log2: ({ v }) => v().log2(),
	log_softmax: ({ v }) => v().logSoftmax(0),
	logsumexp: ({ v }) => v().logsumexp(0),
	margin_ranking_loss: ({ v }) => F.marginRankingLoss(v(), v(), ones(3)),
	mse_loss: ({ v }) => F.mseLoss(v(), v()),
	multi_margin_loss: ({ m }) => F.multiMarginLoss(m(), target(0, 1, 2)),
	multilabel_margin_loss: ({ v }) => F.multilabelMarginLoss(v(), target(1, 0, -1)),
	nll_loss: ({ m }) => F.nllLoss(m(), target(0, 1, 2)),
	nll_loss2d: ({ x }) => F.nllLoss(x(1, 3, 1, 2), target(0, 1).view(1, 1, 2)),
	norm: ({ v }) => v().norm(),
	pdist: ({ m }) => torch.pdist(m()),
	poisson_nll_loss: ({ v }) => F.poissonNllLoss(v(), v()),
	pow: ({ v }) => v().pow(2),
	prod: ({ v }) => v().prod(),
	reciprocal: ({ v }) => v().reciprocal(),
	renorm: ({ m }) => torch.renorm(m(), 2, 0, 0.1),
	rms_norm: ({ m }) => F.rmsNorm(m(), 3),
	rsqrt: ({ v }) => v().rsqrt(),
	sinh: ({ v }) => v().sinh(),
	smooth_l1_loss: ({ v }) => F.smoothL1Loss(v(), v()),
	soft_margin_loss: ({ v }) => F.softMarginLoss(v(), ones(3)),
	softmax: ({ v }) => v().softmax(0),
	softplus: ({ v }) => F.softplus(v()),
	sum: ({ v }) => v().sum(),
	tan: ({ v }) => v().tan(),
	triplet_margin_loss: ({ m }) => F.tripletMarginLoss(m(), m(), m()),
	upsample_bicubic2d: ({ x }) => F.interpolate(x(1, 1, 2, 2), 4, { mode: "bicubic" }),
	upsample_bilinear2d: ({ x }) => F.interpolate(x(1, 1, 2, 2), 4, { mode: "bilinear" }),
	upsample_linear1d: ({ x }) => F.interpolate(x(1, 1, 2), 4, { mode: "linear" }),
	upsample_nearest1d: ({ x }) => F.interpolate(x(1, 1, 2), 4),
	upsample_nearest2d: ({ x }) => F.interpolate(x(1, 1, 2, 2), 4),
	upsample_nearest3d: ({ x }) => F.interpolate(x(1, 1, 2, 2, 2), 4),
	upsample_trilinear3d: ({ x }) => F.interpolate(x(1, 1, 2, 2, 2), 4, { mode: "trilinear" }),
};

/** Ops that take two types at once. */
const mixed: Record<string, (a: Of, b: Of) => T> = {
	addcdiv: (a, b) => torch.addcdiv(a.v(), b.v(), a.v()),
	addcmul: (a, b) => torch.addcmul(a.v(), b.v(), a.v()),
	atan2: (a, b) => a.v().atan2(b.v()),
	bilinear: (a, b) => F.bilinear(a.m(2, 3), b.m(2, 3), a.x(2, 3, 3)),
	cross: (a, b) => torch.cross(a.v(), b.v()),
	dot: (a, b) => a.v().dot(b.v()),
	index_put: (a, b) => torch.indexPut(a.v(), [target(0, 1)], b.v(2)),
	scatter_add: (a, b) => a.v().scatterAdd(0, target(0, 1, 2), b.v()),
	tensordot: (a, b) => torch.tensordot(a.m(), b.m(), 1),
	vdot: (a, b) => a.v().vdot(b.v()),
};

/** What PyTorch has inside, for itself, or what the engine does not have. */
const absent = /^_|^convolution$|^conv_tbc$|^native_layer_norm$|^nuclear_norm$|^grid_sampler$/;

describe.skipIf(!hasStandin)("autocast on a card", () => {
	beforeAll(useCard);

	const known = [...lists.lowered, ...lists.raised, ...lists.promoted].filter((name) => !absent.test(name));
	test("has PyTorch's lists", () => {
		expect(Object.keys({ ...calls, ...mixed }).sort()).toEqual([...new Set(known)].sort());
	});

	const typeOf = (run: () => T, options: torch.AutocastOptions = {}) => torch.autocast("cuda", options, run).dtype;

	test.each(lists.lowered.filter((name) => !absent.test(name)))("%s is lowered", (name) => {
		expect(typeOf(() => calls[name]!(of(float32)))).toBe(float16);
		expect(typeOf(() => calls[name]!(of(float32)), { dtype: bfloat16 })).toBe(bfloat16);
	});

	test.each(lists.raised.filter((name) => !absent.test(name)))("%s is raised", (name) => {
		expect(typeOf(() => calls[name]!(of(float16)))).toBe(float32);
	});

	test.each(lists.promoted.filter((name) => !absent.test(name)))("%s takes the widest type", (name) => {
		expect(typeOf(() => mixed[name]!(of(float16), of(float32)))).toBe(float32);
		expect(typeOf(() => mixed[name]!(of(float16), of(float16)))).toBe(float16);
	});

	test("whole recurrent layers and packed ones are lowered; the rest keeps its type", () => {
		const { m, x, v } = of(float32);
		for (const Layer of [nn.RNN, nn.LSTM, nn.GRU]) {
			const layer = on(new Layer(3, 2));
			const packed = nn.utils.rnn.packPaddedSequence(x(4, 2, 3), [4, 2]);
			torch.autocast("cuda", () => {
				expect(layer(x(4, 2, 3))[0].dtype).toBe(float16);
				expect(layer(packed)[0].data.dtype).toBe(float16);
			});
		}
		torch.autocast("cuda", () => {
			expect([v().relu(), m().mean(), F.avgPool2d(x(1, 1, 2, 2), 2)].map((y) => y.dtype)).toEqual([
				float32,
				float32,
				float32,
			]);
			expect(of(float16).m().mean().dtype).toBe(float16);
		});
	});

	test("tensors of the CPU are none of its business, and the other way round", () => {
		torch.autocast("cuda", () => expect(torch.rand(2, 2).mm(torch.rand(2, 2)).dtype).toBe(float32));
		torch.autocast("cpu", () => expect(of(float32).m().mm(of(float32).m()).dtype).toBe(float32));
		torch.autocast("cpu", () => expect(torch.rand(2).half().exp().dtype).toBe(float16));
	});

	test("a scaler's steps on a card follow its gradients: an overflow leaves the step out and halves the factor", () => {
		torch.manualSeed(3);
		const layer = on(new nn.Linear(3, 1));
		const optimizer = new torch.optim.SGD(layer.parameters(), { lr: 0.1 });
		const scaler = new torch.amp.GradScaler("cuda", { initScale: 1024, growthInterval: 1 });
		const { m, v } = of(float32);
		const [x, y] = [m(), v().view(3, 1)];
		const step = (factor: number) => {
			optimizer.zeroGrad();
			const loss = torch.autocast("cuda", () => F.mseLoss(layer(x), y)).mul(factor);
			scaler.scale(loss).backward();
			const before = layer.weight.detach().clone();
			scaler.step(optimizer);
			scaler.update();
			return torch.equal(before, layer.weight.detach());
		};
		expect([step(1), scaler.getScale()]).toEqual([false, 2048]);
		expect([layer.weight.dtype, layer.weight.grad!.dtype]).toEqual([float32, float32]);
		const plain = torch.autograd.grad(F.mseLoss(layer(x), y), [layer.weight])[0]!;
		optimizer.zeroGrad();
		scaler.scale(torch.autocast("cuda", () => F.mseLoss(layer(x), y))).backward();
		scaler.unscale_(optimizer);
		expect(torch.allclose(layer.weight.grad!, plain, { rtol: 1e-2, atol: 1e-3 })).toBe(true);
		scaler.step(optimizer);
		scaler.update();
		expect([step(1e38), scaler.getScale()]).toEqual([true, 2048]);
	});

	test("probabilities in half precision are refused", () => {
		const { v } = of(float16);
		expect(() => torch.autocast("cuda", () => F.binaryCrossEntropy(v(), v()))).toThrow(/unsafe to autocast/);
	});
});
