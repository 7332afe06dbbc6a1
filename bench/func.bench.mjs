// Gradients of every sample, Jacobians and Hessians beside PyTorch's torch.func: on one thread, in processor time.
import { ours } from "./kernels.bench.mjs";

export const title = "functions of functions";

const cases = [
	["samplesMlp", 64],
	["samplesCnn", 64],
	["samplesLayerNorm", 64],
	["jacrev", 32],
	["jacfwd", 32],
	["hessian", 32],
	["jacrev", 256],
	["hessian", 256],
];

export async function run({ torch: peer }) {
	const own = ours(cases, {}, 1).microseconds;
	const theirs = peer("kernels.py", JSON.stringify(cases), 1)?.microseconds;
	return cases.map(([name, ...sizes], i) => ({
		what: `${name} ${sizes.join(" × ")}`,
		value: own[i],
		unit: "µs",
		...(theirs && { peer: { name: "PyTorch", value: theirs[i] } }),
	}));
}
