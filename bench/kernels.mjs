// Kernels as benchmarks run them: one entry each here and, under the same name, in peers/kernels.py.
//
//   node bench/kernels.mjs CASES [THREADS]
//
// CASES is JSON, a list of [name, ...sizes]. Prints JSON: for each the least microseconds that a call took (of processor time on
// one thread, of the clock on several), and the name of the BLAS that was found.
import { createRequire } from "node:module";
import { funcOf } from "./func.mjs";
import { opsOf } from "./ops.mjs";

const require = createRequire(import.meta.url);
const torch = require("../dist/engine/index.js");
const { native } = require("../dist/engine/core/native/index.js");
const F = torch.nn.functional;

/** Each makes its inputs and returns what is measured. */
const kernels = {
	/** C[m][n] = A[m][k]·B[k][n] */
	mm: (m, k, n) => {
		const [a, b] = [torch.randn(m, k), torch.randn(k, n)];
		return () => torch.mm(a, b);
	},
	/** A linear layer, without its bias: x[m][k]·W[n][k]ᵀ */
	forward: (m, k, n) => {
		const [x, w] = [torch.randn(m, k), torch.randn(n, k)];
		return () => torch.mm(x, w.t());
	},
	/** Its input's gradient: g[m][n]·W[n][k] */
	dX: (m, k, n) => {
		const [g, w] = [torch.randn(m, n), torch.randn(n, k)];
		return () => torch.mm(g, w);
	},
	/** Its weight's gradient: g[m][n]ᵀ·x[m][k] */
	dW: (m, k, n) => {
		const [g, x] = [torch.randn(m, n), torch.randn(m, k)];
		return () => torch.mm(g.t(), x);
	},
	/** The bytes of two arrays: one is read, one is written. */
	copy: (n) => {
		const [from, to] = [torch.randn(n), torch.zeros(n)];
		return () => to.copy_(from);
	},
	clone: (n) => unary(n, (x) => x.clone()),
	add: (n) => binary(n, (a, b) => a.add(b)),
	mul: (n) => binary(n, (a, b) => a.mul(b)),
	relu: (n) => unary(n, (x) => x.relu()),
	exp: (n) => unary(n, (x) => x.exp()),
	tanh: (n) => unary(n, (x) => x.tanh()),
	sigmoid: (n) => unary(n, (x) => x.sigmoid()),
	gelu: (n) => unary(n, (x) => F.gelu(x)),
	sum: (n) => unary(n, (x) => x.sum()),
	mean: (n) => unary(n, (x) => x.mean()),
	max: (n) => unary(n, (x) => x.max()),
	sumRows: (m, n) => rows(m, n, (x) => x.sum(1)),
	sumColumns: (m, n) => rows(m, n, (x) => x.sum(0)),
	maxRows: (m, n) => rows(m, n, (x) => x.max(1)),
	argmaxRows: (m, n) => rows(m, n, (x) => x.argmax(1)),
	softmaxRows: (m, n) => rows(m, n, (x) => x.softmax(1)),
	softmaxColumns: (m, n) => rows(m, n, (x) => x.softmax(0)),
	logSoftmaxRows: (m, n) => rows(m, n, (x) => x.logSoftmax(1)),
	logsumexpRows: (m, n) => rows(m, n, (x) => x.logsumexp(1)),
	layerNorm: (m, n) => rows(m, n, (x) => F.layerNorm(x, [n])),
	/** 8 heads of 64 features: forward and backward. */
	attention: (batch, length) => {
		const [q, k, v] = [1, 2, 3].map(() => torch.randn(batch, 8, length, 64, { requiresGrad: true }));
		const grad = torch.randn(batch, 8, length, 64);
		return () => torch.autograd.grad(F.scaledDotProductAttention(q, k, v), [q, k, v], { gradOutputs: grad });
	},
	...opsOf(torch),
	...funcOf(torch),
};

function unary(n, call) {
	const x = torch.randn(n);
	return () => call(x);
}
function binary(n, call) {
	const [a, b] = [torch.randn(n), torch.randn(n)];
	return () => call(a, b);
}
function rows(m, n, call) {
	const x = torch.randn(m, n);
	return () => call(x);
}

const threads = Number(process.argv[3] ?? 1);

const timeNow = () => {
	if (threads > 1) return performance.now() * 1000;
	const { user, system } = process.cpuUsage();
	return user + system;
};

/** Samples of at least 2 ms each, for a fifth of a second and eight samples at least. */
function leastMicroseconds(call) {
	for (let i = 0; i < 3; i++) call();
	let calls = 1;
	let least = Infinity;
	let all = 0;
	for (let samples = 0; samples < 8 || all < 200_000; samples++) {
		const start = timeNow();
		for (let i = 0; i < calls; i++) call();
		const took = timeNow() - start;
		all += took;
		if (took < 2000) {
			calls *= 2;
			samples = -1;
		} else least = Math.min(least, took / calls);
	}
	return least;
}

torch.setNumThreads(threads);
torch.manualSeed(1);
const cases = JSON.parse(process.argv[2]);
const microseconds = cases.map(([name, ...sizes]) => leastMicroseconds(kernels[name](...sizes)));
console.log(JSON.stringify({ microseconds, blas: native.buildInfo().blas }));
