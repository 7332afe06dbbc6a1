import { type Handle, native } from "../../core/native";
import { aligned, batched, batchedAll, entries, isOf, type Rule, rankOf, rows, whole } from "./level";

/* Matrix products and factorisations. */

const matmul: Rule = (level, [a, b]) => {
	const [ra, rb] = [rankOf(a), rankOf(b)];
	if (ra === 0 || rb === 0) return entries;
	if (ra === 1 && rb === 1) {
		if (!isOf(level, a)) return batched(level, native.matmul((b as any).inner, a));
		if (!isOf(level, b)) return batched(level, native.matmul(a.inner, b));
		const product = native.matmul(native.unsqueeze(a.inner, 1), native.unsqueeze(b.inner, 2));
		return batched(level, native.reshape(product, [level.size]));
	}
	// One matrix for all entries: their vectors are the rows of another.
	if (ra === 1 && rb === 2 && !isOf(level, b)) return batched(level, native.matmul((a as any).inner, b));
	if (ra === 2 && rb === 1 && !isOf(level, a)) {
		return batched(level, native.matmul((b as any).inner, native.transpose(a, 0, 1)));
	}
	const [left, right] = [ra === 1 ? native.unsqueeze(a, 0) : a, rb === 1 ? native.unsqueeze(b, 1) : b];
	const rank = Math.max(ra, rb, 2);
	let product = native.matmul(aligned(level, left, rank), aligned(level, right, rank));
	if (ra === 1) product = native.squeeze(product, [-2]);
	if (rb === 1) product = native.squeeze(product, [-1]);
	return batched(level, product);
};

const ofRanks =
	(...ranks: number[]): Rule =>
	(level, args, row) =>
		ranks.every((rank, i) => rankOf(args[i]) === rank) ? matmul(level, args, row) : entries;

const linear: Rule = (level, [x, weight, bias]) => {
	if (!isOf(level, weight) && (bias === null || !isOf(level, bias)) && isOf(level, x)) {
		return batched(level, native.linear(x.inner, weight, bias));
	}
	if (rankOf(weight) !== 2) return entries;
	const product = native.matmul(x, native.transpose(weight, 0, 1));
	return bias === null ? product : native.add(product, bias, 1);
};

const linearBackward: Rule = (_, [grad, x, weight, needX, needWeight, needBias]) => {
	const flat = (t: Handle) => native.reshape(t, [native.numel(t) / native.shape(t).at(-1)!, native.shape(t).at(-1)!]);
	if (native.numel(grad) === 0 || native.numel(x) === 0) return entries;
	const rows = flat(grad);
	return [
		needX ? native.matmul(grad, weight) : null,
		needWeight ? native.matmul(native.transpose(rows, 0, 1), flat(x)) : null,
		needBias ? native.sum(rows, [0], false, -1) : null,
	];
};

/** Of matrices behind any number of dimensions. */
const factors: Rule = (level, args, row) => {
	const [x, ...more] = args;
	if (!isOf(level, x) || rankOf(x as unknown as Handle) < 2) return entries;
	const result = rows[row]!(x.inner, ...more);
	return Array.isArray(result) ? batchedAll(level, result) : batched(level, result);
};

const solved = (tensors: number): Rule => {
	return (level, args, row) => {
		const ranks = args.slice(0, tensors).map(rankOf);
		const square = row === "luSolve" ? ranks[0] === ranks[2] && ranks[1] === ranks[0]! - 1 : ranks[0] === ranks[1];
		if (!square) return entries;
		return batched(level, rows[row]!(...args.map((arg, i) => (i < tensors ? whole(level, arg) : arg))));
	};
};

/** beta·c + alpha·a b */
const addmm: Rule = (_, [c, a, b, beta, alpha]) => {
	if (rankOf(a) !== 2 || rankOf(b) !== 2 || rankOf(c) > 2) return entries;
	const product = native.matmul(a, b);
	const scaled = alpha === 1 ? product : native.mul(product, alpha);
	if (beta === 0) return scaled;
	return native.add(scaled, c, beta);
};

/** Sets of points behind any number of dimensions, which broadcast. `sets`: how many of the arguments are such. */
const ofSets =
	(sets: number): Rule =>
	(level, args, row) => {
		const rank = Math.max(...args.slice(0, sets).map(rankOf));
		return batched(level, rows[row]!(...args.map((arg, i) => (i < sets ? aligned(level, arg, rank) : arg))));
	};

export const products: Record<string, Rule> = {
	cdist: ofSets(2),
	cdistBackward: ofSets(4),
	matmul,
	mm: ofRanks(2, 2),
	bmm: ofRanks(3, 3),
	addmm,
	linear,
	linearBackward,
	luFactor: factors,
	cholesky: factors,
	qr: factors,
	eigh: factors,
	eigvalsh: factors,
	svd: factors,
	svdvals: factors,
	triangularSolve: solved(2),
	luSolve: solved(3),
};
