import { type Handle, native } from "../../core/native";
import { sharedWrite } from "./entries";
import {
	aligned,
	batched,
	entries,
	innerOf,
	isHandle,
	isOf,
	type Level,
	type Rule,
	rankOf,
	rows,
	sample,
	whole,
} from "./level";

/* Element by element: operands are aligned at their last dimensions. */

const unary =
	"neg abs sign square reciprocal sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc erfinv lgamma digamma polygamma sinc logit signbit floor ceil trunc frac round roundDecimals isnan isinf isfinite logicalNot bitwiseNot sigmoid logSigmoid relu relu6 silu mish softsign hardsigmoid hardswish tanhshrink gelu geluTanh leakyRelu elu softplus hardshrink softshrink hardtanh threshold clamp nanToNum";
const derivatives =
	"sigmoidBackward tanhBackward reluBackward siluBackward mishBackward softsignBackward hardsigmoidBackward hardswishBackward geluBackward geluTanhBackward logSigmoidBackward leakyReluBackward eluBackward softplusBackward hardshrinkBackward softshrinkBackward hardtanhBackward thresholdBackward clampBackward";
const binary =
	"mul div squaredDifference floorDivide truncDivide remainder fmod pow maximum minimum fmax fmin atan2 hypot logaddexp logaddexp2 xlogy copysign heaviside nextafter gcd lcm eq ne lt le gt ge logicalAnd logicalOr logicalXor bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift";

/** Where the tensor to write into stands among the arguments. */
function operation(out: number): Rule {
	return (level, args, row) => {
		const target = args[out];
		const operands = args.slice(0, out);
		if (target !== undefined && !isOf(level, target)) throw sharedWrite(row);
		const rank = Math.max(...operands.filter(isHandle).map(rankOf));
		if (target !== undefined && rankOf(target as unknown as Handle) < rank) return entries;
		const type = target === undefined ? typeOfEntry(level, operands, row) : null;
		const seen = type !== null && compared.has(row) ? forComparison(level, operands) : operands;
		const wide = Math.max(rank, target === undefined ? 0 : rankOf(target as unknown as Handle));
		const result = rows[row]!(...seen.map((x) => aligned(level, x, wide)), ...(target ? [target.inner] : []));
		return target ?? batched(level, type === null || native.dtype(result) === type ? result : native.to(result, type));
	};
}

/**
 * A tensor of no dimensions does not raise the dtype of one with some, and with the entries it has one: the dtype that an entry's result
 * has then. Null where the addon finds it by itself.
 */
function typeOfEntry(level: Level, operands: readonly unknown[], row: string): number | null {
	const tensors = operands.filter(isHandle);
	if (tensors.length !== 2 || native.dtype(tensors[0]!) === native.dtype(tensors[1]!)) return null;
	if (!tensors.some((x) => isOf(level, x) && rankOf(x as unknown as Handle) === 0)) return null;
	return native.dtype(rows[row]!(...operands.map((x) => sample(level, x))));
}

const compared = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

/** Comparisons have no dtype that says in which they are made: it is that of the operands together. */
function forComparison(level: Level, operands: readonly any[]): unknown[] {
	const type = native.resultType(sample(level, operands[0]), sample(level, operands[1]));
	return operands.map((x) => (isHandle(x) ? native.to(x, type) : x));
}

/** The tensor to write into may stand behind the op's numbers. */
const single: Rule = (level, args, row) => {
	const [x, ...more] = args;
	const target = more.find(isHandle) as unknown;
	if (!isOf(level, x)) return entries;
	if (target !== undefined && !isOf(level, target)) throw sharedWrite(row);
	const result = rows[row]!(x.inner, ...more.map((item) => innerOf(level, item)));
	return target ?? batched(level, result);
};

/** A gradient and a saved tensor of one shape. */
const pair: Rule = (level, [grad, saved, ...numbers], row) => {
	if (rankOf(grad) !== rankOf(saved)) return entries;
	return batched(level, rows[row]!(whole(level, grad), whole(level, saved), ...numbers));
};

const maskedFill: Rule = (level, [x, mask, value], row) => {
	if (isHandle(value)) return entries;
	const rank = Math.max(rankOf(x), rankOf(mask));
	const inPlace = row.endsWith("_");
	if (inPlace && (!isOf(level, x) || rank > rankOf(x as unknown as Handle))) return entries;
	const result = rows[row]!(aligned(level, x, rank), aligned(level, mask, rank), value);
	return inPlace ? undefined : batched(level, result);
};

export const pointwise: Record<string, Rule> = {
	...Object.fromEntries(unary.split(" ").map((name) => [name, single])),
	...Object.fromEntries(derivatives.split(" ").map((name) => [name, pair])),
	...Object.fromEntries(binary.split(" ").map((name) => [name, operation(2)])),
	add: operation(3),
	sub: operation(3),
	where: operation(3),
	lerp: operation(3),
	addcmul: operation(4),
	addcdiv: operation(4),
	bowl: operation(5),
	scaledDifference: operation(5),
	maskedFill,
	maskedFill_: maskedFill,
};
