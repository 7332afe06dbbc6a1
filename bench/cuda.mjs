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
function kernel(call) {
	const x = torch.randn(tiny ? 4 : 65_536, 1024);
	return onCard(() => call(x), tiny ? 1 : 20);
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
	layerNorm: () => kernel((x) => nn.functional.layerNorm(x, [1024])),
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
