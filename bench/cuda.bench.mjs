// Training steps, products and kernels on a card, beside PyTorch on the same card. Each side runs in a process of its own, one
// after the other, since a card is lent for minutes and starting takes seconds; the median of nine runs counts.
// GRADBOOK_BENCH_TINY=1 runs the code on sizes whose times say nothing.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { quantile } from "./statistics.mjs";

export const title = "training steps, products and kernels on a card";

const size = process.env.GRADBOOK_BENCH_TINY === "1" ? "tiny" : "full";

/**
 * Kernels are compared with the copy of this run: `moved`, the bytes that they have to read and write, as parts of the copy's. What
 * has statistics of the batch, or gradients of factors, has to read twice.
 */
const bandwidth = 0.85;
const images = (256 * 64 * 56 * 56) / (65_536 * 1024);
const kernels = [
	{ name: "copy", what: "copy of 256 MB", moved: 1 },
	{ name: "add", what: "add of 256 MB", moved: 1 },
	{ name: "gelu", what: "gelu of 256 MB", moved: 1 },
	{ name: "softmax", what: "softmax of 256 MB", moved: 1 },
	{ name: "layerNorm", what: "layerNorm of 256 MB", moved: 1 },
	{ name: "softmaxLong", what: "softmax, rows of 4,096", moved: 1 },
	{ name: "softmaxBackward", what: "softmax, backward", moved: 3 / 2 },
	{ name: "layerNormFactors", what: "layerNorm, weight and bias", moved: 1 },
	{ name: "layerNormBackward", what: "layerNorm, backward", moved: 5 / 2 },
	{ name: "batchNorm", what: "batchNorm of 196 MB, training", moved: (3 / 2) * images },
	{ name: "batchNormBackward", what: "batchNorm, backward", moved: (5 / 2) * images },
	{ name: "geluBackward", what: "gelu, backward", moved: 3 / 2 },
	{ name: "sumOfRows", what: "sum of each row", moved: 1 / 2 },
	{ name: "sumOfAll", what: "sum of all", moved: 1 / 2 },
	{ name: "transpose", what: "transposed copy", moved: 1 },
	{ name: "addBfloat16", what: "add of 128 MB, bfloat16", moved: 1 / 2 },
];

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
	...kernels,
	{ name: "argmaxOfAll", what: "argmax of all of 256 MB" },
	{ name: "indexAdd", what: "indexAdd of 1,000,000 rows of 32" },
	{ name: "lu", what: "LU, 2048 × 2048, float64" },
	{ name: "solve", what: "solve, 2048 × 2048, float64" },
	{ name: "cholesky", what: "Cholesky, 2048 × 2048, float64" },
	{ name: "qr", what: "QR, 2048 × 2048, float64" },
	{ name: "eigh", what: "eigenvalues, 512 × 512, float64" },
	{ name: "svd", what: "singular values, 512 × 512, float64" },
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
	for (const { name, what, time, most, moved } of rows) {
		if (found[name].error) {
			console.error(`bench: ${what}: ${found[name].error}`);
			process.exitCode = 1;
			continue;
		}
		const row = { what, value: median(found[name]), unit: "µs" };
		if (theirs) row.peer = { name: "PyTorch, CUDA", value: median(theirs[name]) };
		if (row.peer && time) row.bound = row.peer.value * time;
		if (moved && name !== "copy" && !found.copy.error) {
			const copy = median(found.copy) * moved;
			row.bound = copy / bandwidth;
			row.note = `${Math.round((copy / row.value) * 100)} % of the copy's bandwidth`;
		}
		if (most) row.bound = most;
		table.push(row);
	}
	return table;
}
