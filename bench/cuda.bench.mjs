// Training steps, products and kernels on a card, beside PyTorch on the same card. Each side runs in a process of its own, one
// after the other, since a card is lent for minutes and starting takes seconds; the median of nine runs counts.
// GRADBOOK_BENCH_TINY=1 runs the code on sizes whose times say nothing.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { quantile } from "./statistics.mjs";

export const title = "training steps, products and kernels on a card";

const size = process.env.GRADBOOK_BENCH_TINY === "1" ? "tiny" : "full";

/** Kernels are compared with the copy of this run: bytes that they read and write, as parts of the copy's. */
const bandwidth = 0.85;
const kernels = { add: 1, gelu: 1, softmax: 1, layerNorm: 1 };

/** What is promised: a time as a part of the peer's. */
const rows = [
	{ name: "mlp", what: "MLP, batch 32, eager: step", time: 1 / 2 },
	{ name: "mlpCaptured", what: "MLP, batch 32, captured: step", time: 1 },
	{ name: "cnn", what: "CNN, batch 64, eager: step", time: 1 },
	{ name: "cnnCaptured", what: "CNN, batch 64, captured: step", time: 1 },
	{ name: "lstm", what: "LSTM, 32 packed sequences: step", time: 1 },
	{ name: "productBfloat16", what: "product 4096³, bfloat16", time: 1 / 0.95 },
	{ name: "productTf32", what: "product 4096³, TF32", time: 1 / 0.95 },
	{ name: "productFloat32", what: "product 4096³, float32", time: 1 / 0.95 },
	{ name: "copy", what: "copy of 256 MB" },
	...Object.keys(kernels).map((name) => ({ name, what: `${name} of 256 MB` })),
	{ name: "launch", what: "queueing one small op", most: 4 },
];

const require = createRequire(import.meta.url);
const engine = fileURLToPath(new URL("../dist/engine/", import.meta.url));

/** Why nothing can be measured here; undefined where it can. */
export function unavailable() {
	const { native } = require(`${engine}core/native/index.js`);
	return native.cudaInfo().problem ?? undefined;
}

/** The card, the driver and the libraries of both sides, for the head of the table. */
export function about({ torch: peer }) {
	const { cuda } = require(`${engine}index.js`);
	const { native } = require(`${engine}core/native/index.js`);
	const { name, major, minor } = cuda.getDeviceProperties();
	const { driverVersion, compilerVersion, libraries } = native.cudaInfo();
	const smi = spawnSync("nvidia-smi", ["--query-gpu=driver_version", "--format=csv,noheader"], { encoding: "utf8" });
	const driver = smi.status === 0 ? `${smi.stdout.trim().split("\n")[0]}, ` : "";
	const theirs = peer("cuda_card.py", "about");
	const found = libraries.map(({ title, version, problem }) => `${title} ${problem ? "not used" : version}`);
	return [
		`${name}, compute capability ${major}.${minor}; driver ${driver}CUDA ${Math.floor(driverVersion / 1000)}.${Math.floor((driverVersion % 1000) / 10)}`,
		`gradbook: NVRTC ${compilerVersion}, ${found.join(", ")}`,
		theirs?.available
			? `PyTorch ${theirs.torch}: ${theirs.card}, CUDA ${theirs.cuda}, cuDNN ${theirs.cudnn}`
			: "PyTorch sees no card: nothing to compare with",
		...(size === "tiny" ? ["sizes for a test: these times say nothing"] : []),
	];
}

/** All rows of one side, by name. */
function ours(names) {
	const script = fileURLToPath(new URL("./cuda.mjs", import.meta.url));
	const answer = spawnSync(process.execPath, [script, size, ...names], { encoding: "utf8", maxBuffer: 2 ** 26 });
	if (answer.status !== 0) throw new Error(`bench/cuda.mjs failed:\n${answer.stderr}`);
	return JSON.parse(answer.stdout);
}

export function run({ torch: peer }) {
	const names = rows.map(({ name }) => name);
	const found = ours(names);
	const theirs = peer("cuda_card.py", "about")?.available === true ? peer("cuda_card.py", size, ...names) : undefined;
	const median = ({ microseconds }) => quantile(microseconds, 0.5);
	const table = [];
	for (const { name, what, time, most } of rows) {
		if (found[name].error) {
			console.error(`bench: ${what}: ${found[name].error}`);
			process.exitCode = 1;
			continue;
		}
		const row = { what, value: median(found[name]), unit: "µs" };
		if (theirs) row.peer = { name: "PyTorch, CUDA", value: median(theirs[name]) };
		if (row.peer && time) row.bound = row.peer.value * time;
		if (name in kernels && !found.copy.error) row.bound = (median(found.copy) * kernels[name]) / bandwidth;
		if (most) row.bound = most;
		table.push(row);
	}
	return table;
}
