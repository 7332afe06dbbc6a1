// The engine's kernels. Products are held against OpenBLAS (NumPy's), once by the engine's own kernels and, where a BLAS is found,
// once with that; what reads and writes memory is held against a copy in the same run that moves as many bytes. On one thread
// processor time counts, the least of many short samples, and both sides take turns: so a busy machine shows in the figures as
// little as it can. Pointwise ops are measured on two threads as well, by the clock, in turns with the copy (pointwise.mjs).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const title = "kernels";

const ROUNDS = 2;

/** m, k, n of a layer's product for a batch of m: x[m][k]·W[n][k]ᵀ and its two gradients. */
const layers = [32, 256].flatMap((batch) => [
	["forward", batch, 784, 100],
	["dW", batch, 784, 100],
	["forward", batch, 100, 100],
	["dX", batch, 100, 100],
	["dW", batch, 100, 100],
]);
const products = [["mm", 1024, 1024, 1024], ["mm", 512, 512, 512], ...layers];

const MANY = 1 << 24;
/** What follows from memory's pace alone, with the arrays of MANY elements that are read and written. */
const moving = [
	[["clone", MANY], 2],
	[["add", MANY], 3],
	[["mul", MANY], 3],
	[["relu", MANY], 2],
	[["exp", MANY], 2],
	[["tanh", MANY], 2],
	[["sigmoid", MANY], 2],
	[["gelu", MANY], 2],
	[["sum", MANY], 1],
	[["mean", MANY], 1],
	[["max", MANY], 1],
];
const others = [
	["sumRows", 4096, 1024],
	["sumColumns", 4096, 1024],
	["maxRows", 4096, 1024],
	["argmaxRows", 4096, 1024],
	["softmaxRows", 4096, 1024],
	["softmaxColumns", 4096, 1024],
	["logSoftmaxRows", 4096, 1024],
	["logsumexpRows", 4096, 1024],
	["softmaxRows", 65536, 10],
	["logsumexpRows", 65536, 10],
	["layerNorm", 4096, 1024],
	["attention", 2, 256],
];

/** What a program beside this one prints. */
function answerOf(program, args, environment = {}) {
	const script = fileURLToPath(new URL(program, import.meta.url));
	const answer = spawnSync(process.execPath, [script, ...args], {
		encoding: "utf8",
		env: { ...process.env, ...environment },
	});
	if (answer.status !== 0) throw new Error(answer.stderr);
	return JSON.parse(answer.stdout);
}

/** What kernels.mjs measures of these cases. */
export function ours(cases, environment = {}, threads = 1) {
	return answerOf("./kernels.mjs", [JSON.stringify(cases), String(threads)], environment);
}

/** Every pointwise op beside a copy of as many bytes. */
function pointwise(threads) {
	const found = answerOf("./pointwise.mjs", [String(threads)]);
	return Object.entries(found).map(([name, { microseconds, copied }]) => ({
		what: `${name} ${MANY}, ${threads === 1 ? "one thread" : "two threads"}`,
		value: microseconds,
		unit: "µs",
		peer: { name: "copy of as many bytes", value: copied },
		bound: copied / 0.8,
	}));
}

/** Case by case the least of both lists. */
const least = (a, b) => (a ? a.map((value, i) => (value === null ? null : Math.min(value, b[i]))) : b);

/** The least times of all rounds: the engine's, the peer's and OpenBLAS's, and the products' with the BLAS that is found. */
function measure(cases, peer) {
	const found = {};
	for (let round = 0; round < ROUNDS; round++) {
		const alone = ours(cases, { GRADBOOK_BLAS: "off" });
		found.alone = least(found.alone, alone.microseconds);
		const theirs = peer("kernels.py", JSON.stringify(cases));
		if (theirs) {
			found.peer = least(found.peer, theirs.microseconds);
			found.openblas = least(found.openblas, theirs.openblas);
		}
		const helped = cases === products && ours(cases);
		if (helped?.blas) {
			found.helped = least(found.helped, helped.microseconds);
			found.blas = helped.blas;
		}
	}
	return found;
}

export async function run({ torch: peer }) {
	const unit = "µs";
	const rows = [];
	const of = measure(products, peer);
	for (const [i, [name, ...sizes]] of products.entries()) {
		const openblas = of.openblas?.[i];
		const [what, square] = [`${name} ${sizes.join(" × ")}`, name === "mm"];
		const row = (who, value, part) => ({
			what: `${what}, ${who}`,
			value,
			unit,
			...(openblas && { peer: { name: "OpenBLAS", value: openblas }, ...(square && { bound: openblas / part }) }),
		});
		rows.push(row("own kernels", of.alone[i], 0.7));
		if (of.helped) rows.push(row(`with ${of.blas}`, of.helped[i], 0.9));
		if (openblas)
			rows.push({ what: `${what}, PyTorch's`, value: of.peer[i], unit, peer: { name: "OpenBLAS", value: openblas } });
	}
	const compare = (what, value, other, bound) => ({
		what,
		value,
		unit,
		...(other && { peer: { name: "PyTorch", value: other } }),
		...(bound && { bound }),
	});
	const memory = measure([["copy", MANY], ...moving.map(([it]) => it)], peer);
	const copied = memory.alone[0];
	rows.push(compare(`copy ${MANY} elements`, copied, memory.peer?.[0]));
	for (const [i, [[name], arrays]] of moving.entries()) {
		rows.push(compare(name, memory.alone[i + 1], memory.peer?.[i + 1], (copied * arrays) / 2 / 0.8));
	}
	rows.push(...pointwise(1), ...pointwise(2));
	const rest = measure(others, peer);
	for (const [i, [name, ...sizes]] of others.entries()) {
		rows.push(compare(`${name} ${sizes.join(" × ")}`, rest.alone[i], rest.peer?.[i]));
	}
	return rows;
}
