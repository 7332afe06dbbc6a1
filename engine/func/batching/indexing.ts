import { bool } from "../../core/dtype";
import { type Handle, native } from "../../core/native";
import { aligned, batched, entries, isOf, type Level, placeOf, type Rule, rankOf, rows, whole } from "./level";

/* By index tensors. */

function inOneRun(indices: readonly (Handle | null)[]): boolean {
	const first = indices.findIndex((index) => index !== null);
	const last = indices.length - 1 - [...indices].reverse().findIndex((index) => index !== null);
	return !indices.slice(first, last + 1).includes(null);
}

const isMask = (index: Handle): boolean => native.dtype(index) === bool.code;

const index: Rule = (level, args) => {
	const [x, indices] = args as [Handle, (Handle | null)[]];
	const given = indices.filter((item) => item !== null);
	const rank = Math.max(...given.map((item) => (isMask(item) ? 1 : rankOf(item))));
	if (isOf(level, x) && !given.some((item) => isOf(level, item))) {
		const picked = native.index(x.inner, [null, ...indices]);
		if (inOneRun(indices)) return batched(level, picked);
		// What was picked comes first then, and the entries behind it.
		const order = Array.from({ length: native.dim(picked) }, (_, i) => i);
		order.splice(rank, 1);
		return batched(level, native.permute(picked, [rank, ...order]));
	}
	// Each entry has its own places: only where they come first do the results lie with the entries first.
	const count = given.length;
	if (given.some(isMask) || indices.slice(0, count).includes(null)) return entries;
	const own = indices.map((item) => (item === null ? null : aligned(level, item, rank)));
	if (!isOf(level, x)) return batched(level, native.index(x, own));
	const which = native.arange(0, level.size, 1, native.dtype(given[0]!), x.inner);
	const entry = native.reshape(which, [level.size, ...new Array<number>(rank).fill(1)]);
	return batched(level, native.index(x.inner, [entry, ...own]));
};

const gather: Rule = (level, [x, dim, at]) => {
	const place = placeOf(dim, rankOf(x));
	if (place === null || rankOf(at) !== rankOf(x)) return entries;
	return batched(level, native.gather(whole(level, x), place, whole(level, at)));
};

const scatter: Rule = (level, [x, dim, at, source, ...more], row) => {
	const rank = rankOf(x);
	const place = placeOf(dim, rank);
	const plain = typeof source !== "object";
	if (!isOf(level, x) || place === null || rankOf(at) !== rank || !(plain || rankOf(source) === rank)) return entries;
	rows[row]!(x.inner, place, whole(level, at), plain ? source : whole(level, source), ...more);
	return undefined;
};

const indexSelect: Rule = (level, [x, dim, at]) => {
	const place = placeOf(dim, rankOf(x));
	if (place === null) return entries;
	if (!isOf(level, at)) return batched(level, native.indexSelect((x as any).inner, place, at));
	if (isOf(level, x) || rankOf(at as unknown as Handle) !== 1) return entries;
	const picked = native.indexSelect(x, place - 1, native.reshape(at.inner, [-1]));
	const shape = native.shape(picked);
	const split = native.reshape(picked, [...shape.slice(0, place - 1), level.size, -1, ...shape.slice(place)]);
	const order = Array.from({ length: shape.length + 1 }, (_, i) => i);
	order.splice(place - 1, 1);
	return batched(level, native.permute(split, [place - 1, ...order]));
};

const embedding: Rule = (level, [weight, at]) => {
	if (!isOf(level, weight)) return batched(level, native.embedding(weight, (at as any).inner));
	return native.index(weight as unknown as Handle, [at]);
};

/** The rows of all entries in one table, each entry's behind the last's. */
const embeddingBackward: Rule = (level, [grad, at, count, paddingIdx]) => {
	if (paddingIdx >= 0) return entries;
	const [grads, places] = [whole(level, grad), whole(level, at)];
	const type = native.dtype(places);
	const first = native.arange(0, level.size * count, count, type, places);
	const own = native.add(places, native.reshape(first, [level.size, ...new Array<number>(rankOf(at)).fill(1)]), 1);
	const table = native.embeddingBackward(grads, own, level.size * count, -1);
	return batched(level, native.reshape(table, [level.size, count, native.shape(table)[1]!]));
};

const oneHot: Rule = (level: Level, [at, classes]) =>
	classes < 0 ? entries : batched(level, native.oneHot(at.inner, classes));

export const indexing: Record<string, Rule> = {
	index,
	gather,
	scatter_: scatter,
	scatterAdd_: scatter,
	scatterReduce_: scatter,
	indexSelect,
	embedding,
	embeddingBackward,
	oneHot,
};
