import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/*
 * New tensors are made on the CPU where nothing is said: what functions, layers and utilities make by themselves must
 * follow what they work on. ../engine/nn/reference.test.ts holds that for the cases of PyTorch's numbers, this for the rest.
 */

const { nn } = torch;
const F = nn.functional;
const { rnn, prune, parametrizations } = nn.utils;
type T = torch.Tensor;

const on = <M extends torch.nn.Module>(module: M): M => module.to("cuda");
const x = (...shape: number[]): T => torch.randn(shape, { device: "cuda" });
const whole = (...values: number[]): T => torch.tensor(values.map(BigInt)).to("cuda");
const linear = () => on(new nn.Linear(4, 3));
const targets = () => whole(1, 2, 3, 1).view(2, 2);

const calls: Record<string, () => unknown> = {
	padSequence: () => rnn.padSequence([x(2, 3), x(4, 3)]),
	unpackSequence: () => rnn.unpackSequence(rnn.packSequence([x(2, 3), x(4, 3)], { enforceSorted: false })),
	oneHot: () => F.oneHot(whole(0, 1, 2), 4),
	gumbelSoftmax: () => F.gumbelSoftmax(x(2, 3), { hard: true }),
	l1Unstructured: () => prune.l1Unstructured(linear(), "weight", 0.5)(x(2, 4)),
	randomUnstructured: () => prune.randomUnstructured(linear(), "weight", 0.5)(x(2, 4)),
	lnStructured: () => prune.lnStructured(linear(), "weight", { amount: 1, n: 2, dim: 0 })(x(2, 4)),
	weightNorm: () => parametrizations.weightNorm(linear())(x(2, 4)),
	spectralNorm: () => parametrizations.spectralNorm(linear())(x(2, 4)),
	orthogonal: () => parametrizations.orthogonal(on(new nn.Linear(4, 4)))(x(2, 4)),
	clipGradNorm: () => {
		const layer = linear();
		layer(x(2, 4)).sum().backward();
		return nn.utils.clipGradNorm_(layer.parameters(), 1);
	},
	LSTMCell: () => on(new nn.LSTMCell(3, 2))(x(2, 3)),
	"LSTM with projections": () => on(new nn.LSTM(3, 4, { projSize: 2, bidirectional: true }))(x(4, 2, 3))[0],
	"MultiheadAttention with masks and more": () => {
		const layer = on(new nn.MultiheadAttention(4, 2, { addBiasKv: true, addZeroAttn: true }));
		const rows = x(3, 2, 4);
		return layer(rows, rows, rows, { keyPaddingMask: torch.zeros(2, 3).bool().to("cuda") })[0];
	},
	Transformer: () => on(new nn.Transformer(4, 2, 1, 1, { dimFeedforward: 3 }))(x(3, 2, 4), x(2, 2, 4)),
	ctcLoss: () => F.ctcLoss(x(5, 2, 4).logSoftmax(2), targets(), [5, 5], [2, 2]),
	"ctcLoss with lengths on the card": () => F.ctcLoss(x(5, 2, 4).logSoftmax(2), targets(), whole(5, 5), whole(2, 2)),
	"pad by reflection": () => F.pad(x(1, 2, 4), [1, 1], { mode: "reflect" }),
	interpolate: () => F.interpolate(x(1, 2, 4, 4), { scaleFactor: 1.5, mode: "bilinear" }),
	localResponseNorm: () => F.localResponseNorm(x(1, 4, 3, 3), 2),
	"embedding of bounded norm": () => F.embedding(whole(0, 1), x(4, 3), { maxNorm: 1 }),
	"embeddingBag of maxima": () => F.embeddingBag(whole(0, 1, 2), x(4, 3), whole(0, 2), { mode: "max" }),
	rrelu: () => F.rrelu(x(4), { training: true }),
	featureAlphaDropout: () => F.featureAlphaDropout(x(2, 3, 4), { p: 0.5, training: true }),
	InstanceNorm2d: () => on(new nn.InstanceNorm2d(3, { affine: true, trackRunningStats: true }))(x(2, 3, 4, 4)),
	jacobian: () => torch.autograd.functional.jacobian((own: T) => own.square(), x(3)),
	hessian: () => torch.autograd.functional.hessian((own: T) => own.pow(3).sum(), x(3)),
	"init.orthogonal_": () => nn.init.orthogonal_(torch.empty(3, 3, { device: "cuda" })),
	"init.sparse_": () => nn.init.sparse_(torch.empty(4, 3, { device: "cuda" }), 0.5),
	"a layer made on the card": () => new nn.Conv2d(1, 2, 3, { device: "cuda" })(x(1, 1, 4, 4)),
	quantizeDynamic: () => torch.ao.quantization.quantizeDynamic(linear())(x(2, 4)),
};

describe.skipIf(!hasStandin)("on a card", () => {
	beforeAll(useCard);

	test.each(Object.keys(calls))("%s follows its input", (name) => {
		const made = [calls[name]!()].flat(9).filter((one): one is T => one instanceof torch.Tensor);
		torch.cuda.synchronize();
		expect(made.map((one) => String(one.device))).toEqual(made.map(() => "cuda:0"));
		expect(made.length).toBeGreaterThan(0);
	});
});
