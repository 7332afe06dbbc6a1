// What surface.bench.mjs measures: the calls of surface.cases.json; peers/surface.py measures the same ones.
//
//   node bench/surface.mjs full|tiny cuda|cpu [REGEX]
//
// prints JSON: for each case that the expression fits, by name, the microseconds of one call, or the error that ended it. `tiny` is
// for tests: its times say nothing.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const torch = createRequire(import.meta.url)("../dist/engine/index.js");
const { cuda, nn, optim } = torch;
const [size, device, only = ""] = process.argv.slice(2);
const tiny = size === "tiny";
torch.setDefaultDevice(device);

const camel = (name) => name.replace(/(?<=.)_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const small = (n) => (!tiny ? n : n >= 4096 ? 64 : n >= 100 ? 16 : n);

const inputs = {
	n: (shape) => torch.randn(shape),
	u: (shape) => torch.rand(shape),
	mask: (shape) => torch.randn(shape).gt(1),
	order: (shape) => torch.rand(shape).argsort(-1),
	perm: ([count]) => torch.randperm(count),
	sorted: (shape) => torch.randn(shape).sort()[0],
	tril: (shape) => inputs.pd(shape).tril(),
	unit: (shape) => torch.randn(shape).div(shape.at(-1) ** 0.5),
	pd(shape) {
		const x = torch.randn(shape);
		return x.matmul(x.mT).add(torch.eye(shape.at(-1)).mul(shape.at(-1)));
	},
};

/** "@KIND[:DTYPE] SIZE… [t|pORDER]", or "@NUMBER [t]" for a tensor that was made before. */
function tensorOf(text, made) {
	const [head, ...rest] = text.slice(1).split(" ");
	const view = /^[tp]/.test(rest.at(-1) ?? "") ? rest.pop() : "";
	let x = made[Number(head)];
	if (x === undefined) {
		const [kind, dtype] = head.split(":");
		const shape = rest.map((n) => small(Number(n)));
		const whole = /^i(\d+)$/.exec(kind);
		x = whole ? torch.randint(0, small(Number(whole[1])), shape) : inputs[kind](shape);
		if (dtype) x = x.to(torch[dtype === "double" ? "float64" : dtype]);
		made.push(x);
	}
	return view === "" ? x : view === "t" ? x.t() : x.permute(...[...view.slice(1)].map(Number));
}

function argument(given, made) {
	if (Array.isArray(given)) return given.map((each) => argument(each, made));
	return typeof given === "string" && given.startsWith("@") ? tensorOf(given, made) : given;
}

function functionOf(path) {
	const [space, name] = path.split(".");
	if (space === "") return (x, ...rest) => x[camel(name)](...rest);
	const from = { torch, F: nn.functional, linalg: torch.linalg }[space];
	return from[camel(name)];
}

function callOf({ call, args, kwargs, grad }) {
	const made = [];
	const given = args.map((each) => argument(each, made));
	const options = Object.entries(kwargs ?? {}).map(([key, value]) => [camel(key), argument(value, made)]);
	if (options.length > 0) given.push(Object.fromEntries(options));
	const f = functionOf(call);
	if (!grad) return () => f(...given);
	const wanted = made.filter((x) => x.dtype.isFloatingPoint).map((x) => x.requiresGrad_());
	if (grad === "both") return () => torch.autograd.grad(f(...given).sum(), wanted);
	const y = f(...given);
	const gradOutputs = torch.onesLike(y);
	return () => torch.autograd.grad(y, wanted, { gradOutputs, retainGraph: true });
}

function recurrent(Layer) {
	const layer = new Layer(small(256), small(256), { batchFirst: true });
	const [x, parameters] = [torch.randn(tiny ? 2 : 64, tiny ? 3 : 100, small(256)), [...layer.parameters()]];
	return () => torch.autograd.grad(layer(x)[0].sum(), parameters);
}

function parametersWithGrads() {
	return Array.from({ length: tiny ? 3 : 100 }, () => {
		const x = torch.randn(small(512), small(512)).requiresGrad_();
		x.grad = torch.randn(x.shape);
		return x;
	});
}

const made = {
	lstm: () => recurrent(nn.LSTM),
	gru: () => recurrent(nn.GRU),
	encoder() {
		const layer = new nn.TransformerEncoderLayer(tiny ? 16 : 512, 8, { batchFirst: true, dropout: 0 });
		const [x, parameters] = [torch.randn(tiny ? 2 : 16, small(256), tiny ? 16 : 512), [...layer.parameters()]];
		return () => torch.autograd.grad(layer(x).sum(), parameters);
	},
	adam() {
		const optimizer = new optim.Adam(parametersWithGrads());
		return () => optimizer.step();
	},
	sgd() {
		const optimizer = new optim.SGD(parametersWithGrads(), { lr: 0.1, momentum: 0.9 });
		return () => optimizer.step();
	},
	clip_grad_norm_() {
		const parameters = parametersWithGrads();
		return () => nn.utils.clipGradNorm_(parameters, 1);
	},
};

const wait = () => device === "cuda" && cuda.synchronize();

/** By the card's clock, or that on the wall. */
function microseconds(call, count) {
	if (device !== "cuda") {
		const start = performance.now();
		for (let i = 0; i < count; i++) call();
		return ((performance.now() - start) / count) * 1000;
	}
	const [start, end] = [new cuda.Event({ enableTiming: true }), new cuda.Event({ enableTiming: true })];
	start.record();
	for (let i = 0; i < count; i++) call();
	end.record();
	end.synchronize();
	return (start.elapsedTime(end) / count) * 1000;
}

/** A card is lent for minutes: a call that takes long is not made often, and what fails does not take the rest with it. */
function measured(row) {
	try {
		torch.manualSeed(1);
		const call = row.made ? made[row.made]() : callOf(row);
		call();
		wait();
		const start = performance.now();
		call();
		wait();
		const once = performance.now() - start;
		const count = tiny ? 1 : Math.max(1, Math.min(20, Math.floor(30 / once)));
		const runs = once > 200 || tiny ? 1 : 3;
		return Math.min(
			...Array.from({ length: runs }, () => {
				// What results lie in comes from the driver once in a program, and from the cache of memory ever after.
				if (once < 200) for (let i = 0; i < count; i++) call();
				globalThis.gc?.();
				return microseconds(call, count);
			}),
		);
	} catch (error) {
		return { error: error.stack };
	}
}

const cases = JSON.parse(readFileSync(new URL("./surface.cases.json", import.meta.url), "utf8")).filter(
	(row) => new RegExp(only).test(row.name) && !(tiny && row.tiny === false),
);
// The card's clock rises with its first work.
if (!tiny && cases.length > 0) for (let i = 0; i < 3; i++) measured(cases[0]);
console.log(JSON.stringify(Object.fromEntries(cases.map((row) => [row.name, measured(row)]))));
