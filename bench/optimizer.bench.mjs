// One step of an optimiser over a million parameters in 100 tensors, and clipping by norm, beside the time to move as many
// bytes: a copy in the same run whose reads and writes together are what the step must read and write. The median of 31
// runs counts. The peer takes PyTorch's fastest form of each.
import { createRequire } from "node:module";
import { quantile } from "./statistics.mjs";

const TENSORS = 100;
const ELEMENTS = 10_000;
const RUNS = 31;

export const title = "one optimiser step over a million parameters in 100 tensors";

/** Arrays that a step reads and writes, a gradient's or a parameter's bytes each. */
const steps = [
	{ name: "SGD", options: { lr: 1e-3 }, reads: 2, writes: 1 },
	{ name: "SGD", options: { lr: 1e-3, momentum: 0.9 }, reads: 3, writes: 2 },
	{ name: "Adam", options: { lr: 1e-3 }, reads: 4, writes: 3 },
	{ name: "AdamW", options: { lr: 1e-3 }, reads: 4, writes: 3 },
	{ name: "clipGradNorm_", options: null, reads: 2, writes: 1 },
];

function medianMicroseconds(call) {
	for (let i = 0; i < 5; i++) call();
	const samples = Array.from({ length: RUNS }, () => {
		const start = performance.now();
		call();
		return (performance.now() - start) * 1000;
	});
	return quantile(samples, 0.5);
}

export async function run({ torch: peer }) {
	const torch = createRequire(import.meta.url)("../dist/engine/index.js");
	const rows = [];
	for (const threads of [1, torch.getNumThreads()]) {
		torch.setNumThreads(threads);
		const theirs = peer("optimizer_step.py", threads, TENSORS, ELEMENTS, RUNS);
		for (const [i, { name, options, reads, writes }] of steps.entries()) {
			torch.manualSeed(1);
			const parameters = Array.from({ length: TENSORS }, () => {
				const parameter = new torch.nn.Parameter(torch.randn(ELEMENTS));
				parameter.grad = torch.randn(ELEMENTS);
				return parameter;
			});
			const optimizer = options && new torch.optim[name](parameters, options);
			const value = medianMicroseconds(
				optimizer ? () => optimizer.step() : () => torch.nn.utils.clipGradNorm_(parameters, 1e-3),
			);
			// Half of the copied bytes are read, half are written.
			const from = torch.randn((TENSORS * ELEMENTS * (reads + writes)) / 2);
			const to = torch.empty(from.shape);
			const moved = medianMicroseconds(() => to.copy_(from));
			const shown = options ? `new ${name}(…, ${JSON.stringify(options)})` : name;
			rows.push({
				what: `${shown}, ${threads} thread${threads > 1 ? "s" : ""}`,
				value,
				unit: "µs",
				bound: 1.2 * moved,
				...(theirs && { peer: { name: "PyTorch, fused or foreach", value: quantile(theirs.microseconds[i], 0.5) } }),
			});
		}
	}
	return rows;
}
