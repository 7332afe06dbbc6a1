// Nobody disposes: a loop that never yields makes tensor after tensor, and the process stays small.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const title = "20,000 tensors of 1 MB, and 100,000 steps of a small network, in loops that never yield";

const COUNT = 20_000;
const STEPS = 100_000;
/** Steps after which a training loop must have all the memory that it will ever have. */
const SETTLED = 20_000;
/** A loop that grows beyond this is ended: it has failed, and must not take the machine with it. */
const TOO_MUCH = 1500 * 2 ** 20;

const engine = `const torch = require(${JSON.stringify(fileURLToPath(new URL("../dist/engine/index.js", import.meta.url)))});`;

const tensors = `
	${engine}
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

const training = `
	${engine}
	const { nn, optim } = torch;
	const model = new nn.Sequential(new nn.Linear(16, 32), new nn.ReLU(), new nn.Linear(32, 4));
	const lossFunction = new nn.CrossEntropyLoss();
	const optimizer = new optim.Adam(model.parameters());
	const x = torch.randn(32, 16);
	const y = torch.randint(0, 4, [32]);
	let settled = 0;
	for (let step = 1; step <= ${STEPS}; step++) {
		optimizer.zeroGrad();
		lossFunction(model(x), y).backward();
		optimizer.step();
		if (step === ${SETTLED}) settled = process.resourceUsage().maxRSS;
	}
	console.log(JSON.stringify({ settled, peak: process.resourceUsage().maxRSS }));
`;

function answerOf(program) {
	const answer = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
	if (answer.status !== 0) throw new Error(answer.stderr);
	return JSON.parse(answer.stdout);
}

export async function run() {
	const { before, made, peak, milliseconds } = answerOf(tensors);
	const trained = answerOf(training);
	return [
		{
			what: `largest size of the process after ${made.toLocaleString("en")}`,
			value: peak / 1024,
			unit: "MB",
			bound: 400,
		},
		{ what: "of which before the loop", value: before / 1024, unit: "MB" },
		{ what: "time per tensor", value: (milliseconds / made) * 1000, unit: "µs" },
		{
			what: `largest size after ${SETTLED.toLocaleString("en")} steps`,
			value: trained.settled / 1024,
			unit: "MB",
		},
		{
			what: `grown by the steps up to ${STEPS.toLocaleString("en")}`,
			value: (trained.peak - trained.settled) / 1024,
			unit: "MB",
			bound: 8,
		},
	];
}
