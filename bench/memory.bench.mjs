// Nobody disposes: a loop that never yields makes tensor after tensor, and the process stays small.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const title = "20,000 tensors of 1 MB in a loop that never yields";

const COUNT = 20_000;
/** A loop that grows beyond this is ended: it has failed, and must not take the machine with it. */
const TOO_MUCH = 1500 * 2 ** 20;

const program = `
	const torch = require(${JSON.stringify(fileURLToPath(new URL("../dist/engine/index.js", import.meta.url)))});
	const before = process.resourceUsage().maxRSS;
	const start = performance.now();
	let made = 0;
	let last;
	while (made < ${COUNT} && (made % 64 > 0 || process.memoryUsage.rss() < ${TOO_MUCH})) {
		last = torch.full([512, 512], made);
		made++;
	}
	const milliseconds = performance.now() - start;
	if (last.max().item() !== made - 1) throw new Error("the last tensor is wrong");
	console.log(JSON.stringify({ before, made, peak: process.resourceUsage().maxRSS, milliseconds }));
`;

export async function run() {
	const answer = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
	if (answer.status !== 0) throw new Error(answer.stderr);
	const { before, made, peak, milliseconds } = JSON.parse(answer.stdout);
	return [
		{
			what: `largest size of the process after ${made.toLocaleString("en")}`,
			value: peak / 1024,
			unit: "MB",
			bound: 400,
		},
		{ what: "of which before the loop", value: before / 1024, unit: "MB" },
		{ what: "time per tensor", value: (milliseconds / made) * 1000, unit: "µs" },
	];
}
