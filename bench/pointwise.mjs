// Pointwise ops beside a copy of as many bytes, in one run and by turns: what the memory would let them take.
//
//   node bench/pointwise.mjs [THREADS [NAME…]]
//
// Prints JSON: for each op the median microseconds of a call, those of such a copy (one array read, one written, by as many
// bytes as the op reads and writes), and the op's share of the copy's bandwidth.
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Between calls, so that each finds the memory of an earlier result as a training step would, and none pays for it. */
const collect = runInNewContext("gc");

const require = createRequire(import.meta.url);
const torch = require("../dist/engine/index.js");
const F = torch.nn.functional;

const MANY = 1 << 24;
const FLOAT = 4;
const [WORTH, LEAST, MOST] = [120_000, 3, 9];

const threads = Number(process.argv[2] ?? 1);
const wanted = process.argv.slice(3);
torch.setNumThreads(threads);
torch.manualSeed(1);

// Inputs that all ops share: x and y normal, p in 0 … 1, e in 0.5 … 2.5, a mask.
const [x, y, z] = [1, 2, 3].map(() => torch.randn(MANY));
const p = torch.rand(MANY);
const e = torch.rand(MANY).mul(2).add(0.5);
const mask = x.gt(0);

const unary = (call, input = x) => [2 * FLOAT, () => call(input)];
const binary = (call, a = x, b = y) => [3 * FLOAT, () => call(a, b)];
const ternary = (call) => [4 * FLOAT, () => call(x, y, z)];
const test = (call) => [2 * FLOAT + 1, () => call(x, y)];
const testOne = (call) => [FLOAT + 1, () => call(x)];
/** The backward pass alone: the gradient is read, and what was saved. */
const grad = (call) => {
	const from = x.detach().requiresGrad_();
	const to = call(from);
	return [3 * FLOAT, () => torch.autograd.grad(to, [from], { gradOutputs: y, retainGraph: true })];
};

/** Bytes that each element of the result has read and written, and the call. */
export const ops = {
	add: () => binary((a, b) => a.add(b)),
	addScalar: () => unary((a) => a.add(1)),
	addScaled: () => binary((a, b) => a.add(b, { alpha: 0.5 })),
	sub: () => binary((a, b) => a.sub(b)),
	mul: () => binary((a, b) => a.mul(b)),
	mulScalar: () => unary((a) => a.mul(2)),
	div: () => binary((a, b) => a.div(b)),
	divScalar: () => unary((a) => a.div(3)),
	maximum: () => binary((a, b) => a.maximum(b)),
	minimum: () => binary((a, b) => a.minimum(b)),
	neg: () => unary((a) => a.neg()),
	abs: () => unary((a) => a.abs()),
	sign: () => unary((a) => a.sign()),
	square: () => unary((a) => a.square()),
	sqrt: () => unary((a) => a.sqrt(), p),
	rsqrt: () => unary((a) => a.rsqrt(), p),
	reciprocal: () => unary((a) => a.reciprocal()),
	floor: () => unary((a) => a.floor()),
	ceil: () => unary((a) => a.ceil()),
	round: () => unary((a) => a.round()),
	trunc: () => unary((a) => a.trunc()),
	frac: () => unary((a) => a.frac()),
	clamp: () => unary((a) => a.clamp(-1, 1)),
	nanToNum: () => unary((a) => a.nanToNum()),
	addcmul: () => ternary((a, b, c) => torch.addcmul(a, b, c)),
	addcdiv: () => ternary((a, b, c) => torch.addcdiv(a, b, c)),
	lerp: () => ternary((a, b, c) => torch.lerp(a, b, c)),
	where: () => [3 * FLOAT + 1, () => torch.where(mask, x, y)],
	maskedFill: () => [2 * FLOAT + 1, () => x.maskedFill(mask, 0)],
	eq: () => test((a, b) => a.eq(b)),
	lt: () => test((a, b) => a.lt(b)),
	ge: () => test((a, b) => a.ge(b)),
	gtScalar: () => testOne((a) => a.gt(0)),
	isnan: () => testOne((a) => a.isnan()),
	isfinite: () => testOne((a) => a.isfinite()),
	logicalAnd: () => test((a, b) => a.logicalAnd(b)),
	exp: () => unary((a) => a.exp()),
	exp2: () => unary((a) => a.exp2()),
	expm1: () => unary((a) => a.expm1()),
	log: () => unary((a) => a.log(), p),
	log2: () => unary((a) => a.log2(), p),
	log10: () => unary((a) => a.log10(), p),
	log1p: () => unary((a) => a.log1p(), p),
	sin: () => unary((a) => a.sin()),
	cos: () => unary((a) => a.cos()),
	tan: () => unary((a) => a.tan()),
	asin: () => unary((a) => a.asin(), p),
	acos: () => unary((a) => a.acos(), p),
	atan: () => unary((a) => a.atan()),
	sinh: () => unary((a) => a.sinh()),
	cosh: () => unary((a) => a.cosh()),
	tanh: () => unary((a) => a.tanh()),
	erf: () => unary((a) => a.erf()),
	erfc: () => unary((a) => a.erfc()),
	powSquare: () => unary((a) => a.pow(2)),
	powCube: () => unary((a) => a.pow(3)),
	powHalf: () => unary((a) => a.pow(0.5), p),
	powScalar: () => unary((a) => a.pow(1.7), p),
	pow: () => binary((a, b) => a.pow(b), p, e),
	atan2: () => binary((a, b) => a.atan2(b)),
	hypot: () => binary((a, b) => a.hypot(b)),
	remainder: () => binary((a, b) => a.remainder(b)),
	fmod: () => binary((a, b) => a.fmod(b)),
	logaddexp: () => binary((a, b) => a.logaddexp(b)),
	xlogy: () => binary((a, b) => a.xlogy(b), x, p),
};

const activations = {
	relu: F.relu,
	relu6: F.relu6,
	leakyRelu: F.leakyRelu,
	elu: F.elu,
	selu: F.selu,
	gelu: F.gelu,
	geluTanh: (a) => F.gelu(a, { approximate: "tanh" }),
	silu: F.silu,
	mish: F.mish,
	softplus: F.softplus,
	sigmoid: (a) => a.sigmoid(),
	logSigmoid: F.logsigmoid,
	hardsigmoid: F.hardsigmoid,
	hardswish: F.hardswish,
	hardtanh: F.hardtanh,
	hardshrink: F.hardshrink,
	softshrink: F.softshrink,
	threshold: (a) => F.threshold(a, 0.1, 0),
};
for (const [name, call] of Object.entries(activations)) {
	ops[name] = () => unary((a) => call(a));
	ops[`${name}Backward`] = () => grad((a) => call(a));
}
ops.tanhBackward = () => grad((a) => a.tanh());

const now = () => performance.now() * 1000;
const timed = (call) => {
	const start = now();
	call();
	return now() - start;
};
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

// The copy has arrays of its own: what an op has just read is nearer than what no one has, for either of them.
const [source, target] = [torch.rand(MANY), torch.zeros(MANY)];
const copy = () => target.copy_(source);
const [little, other] = [torch.rand(MANY / 8), torch.zeros(MANY / 8)];
/** Threads that have slept would be the copy's to wake, which comes first. */
const wake = () => other.copy_(little);

/** Op and copy by turns, so that what else the machine does meets both. */
function measure([bytes, call]) {
	for (let i = 0; i < 2; i++) call();
	collect();
	const [own, copies] = [[], []];
	let all = 0;
	for (let i = 0; i < MOST && (i < LEAST || all < WORTH); i++) {
		collect();
		wake();
		copies.push(timed(copy));
		own.push(timed(call));
		all += own[i];
	}
	const [microseconds, copied] = [median(own), (median(copies) * bytes) / (2 * FLOAT)];
	return { microseconds, copied, share: copied / microseconds };
}

const names = wanted.length > 0 ? wanted : Object.keys(ops);
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, measure(ops[name]())]))));
