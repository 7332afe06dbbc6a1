import { shapeText } from "../../core/arguments";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { linalg, rand, randLike, topk, zeros, zerosLike } from "../../ops";
import { BasePruningMethod } from "./pruningMethod";

/* The pruning methods. An amount is a part (between 0 and 1) or, as a whole number, a count. */

function checkedAmount(amount: number): number {
	if (typeof amount !== "number") {
		throw new TypeError(`[prune] amount must be a number, got ${quoted(amount)}`);
	}
	if (!(amount >= 0 && (amount <= 1 || Number.isInteger(amount)))) {
		throw new RangeError(
			`[prune] amount should either be a part in the range [0, 1] or a non-negative integer, got ${amount}`,
		);
	}
	return amount;
}

/** How many of `size` go; parts are rounded, halves to the even number. */
function countOf(amount: number, size: number): number {
	if (!Number.isInteger(amount)) {
		const exact = amount * size;
		const below = Math.floor(exact);
		const rest = exact - below;
		return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
	}
	if (amount > size) {
		throw new RangeError(`[prune] amount=${amount} should be smaller than the number of parameters to prune=${size}`);
	}
	return amount;
}

/** Prunes nothing: makes `weightOrig` and `weightMask`. */
export class Identity extends BasePruningMethod {
	readonly pruningType = "unstructured";

	computeMask(_t: Tensor, defaultMask: Tensor): Tensor {
		return defaultMask;
	}
}

/** `count` elements of a mask, chosen by their scores, become 0. */
function without(mask: Tensor, scores: Tensor, count: number, largest: boolean): Tensor {
	const made = mask.clone();
	if (count === 0) return made;
	const flat = made.view(-1);
	flat.setAt([topk(scores.reshape(-1), count, { largest })[1]], 0);
	return made;
}

/** Prunes elements at random. */
export class RandomUnstructured extends BasePruningMethod {
	readonly pruningType = "unstructured";
	readonly amount: number;

	constructor(amount: number) {
		super();
		this.amount = checkedAmount(amount);
	}

	computeMask(t: Tensor, defaultMask: Tensor): Tensor {
		const count = countOf(this.amount, t.numel());
		return count === 0 ? defaultMask.clone() : without(defaultMask, randLike(t), count, true);
	}
}

/** Prunes the elements with the smallest absolute values. */
export class L1Unstructured extends BasePruningMethod {
	readonly pruningType = "unstructured";
	readonly amount: number;

	constructor(amount: number) {
		super();
		this.amount = checkedAmount(amount);
	}

	computeMask(t: Tensor, defaultMask: Tensor): Tensor {
		return without(defaultMask, t.abs(), countOf(this.amount, t.numel()), false);
	}
}

function channels(t: Tensor, dim: number): { at: number; size: number } {
	if (t.ndim <= 1) {
		throw new RangeError(
			`[prune] structured pruning can only be applied to multidimensional tensors, found shape ${shapeText(t.shape)}`,
		);
	}
	if (!(Number.isInteger(dim) && dim >= -t.ndim && dim < t.ndim)) {
		throw new RangeError(`[prune] invalid dim ${quoted(dim)} for a tensor of shape ${shapeText(t.shape)}`);
	}
	const at = dim < 0 ? dim + t.ndim : dim;
	return { at, size: t.size(at) };
}

/** The mask of whole channels, 1 or 0 each, on top of another mask. */
function channelMask(kept: Tensor, at: number, t: Tensor, defaultMask: Tensor): Tensor {
	const shape = t.shape.map((size, i) => (i === at ? size : 1));
	return zerosLike(t).add(kept.to(t).reshape(shape)).mul(defaultMask.to(t.dtype));
}

/** Prunes channels along `dim` at random. */
export class RandomStructured extends BasePruningMethod {
	readonly pruningType = "structured";
	readonly amount: number;

	constructor(
		amount: number,
		readonly dim = -1,
	) {
		super();
		this.amount = checkedAmount(amount);
	}

	computeMask(t: Tensor, defaultMask: Tensor): Tensor {
		const { at, size } = channels(t, this.dim);
		const count = countOf(this.amount, size);
		if (count === 0) return defaultMask;
		const scores = rand(size);
		const threshold = scores.sort()[0].at(count - 1);
		return channelMask(scores.gt(threshold), at, t, defaultMask);
	}
}

/** Prunes the channels along `dim` with the smallest Lₙ norms. */
export class LnStructured extends BasePruningMethod {
	readonly pruningType = "structured";
	readonly amount: number;

	constructor(
		amount: number,
		/** The order of the norm: a number, Infinity, −Infinity or "fro". */
		readonly n: number | "fro",
		readonly dim = -1,
	) {
		super();
		this.amount = checkedAmount(amount);
		if (typeof n !== "number" && n !== "fro") {
			throw new TypeError(`[prune] n must be a number or "fro", got ${quoted(n)}`);
		}
	}

	computeMask(t: Tensor, defaultMask: Tensor): Tensor {
		const { at, size } = channels(t, this.dim);
		const count = countOf(this.amount, size);
		if (count === 0) return defaultMask;
		const others = t.shape.flatMap((_, i) => (i === at ? [] : [i]));
		const norms = linalg.vectorNorm(t, this.n === "fro" ? 2 : this.n, { dim: others });
		const kept = zeros(size, { device: t.device });
		kept.setAt([topk(norms, size - count)[1]], 1);
		return channelMask(kept, at, t, defaultMask);
	}
}

/** Prunes by a mask that is given. */
export class CustomFromMask extends BasePruningMethod {
	readonly pruningType = "global";

	constructor(readonly mask: Tensor) {
		super();
		if (!(mask instanceof Tensor)) throw new TypeError(`[prune] mask must be a tensor, got ${quoted(mask)}`);
	}

	computeMask(_t: Tensor, defaultMask: Tensor): Tensor {
		if (`${defaultMask.shape}` !== `${this.mask.shape}`) {
			throw new RangeError(
				`[prune] the mask must have the parameter's shape ${shapeText(defaultMask.shape)}, got ${shapeText(this.mask.shape)}`,
			);
		}
		return defaultMask.mul(this.mask.to(defaultMask.dtype));
	}
}
