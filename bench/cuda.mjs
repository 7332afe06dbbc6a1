// What bench/cuda.bench.mjs measures on a card; peers/cuda_card.py measures the same, under the same names.
//
//   node bench/cuda.mjs full|tiny NAME…
//
// prints JSON: for each name the microseconds of one step or call, of nine runs, or the error that ended it. `tiny` is for tests
// of this file: its times say nothing.
import { createRequire } from "node:module";
import { classifier, networks } from "./networks.mjs";

const torch = createRequire(import.meta.url)("../dist/engine/index.js");
const { cuda, nn } = torch;
const [size, ...names] = process.argv.slice(2);
const tiny = size === "tiny";
const runs = tiny ? 1 : 9;

/** The MLP on a batch of 32 images: 784-300-100-10, SGD. */
function mlp() {
	const layers = [new nn.Flatten(), new nn.Linear(784, 300), new nn.ReLU(), new nn.Linear(300, 100), new nn.ReLU()];
	return classifier(torch, new nn.Sequential(...layers, new nn.Linear(100, 10)), tiny ? 2 : 32);
}

/** Steps by the clock on the wall, from an idle card to an idle card. */
function steps(make, count, captured = false) {
	const step = captured ? cuda.graph(make(), { staticOutputs: true }) : make();
	const run = () => {
		cuda.synchronize();
		const start = performance.now();
		for (let i = 0; i < count; i++) step();
		cuda.synchronize();
		return ((performance.now() - start) / count) * 1000;
	};
	for (let i = 0; i < (captured ? 5 : 1); i++) step();
	run();
	return Array.from({ length: runs }, run);
}

/** One call by the card's own clock, many in a row. */
function onCard(call, count) {
	const [start, end] = [new cuda.Event({ enableTiming: true }), new cuda.Event({ enableTiming: true })];
	const run = () => {
		start.record();
		for (let i = 0; i < count; i++) call();
		end.record();
		end.synchronize();
		return (start.elapsedTime(end) / count) * 1000;
	};
	run();
	return Array.from({ length: runs }, run);
}

/** What queueing one small op costs this thread. */
function launch() {
	const x = torch.zeros(1);
	const count = tiny ? 10 : 10_000;
	const run = () => {
		cuda.synchronize();
		const start = performance.now();
		for (let i = 0; i < count; i++) x.add_(1);
		const spent = performance.now() - start;
		cuda.synchronize();
		return (spent / count) * 1000;
	};
	run();
	return Array.from({ length: runs }, run);
}

function product(dtype) {
	const side = tiny ? 16 : 4096;
	const [a, b] = [torch.randn(side, side).to(dtype), torch.randn(side, side).to(dtype)];
	return onCard(() => a.matmul(b), tiny ? 1 : 20);
}

/** A kernel over rows of 1,024 numbers, which reads and writes memory and computes next to nothing. */
function kernel(call, dtype = torch.float32, shape = [65_536, 1024]) {
	const x = torch.randn(tiny ? 4 : shape[0], ...shape.slice(1)).to(dtype);
	return onCard(() => call(x), tiny ? 1 : 20);
}

/** The gradients of what `forward` takes, from a gradient of its result. */
function backward(forward, x, ...parameters) {
	const inputs = [x, ...parameters].map((t) => t.requiresGrad_());
	const y = forward(...inputs);
	const gradOutputs = torch.randnLike(y);
	return onCard(() => torch.autograd.grad(y, inputs, { gradOutputs, retainGraph: true }), few(20));
}

const rowsOf1024 = () => torch.randn(tiny ? 4 : 65_536, 1024);
const factors = (n) => [torch.rand(n), torch.rand(n)];

const norm = (x, weight, bias) => nn.functional.layerNorm(x, [1024], { weight, bias });

/** In training, of 256 images with 64 channels of 56 × 56: the function and what it takes. */
function batchNorm() {
	const x = tiny ? torch.randn(2, 4, 8, 8) : torch.randn(256, 64, 56, 56);
	const channels = x.size(1);
	const [mean, variance] = [torch.zeros(channels), torch.ones(channels)];
	const call = (input, weight, bias) =>
		nn.functional.batchNorm(input, mean, variance, { weight, bias, training: true });
	return [call, x, ...factors(channels)];
}

/** What is done with a symmetric, positive matrix. */
function matrix(full, call) {
	const side = tiny ? 5 : full;
	const x = torch.randn(side, side, { dtype: torch.float64 });
	const positive = x.matmul(x.mT).add(torch.eye(side, { dtype: torch.float64 }));
	return onCard(() => call(positive), 1);
}

const cnn = () => networks.cnn(torch, tiny ? 1 : 64);
const lstm = () => networks.lstm(torch, ...(tiny ? [2, 10] : []));
const few = (count) => (tiny ? 1 : count);
const measures = {
	mlp: () => steps(mlp, few(500)),
	mlpCaptured: () => steps(mlp, few(500), true),
	cnn: () => steps(cnn, few(100)),
	cnnCaptured: () => steps(cnn, few(100), true),
	lstm: () => steps(lstm, few(50)),
	productBfloat16: () => product(torch.bfloat16),
	productTf32() {
		torch.backends.cuda.matmul.allowTf32 = true;
		try {
			return product(torch.float32);
		} finally {
			torch.backends.cuda.matmul.allowTf32 = false;
		}
	},
	productFloat32: () => product(torch.float32),
	copy: () => kernel((x) => x.clone()),
	add: () => kernel((x) => x.add(x)),
	gelu: () => kernel((x) => nn.functional.gelu(x)),
	softmax: () => kernel((x) => x.softmax(-1)),
	softmaxLong: () => kernel((x) => x.softmax(-1), torch.float32, [16_384, 4096]),
	softmaxBackward: () => backward((x) => x.softmax(-1), rowsOf1024()),
	layerNorm: () => kernel((x) => nn.functional.layerNorm(x, [1024])),
	layerNormFactors() {
		const [weight, bias] = factors(1024);
		return kernel((x) => norm(x, weight, bias));
	},
	layerNormBackward: () => backward(norm, rowsOf1024(), ...factors(1024)),
	batchNorm() {
		const [call, ...inputs] = batchNorm();
		return onCard(() => call(...inputs), few(20));
	},
	batchNormBackward: () => backward(...batchNorm()),
	geluBackward: () => backward((x) => nn.functional.gelu(x), rowsOf1024()),
	sumOfRows: () => kernel((x) => x.sum(-1)),
	sumOfAll: () => kernel((x) => x.sum()),
	transpose: () => kernel((x) => x.t().contiguous()),
	addBfloat16: () => kernel((x) => x.add(x), torch.bfloat16),
	argmaxOfAll: () => kernel((x) => x.argmax()),
	indexAdd() {
		const [count, places] = tiny ? [20, 5] : [1_000_000, 50_000];
		const [index, values] = [torch.randint(0, places, [count]), torch.randn(count, 32)];
		const x = torch.zeros(places, 32);
		return onCard(() => x.indexAdd_(0, index, values), few(5));
	},
	lu: () => matrix(2048, (x) => torch.linalg.luFactorEx(x)),
	solve: () => matrix(2048, (x) => torch.linalg.solveEx(x, x)),
	cholesky: () => matrix(2048, (x) => torch.linalg.choleskyEx(x)),
	qr: () => matrix(2048, (x) => torch.linalg.qr(x)),
	eigh: () => matrix(512, (x) => torch.linalg.eigh(x)),
	svd: () => matrix(512, (x) => torch.linalg.svd(x)),
	launch,
};

/** A card is lent for minutes: what fails does not take the rest with it. */
function measured(name) {
	if (!Object.hasOwn(measures, name)) throw new Error(`bench/cuda.mjs: no ${name}; there are ${Object.keys(measures)}`);
	torch.manualSeed(1);
	try {
		return { microseconds: measures[name]() };
	} catch (error) {
		return { error: error.stack };
	}
}

torch.setDefaultDevice("cuda");
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, measured(name)]))));
