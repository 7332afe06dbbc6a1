import { type Handle, native } from "../../core/native";
import { batched, entries, isOf, placesOf, type Rule, rankOf, rows, whole } from "./level";
import { along } from "./shapes";

/* Over dimensions of an entry. */

/** The dimensions, null or none for all, stand at place `dims` of the arguments. */
function over(dims: number): Rule {
	return (level, args, row) => {
		const x = args[0];
		if (!isOf(level, x)) return entries;
		const rank = rankOf(x as unknown as Handle);
		const given = args[dims] as number[] | null;
		const all = given === null || given.length === 0;
		const places = all ? Array.from({ length: rank }, (_, i) => i + 1) : placesOf(given, rank);
		if (places === null) return entries;
		const more = args.slice(1);
		// An entry of no dimensions gets one: no list of dimensions says "none".
		more[dims - 1] = rank === 0 ? [1] : places;
		const result = rows[row]!(rank === 0 ? native.unsqueeze(x.inner, 1) : x.inner, ...more);
		return batched(level, rank === 0 ? native.reshape(result, [level.size]) : result);
	};
}

const place: Rule = (level, [x, dim, keepdim], row) => {
	if (dim !== null) return along(1)(level, [x, dim, keepdim], row);
	if (!isOf(level, x) || keepdim) return entries;
	return batched(
		level,
		rows[row]!(native.reshape(x.inner, [level.size, native.numel(x.inner) / level.size]), 1, false),
	);
};

const alongBoth: Rule = (level, [grad, result, dim], row) => {
	const rank = rankOf(grad);
	const places = placesOf([dim], rank);
	if (places === null || rank === 0 || rankOf(result) !== rank) return entries;
	return batched(level, rows[row]!(whole(level, grad), whole(level, result), places[0]));
};

/** An entry of no dimensions has none to go along, which the addon allows. */
const one =
	(...at: number[]): Rule =>
	(level, args, row) =>
		rankOf(args[0]) === 0 ? entries : along(...at)(level, args, row);

export const reductions: Record<string, Rule> = {
	...Object.fromEntries(
		["sum", "mean", "prod", "nansum", "var", "std", "amax", "amin", "all", "any", "countNonzero", "logsumexp"].map(
			(name) => [name, over(1)],
		),
	),
	norm: over(2),
	sumTo: (level, [x, shape, dtype]) => {
		if (!isOf(level, x)) return entries;
		const rank = rankOf(x as unknown as Handle);
		if (rank < shape.length) return entries;
		const wide = [level.size, ...new Array<number>(rank - shape.length).fill(1), ...shape];
		return batched(level, native.reshape(native.sumTo(x.inner, wide, dtype), [level.size, ...shape]));
	},
	argmax: place,
	argmin: place,
	...Object.fromEntries(
		[
			"maxDim",
			"minDim",
			"medianDim",
			"modeDim",
			"cumsum",
			"cumprod",
			"cummax",
			"cummin",
			"logcumsumexp",
			"softmax",
			"logSoftmax",
			"sort",
		].map((name) => [name, one(1)]),
	),
	topk: one(2),
	softmaxBackward: alongBoth,
	logSoftmaxBackward: alongBoth,
};
