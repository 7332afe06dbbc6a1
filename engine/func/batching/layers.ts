import { type Handle, native } from "../../core/native";
import { batched, batchedAll, entries, isOf, type Level, type Rule, rankOf, rows, whole } from "./level";

/* Layers and losses. */

/** The entries go into the first dimension of each of them: a batch of batches is a larger batch. */
function merged(level: Level, x: Handle): Handle {
	const [first, ...rest] = native.shape(whole(level, x)).slice(1);
	return native.reshape(whole(level, x), [level.size * first!, ...rest]);
}

function split(level: Level, x: Handle): Handle {
	const [first, ...rest] = native.shape(x);
	return batched(level, native.reshape(x, [level.size, first! / level.size, ...rest]));
}

/** What treats every row of the first dimension alike: `tensors` of the arguments are such batches, the others the same for all. */
function ofRows(...tensors: number[]): Rule {
	return (level, args, row) => {
		if (args.some((arg, i) => isOf(level, arg) && !tensors.includes(i))) return entries;
		if (tensors.some((i) => args[i] !== null && (rankOf(args[i]) === 0 || native.numel(args[i]) === 0))) return entries;
		const own = args.map((arg, i) => (tensors.includes(i) && arg !== null ? merged(level, arg) : arg));
		const result = rows[row]!(...own);
		return Array.isArray(result) ? result.map((part) => split(level, part)) : split(level, result);
	};
}

/** Entries as groups of channels: [entries, N, C, …] as [N, entries · C, …]. */
function asChannels(level: Level, x: Handle): Handle {
	const all = whole(level, x);
	const [size, n, channels, ...rest] = native.shape(all);
	const turned = native.permute(all, [1, 0, 2, ...rest.map((_, i) => i + 3)]);
	return native.reshape(turned, [n!, size! * channels!, ...rest]);
}
function ofChannels(level: Level, x: Handle): Handle {
	const [n, channels, ...rest] = native.shape(x);
	const apart = native.reshape(x, [n!, level.size, channels! / level.size, ...rest]);
	return batched(level, native.permute(apart, [1, 0, 2, ...rest.map((_, i) => i + 3)]));
}

/** Of the sums that a device's derivative does without (empty ones) there is nothing to bring together. */
const attentionBackward: Rule = (level, args, row) => {
	const sums = args[6];
	if (native.numel(sums) > 0) return ofRows(0, 1, 2, 3, 4, 5, 6)(level, args, row);
	return ofRows(0, 1, 2, 3, 4, 5)(level, args.with(6, isOf(level, sums) ? sums.inner : sums), row);
};

const conv: Rule = (level, args, row) => {
	const [x, weight, bias, ...more] = args;
	if (!isOf(level, weight) && !isOf(level, bias)) return ofRows(0)(level, args, row);
	const groups = more.pop() as number;
	const stacked = rows[row]!(asChannels(level, x), merged(level, weight), null, ...more, groups * level.size);
	const result = ofChannels(level, stacked);
	if (bias === null) return result;
	const dims = native.dim(x) - 2;
	return native.add(result, native.reshape(bias, [native.numel(bias), ...new Array<number>(dims).fill(1)]), 1);
};

const convWeight: Rule = (level, [y, x, ...more]) => {
	const groups = more.pop() as number;
	const all = native.convWeight(
		asChannels(level, y),
		asChannels(level, x),
		...(more as [number[], number[], number[], number[]]),
		groups * level.size,
	);
	return split(level, all);
};

/** Statistics are a list for each entry, whatever the shape of its rows. */
function withStatistics(level: Level, [result, mean, inverse]: readonly [Handle, Handle, Handle]): Handle[] {
	const list = (x: Handle) => batched(level, native.reshape(x, [level.size, native.numel(x) / level.size]));
	return [batched(level, result), list(mean), list(inverse)];
}

const layerNorm: Rule = (level, [x, shape, weight, bias, eps]) => {
	if (!isOf(level, x)) return entries;
	if (!isOf(level, weight) && !isOf(level, bias))
		return withStatistics(level, native.layerNorm(x.inner, shape, weight, bias, eps));
	const [plain, mean, inverse] = native.layerNorm(x as unknown as Handle, shape, null, null, eps);
	const scaled = weight === null ? plain : native.mul(plain, weight);
	return [bias === null ? scaled : native.add(scaled, bias, 1), mean, inverse];
};

const rmsNorm: Rule = (level, [x, shape, weight, eps]) => {
	if (!isOf(level, x)) return entries;
	if (!isOf(level, weight)) return withStatistics(level, native.rmsNorm(x.inner, shape, weight, eps));
	const [plain, mean, inverse] = native.rmsNorm(x as unknown as Handle, shape, null, eps);
	return [native.mul(plain, weight as unknown as Handle), mean, inverse];
};

const groupNorm: Rule = (level, [x, groups, weight, bias, eps]) => {
	if (isOf(level, weight) || isOf(level, bias) || native.numel(x) === 0) return entries;
	const [result, mean, inverse] = native.groupNorm(merged(level, x), groups, weight, bias, eps);
	const [, ...statistics] = withStatistics(level, [result, mean, inverse]);
	return [split(level, result), ...statistics];
};

const rowNormBackward: Rule = (level, args) => {
	const [grad, x, weight, bias, mean, inverse, groups, inner, centred, needX, needWeight, needBias] = args;
	const [all, grads] = [whole(level, x), whole(level, grad)];
	const [means, scales] = [native.reshape(whole(level, mean), [-1]), native.reshape(whole(level, inverse), [-1])];
	const given = isOf(level, weight) || isOf(level, bias);
	if (given || native.dtype(all) !== native.dtype(means) || native.numel(all) === 0) return entries;
	const dx = needX
		? native.rowNormBackward(grads, all, weight, bias, means, scales, groups, inner, centred, true, false, false)[0]
		: null;
	// Factor i of an entry belongs to `inner` neighbours in every row of one group.
	const rowCount = native.numel(means);
	const length = native.numel(all) / rowCount;
	const summed = (products: Handle, like: Handle) => {
		const apart = native.reshape(products, [level.size, -1, groups, length / inner, inner]);
		return native.reshape(native.sum(apart, [1, 4], false, -1), [level.size, ...native.shape(like)]);
	};
	const column = (statistic: Handle) => native.reshape(statistic, [rowCount, 1]);
	const gradRows = native.reshape(grads, [rowCount, length]);
	let dweight: Handle | null = null;
	if (needWeight) {
		const rows = native.reshape(all, [rowCount, length]);
		const moved = centred ? native.sub(rows, column(means), 1) : rows;
		dweight = summed(native.mul(gradRows, native.mul(moved, column(scales))), weight);
	}
	return batchedAll(level, [dx, dweight, needBias ? summed(gradRows, bias) : null]);
};

/** Mean 1, sum 2: of each entry's losses. */
const crossEntropy: Rule = (level, [logits, target, weight, reduction, ignoreIndex, labelSmoothing]) => {
	if (!simple(level, logits, target, weight) || labelSmoothing !== 0) return entries;
	const [losses, logProbs] = native.crossEntropy(merged(level, logits), merged(level, target), null, 0, ignoreIndex, 0);
	const each = native.reshape(losses, [level.size, -1]);
	const counted = native.to(native.ne(whole(level, target), ignoreIndex), native.dtype(losses));
	const total = native.sum(counted, [1], false, -1);
	const loss = reduction === 0 ? each : native.sum(each, [1], false, -1);
	return [
		batched(level, reduction === 1 ? native.div(loss, total) : loss),
		split(level, logProbs),
		batched(level, total),
	];
};

const crossEntropyBackward: Rule = (level, args) => {
	const [grad, logProbs, target, weight, reduction, ignoreIndex, labelSmoothing, total] = args;
	if (!simple(level, logProbs, target, weight) || labelSmoothing !== 0) return entries;
	const scaled = reduction === 1 ? native.div(grad, total) : grad;
	const each = reduction === 0 ? scaled : native.expand(native.unsqueeze(scaled, 0), native.shape(target));
	const grads = native.reshape(whole(level, each), [-1]);
	const ones = native.full([], 1, native.dtype(grads), grads);
	const result = native.crossEntropyBackward(
		grads,
		merged(level, logProbs),
		merged(level, target),
		null,
		0,
		ignoreIndex,
		0,
		ones,
	);
	return split(level, result);
};

/** Classes, one for each row of scores, none of which weighs more. */
function simple(level: Level, scores: Handle, target: Handle, weight: Handle | null): boolean {
	return weight === null && rankOf(scores) === 2 && rankOf(target) === 1 && native.numel(scores) > 0 && level.size > 0;
}

export const layers: Record<string, Rule> = {
	conv,
	convInput: conv,
	convWeight,
	maxPool: ofRows(0),
	adaptiveMaxPool: ofRows(0),
	maxPoolBackward: ofRows(0, 1),
	poolPick: ofRows(0, 1),
	poolPut: ofRows(0, 1),
	mix: (level, [x, dim, ...more]) => {
		const place = dim < 0 ? dim + rankOf(x) : dim;
		return batched(level, rows.mix!(x.inner, place + 1, ...more));
	},
	mixPlane: (level, [x, ...matrices]) => batched(level, rows.mixPlane!(x.inner, ...matrices)),
	groupNorm,
	layerNorm,
	rmsNorm,
	rowNormBackward,
	attention: ofRows(0, 1, 2, 3),
	attentionBackward,
	crossEntropy,
	crossEntropyBackward,
};
