// What a user of PyTorch expects of a large tensor, op by op, beside PyTorch: on one thread (processor time) and on two (the
// clock: on a busy machine look at the first).
import { ours } from "./kernels.bench.mjs";

export const title = "ops of large tensors";

const MANY = 1 << 24;
const [rows, planes] = [
	[4096, 1024],
	[32, 64, 56, 56],
];
const cases = [
	...["meanLast", "varLast", "varFirst", "sumFirst", "argmaxFirst", "maxFirst", "cumsumLast", "cumsumFirst"],
	...["softmaxFirst", "logSoftmaxFirst", "softmaxGrads", "softmaxFirstGrads", "logSoftmaxGrads"],
	...["layerNormWeighted", "layerNormGrads", "batchNorm", "batchNormGrads", "indexSelect", "gather"],
	...["cat", "catLast", "stack", "transposed", "sort", "topk", "addRow", "addColumn"],
]
	.map((name) => [name, ...rows])
	.concat(
		["batchNorm", "batchNormGrads", "groupNorm", "groupNormGrads", "permuted"].map((name) => [name, ...planes]),
		["maxPool", "maxPoolGrads", "avgPool", "avgPoolGrads"].map((name) => [name, ...planes]),
		["stdAll", "normAll", "greater", "where", "maskedFill", "toHalf", "toBfloat16", "toDouble"].map((name) => [
			name,
			MANY,
		]),
		["fromBytes", "addBfloat16", "inPlace", "log", "sqrt", "sin", "pow", "div", "silu", "softplus"].map((name) => [
			name,
			MANY,
		]),
		["leakyRelu", "elu", "clamp", "abs", "geluGrads", "tanhGrads", "reluGrads", "mseLoss"].map((name) => [name, MANY]),
		["dropout", "rand", "randn"].map((name) => [name, MANY / 4]),
		[
			["softmaxMiddle", 16, 21, 128, 128],
			["crossEntropy", 4096, 1000],
			["crossEntropyGrads", 4096, 1000],
			["crossEntropy", 65536, 10],
			["crossEntropyGrads", 65536, 10],
			["embedding", 10000, 256, 16384],
			["embeddingGrads", 10000, 256, 16384],
			["attentionForward", 2, 256],
			["attentionCausal", 2, 256],
			["attentionGrads", 2, 256],
			["attentionForward", 1, 1024],
			["attentionGrads", 1, 1024],
			["sort", MANY / 16],
			["conv2d", 32, 64, 28, 64],
			["conv2dGrads", 32, 64, 28, 64],
		],
	);

export async function run({ torch: peer }) {
	return [1, 2].flatMap((threads) => {
		const own = ours(cases, {}, threads).microseconds;
		const theirs = peer("kernels.py", JSON.stringify(cases), threads)?.microseconds;
		return cases.map(([name, ...sizes], i) => ({
			what: `${name} ${sizes.join(" × ")}, ${threads === 1 ? "one thread" : "two threads"}`,
			value: own[i],
			unit: "µs",
			...(theirs && { peer: { name: "PyTorch", value: theirs[i] } }),
		}));
	});
}
