// Training steps, products and kernels on a card, beside PyTorch on the same card. Both sides run in processes of their own, one
// after the other; the median of nine runs counts. GRADBOOK_BENCH_TINY=1 runs the code on sizes whose times say nothing.
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

function ours(name) {
	const script = fileURLToPath(new URL("./cuda.mjs", import.meta.url));
	const answer = spawnSync(process.execPath, [script, name, size], { encoding: "utf8", maxBuffer: 2 ** 26 });
	if (answer.status !== 0) throw new Error(`bench/cuda.mjs ${name} failed:\n${answer.stderr}`);
	return quantile(JSON.parse(answer.stdout).microseconds, 0.5);
}

export function run({ torch: peer }) {
	const hasPeer = peer("cuda_card.py", "about")?.available === true;
	const table = [];
	let copy = 0;
	for (const { name, what, time, most } of rows) {
		let value;
		try {
			value = ours(name);
		} catch (error) {
			// A card is lent for minutes: the other rows are measured, and the run counts as failed.
			console.error(`bench: ${what}: ${error.message}`);
			process.exitCode = 1;
			continue;
		}
		if (name === "copy") copy = value;
		const row = { what, value, unit: "µs" };
		if (hasPeer)
			row.peer = { name: "PyTorch, CUDA", value: quantile(peer("cuda_card.py", name, size).microseconds, 0.5) };
		if (row.peer && time) row.bound = row.peer.value * time;
		if (name in kernels) row.bound = (copy * kernels[name]) / bandwidth;
		if (most) row.bound = most;
		table.push(row);
	}
	return table;
}
