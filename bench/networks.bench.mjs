// One training step of each of the notes' networks, and how large the process grows. Both sides run in processes of their
// own, one after the other, on as many threads; the median of nine runs counts.
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { quantile } from "./statistics.mjs";

export const title = "training steps of the notes' networks, and the size of the process";

/** Steps of a run, and what is promised: the step's time and the process's size as parts of the peer's. */
const rows = [
	{ name: "cnn", steps: 20, time: 1, memory: 1.3 },
	{ name: "lstm", steps: 5, time: 1 },
	{ name: "batchNorm32", steps: 200, time: 1 },
	{ name: "batchNorm256", steps: 50, time: 1 },
	{ name: "deepBatchNorm32", steps: 100, time: 1 },
	{ name: "deepBatchNorm256", steps: 30, time: 1 },
	{ name: "layerNorm32", steps: 200, time: 1 },
	{ name: "layerNorm256", steps: 50, time: 1 },
	{ name: "autoencoder", steps: 30, time: 1 },
];

function ours(...args) {
	const script = fileURLToPath(new URL("./networks.mjs", import.meta.url));
	const answer = spawnSync(process.execPath, [script, ...args.map(String)], { encoding: "utf8" });
	if (answer.status !== 0) throw new Error(answer.stderr);
	return JSON.parse(answer.stdout);
}

export async function run({ torch: peer }) {
	const table = [];
	for (const { name, steps, time, memory } of rows) {
		for (const threads of new Set([1, availableParallelism()])) {
			const own = ours(name, threads, steps);
			const theirs = peer("networks.py", name, threads, steps);
			const compare = (what, value, unit, other, part) => {
				const row = { what: `${name}, ${threads} thread${threads > 1 ? "s" : ""}: ${what}`, value, unit };
				if (other === undefined) return row;
				return { ...row, peer: { name: "PyTorch, CPU, eager", value: other }, ...(part && { bound: other * part }) };
			};
			table.push(
				compare("step", quantile(own.microseconds, 0.5), "µs", theirs && quantile(theirs.microseconds, 0.5), time),
				compare("largest size", own.peak / 1024, "MB", theirs && theirs.peak / 1024, memory),
				compare(
					"grown by training",
					(own.peak - own.before) / 1024,
					"MB",
					theirs && (theirs.peak - theirs.before) / 1024,
				),
			);
		}
	}
	return table;
}
