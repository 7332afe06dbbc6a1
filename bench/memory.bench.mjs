// Nobody disposes: a loop that never yields makes tensor after tensor, and the process stays small.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const title = "20,000 tensors of 1 MB in a loop that never yields";

const program = (count) => `
	const torch = require(${JSON.stringify(fileURLToPath(new URL("../dist/engine/index.js", import.meta.url)))});
	const before = process.resourceUsage().maxRSS;
	const start = performance.now();
	let last;
	for (let i = 0; i < ${count}; i++) last = torch.zeros(512, 512).add(i);
	const milliseconds = performance.now() - start;
	if (last.max().item() !== ${count - 1}) throw new Error("the last tensor is wrong");
	console.log(JSON.stringify({ before, peak: process.resourceUsage().maxRSS, milliseconds }));
`;

export async function run() {
	const answer = spawnSync(process.execPath, ["-e", program(10_000)], { encoding: "utf8" });
	if (answer.status !== 0) throw new Error(answer.stderr);
	const { before, peak, milliseconds } = JSON.parse(answer.stdout);
	return [
		{ what: "largest size of the process", value: peak / 1024, unit: "MB", bound: 400 },
		{ what: "of which before the loop", value: before / 1024, unit: "MB" },
		{ what: "time per tensor", value: (milliseconds / 20_000) * 1000, unit: "µs" },
	];
}
