import { type Handle, native } from "../../core/native";
import {
	aligned,
	batched,
	entries,
	innerOf,
	isOf,
	placeOf,
	placesOf,
	type Rule,
	rankOf,
	rows,
	sample,
	whole,
} from "./level";

/* Views, copies, and questions about tensors. */

/** An op of one tensor that has dimensions at these places of its arguments; the other arguments stay. */
export function along(...at: number[]): Rule {
	return (level, args, row) => {
		const [x, ...more] = args;
		if (!isOf(level, x)) return entries;
		const rank = rankOf(x as unknown as Handle);
		const places = placesOf(
			at.map((k) => args[k]),
			rank,
		);
		if (places === null) return entries;
		at.forEach((k, i) => {
			more[k - 1] = places[i];
		});
		const result = rows[row]!(x.inner, ...more);
		return Array.isArray(result) ? result.map((part) => batched(level, part)) : batched(level, result);
	};
}

/** What does not look at dimensions. */
const asIs: Rule = (level, [x, ...more], row) =>
	isOf(level, x) ? batched(level, rows[row]!(x.inner, ...more)) : entries;

const ofMatrix: Rule = (level, args, row) => (rankOf(args[0]) < 2 ? entries : asIs(level, args, row));

const reshape: Rule = (level, [x, shape], row) => {
	if (!isOf(level, x) || (shape.includes(-1) && native.numel(x.inner) === 0)) return entries;
	return batched(level, rows[row]!(x.inner, [level.size, ...shape]));
};

/** In more dimensions than before, new ones first. */
const stretch =
	(first: number): Rule =>
	(level, [x, numbers], row) => {
		if (!isOf(level, x) || numbers.length < rankOf(x as unknown as Handle)) return entries;
		return batched(level, rows[row]!(aligned(level, x, numbers.length), [first, ...numbers]));
	};

const manyDims: Rule = (level, args, row) => {
	const [x, dims] = [args[0], args.at(-1) as number[]];
	if (!isOf(level, x) || dims.length === 0) return entries;
	const places = placesOf(dims, rankOf(x as unknown as Handle));
	if (places === null) return entries;
	return batched(level, rows[row]!(x.inner, ...args.slice(1, -1), places));
};

const cat: Rule = (level, [xs, dim]) => {
	const ranks = (xs as Handle[]).map(rankOf);
	const place = placeOf(dim, ranks[0]!);
	if (place === null || ranks.some((rank) => rank !== ranks[0])) return entries;
	return batched(
		level,
		native.cat(
			(xs as Handle[]).map((x) => whole(level, x)),
			place,
		),
	);
};

const copy_: Rule = (level, [x, source, ...more]) => {
	if (!isOf(level, x) || rankOf(source) > rankOf(x as unknown as Handle)) return entries;
	native.copy_(x.inner, aligned(level, source, rankOf(x as unknown as Handle)), ...more);
	return undefined;
};

const question: Rule = (level, [x], row) => rows[row]!(innerOf(level, x));
const listed: Rule = (level, [x], row) => rows[row]!(innerOf(level, x)).slice(1);

/** As many as there are entries, where it is made like one of them: what is written to it may differ. */
const made: Rule = (level, args, row) => {
	const [shape, ...more] = args;
	return batched(level, rows[row]!([level.size, ...shape], ...more.map((arg) => innerOf(level, arg))));
};
const placed: Rule = (level, args, row) => rows[row]!(...args.map((arg) => innerOf(level, arg)));

export const shapes: Record<string, Rule> = {
	view: reshape,
	reshape,
	transpose: along(1, 2),
	permute: (level, [x, dims]) => {
		const places = placesOf(dims, rankOf(x));
		return places === null || !isOf(level, x) ? entries : batched(level, native.permute(x.inner, [0, ...places]));
	},
	expand: (level, [x, shape]) => {
		if (!isOf(level, x) || shape.length < rankOf(x as unknown as Handle)) return entries;
		return batched(level, native.expand(aligned(level, x, shape.length), [level.size, ...shape]));
	},
	repeat: stretch(1),
	squeeze: (level, [x, dims]) => {
		if (!isOf(level, x)) return entries;
		const shape = native.shape(x.inner).slice(1);
		const places =
			dims === null ? shape.flatMap((size, i) => (size === 1 ? [i + 1] : [])) : placesOf(dims, shape.length);
		if (places === null) return entries;
		return batched(level, places.length === 0 ? native.alias(x.inner) : native.squeeze(x.inner, places));
	},
	unsqueeze: (level, [x, dim]) => {
		const place = placeOf(dim, rankOf(x) + 1);
		return place === null || !isOf(level, x) ? entries : batched(level, native.unsqueeze(x.inner, place));
	},
	slice: along(1),
	select: along(1),
	unfold: along(1),
	diagonal: along(2, 3),
	asStrided: (level, [x, shape, strides, offset]) => {
		if (!isOf(level, x)) return entries;
		return batched(
			level,
			native.asStrided(x.inner, [level.size, ...shape], [native.strides(x.inner)[0]!, ...strides], offset),
		);
	},
	alias: asIs,
	contiguous: asIs,
	clone: asIs,
	to: asIs,
	toDevice: asIs,
	pinMemory: asIs,
	tril: ofMatrix,
	triu: ofMatrix,
	flip: manyDims,
	roll: manyDims,
	cat,
	copy_,
	fill_: (level, [x, value]) => (isOf(level, x) ? native.fill_(x.inner, value) : entries),
	shape: listed,
	strides: listed,
	offset: question,
	dtype: question,
	device: question,
	isPinned: question,
	storageId: question,
	storageBytes: question,
	dim: (level, [x]) => native.dim(innerOf(level, x)) - 1,
	numel: (level, [x]) => native.numel(innerOf(level, x)) / level.size,
	isContiguous: (level, [x]) => native.isContiguous(sample(level, x)),
	alike: (_, [a, b]) => native.dtype(a) === native.dtype(b) && `${native.shape(a)}` === `${native.shape(b)}`,
	resultType: (level, [a, b]) => native.resultType(sample(level, a), sample(level, b)),
	// Views of the entries and what came out of vmap share the memory: nothing is taken over or given back before its time.
	storageUses: () => 2,
	giveBack: () => undefined,
	empty: made,
	full: made,
	emptyLikeOn: (level, [x, dtype, place]) => {
		const inner = native.emptyLikeOn(innerOf(level, x), dtype, innerOf(level, place));
		return isOf(level, x) ? batched(level, inner) : inner;
	},
	arange: placed,
	linspace: placed,
	eye: placed,
	fromData: placed,
	fromNumbers: placed,
	fromBigInts: placed,
};
