import { bind } from "../../core/arguments";
import { noGrad } from "../../core/gradMode";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";

/* Gradients kept small: call these between `backward()` and `step()`. */

export interface ClipGradNormOptions {
	/** The p of the norm; Infinity for the largest element. Default 2. */
	normType?: number;
	/** Throw where the norm is NaN or infinite. Default false. */
	errorIfNonfinite?: boolean;
}

type ClipGradNormArguments =
	| [maxNorm: number, options?: ClipGradNormOptions]
	| [maxNorm: number, normType: number, options?: Omit<ClipGradNormOptions, "normType">]
	| [options: ClipGradNormOptions & { maxNorm: number }];

type Parameters = Tensor | Iterable<Tensor>;

function gradsOf(op: string, parameters: Parameters): Tensor[] {
	if (typeof (parameters as Iterable<Tensor> | null)?.[Symbol.iterator] !== "function") {
		throw new TypeError(`[${op}] expected parameters, such as model.parameters(), got ${quoted(parameters)}`);
	}
	const list = parameters instanceof Tensor ? [parameters] : [...parameters];
	for (const parameter of list) {
		if (!(parameter instanceof Tensor)) throw new TypeError(`[${op}] expected parameters, got ${quoted(parameter)}`);
	}
	return list.flatMap((parameter) => parameter._grad ?? []);
}

type GradsWithNorm = { maxNorm: number; totalNorm: Tensor };
type GradsWithNormArguments =
	| [maxNorm: number, totalNorm: Tensor]
	| [maxNorm: number, options: { totalNorm: Tensor }]
	| [options: GradsWithNorm];

/** The norm of all gradients together, as one vector. */
export function getTotalNorm(tensors: Iterable<Tensor>, options: ClipGradNormOptions = {}): Tensor {
	const { normType = 2, errorIfNonfinite = false } = options;
	const list = [...tensors];
	if (list.some(onCard)) return cardNorm(list, normType, errorIfNonfinite);
	const dtype = (list[0] ?? null)?.dtype.code ?? 6;
	const total = native.totalNorm(
		list.map((tensor) => tensor.handle),
		normType,
	);
	if (errorIfNonfinite) checkFinite(total, normType);
	return wrap(native.full([], list.length === 0 ? 0 : total, dtype, list[0]?.handle));
}

function checkFinite(total: number, normType: number): void {
	if (Number.isFinite(total)) return;
	throw new RangeError(
		`[clipGradNorm_] the total norm of order ${normType} for gradients is non-finite (${total}), so it cannot be clipped`,
	);
}

function onCard(tensor: Tensor): boolean {
	return native.device(tensor.handle) > 0;
}

/** Without waiting for the card. */
function cardNorm(tensors: readonly Tensor[], normType: number, errorIfNonfinite: boolean): Tensor {
	const total = wrap(
		native.totalNormThere(
			tensors.map(({ handle }) => handle),
			normType,
		),
	);
	if (errorIfNonfinite) checkFinite(total.item(), normType);
	return total;
}

/**
 * Scales all gradients, in place, by one factor so that their norm together is at most `maxNorm`: their direction stays.
 * Gives back the norm before.
 */
export function clipGradNorm_(parameters: Parameters, ...args: ClipGradNormArguments): Tensor {
	const { maxNorm, ...options } = bind<ClipGradNormOptions & { maxNorm: number }>("clipGradNorm_", args, [
		"maxNorm",
		"normType",
		"errorIfNonfinite",
	]);
	if (typeof maxNorm !== "number") {
		throw new TypeError(`[clipGradNorm_] maxNorm must be a number, got ${quoted(maxNorm)}`);
	}
	const grads = gradsOf("clipGradNorm_", parameters);
	const total = getTotalNorm(grads, options);
	scale(grads, maxNorm, total);
	return total;
}

/** Scales all gradients, in place, by `maxNorm` / `totalNorm` where that is below 1: what `clipGradNorm_` does with their norm. */
export function clipGradsWithNorm_(parameters: Parameters, ...args: GradsWithNormArguments): void {
	const given = bind<GradsWithNorm>("clipGradsWithNorm_", args, ["maxNorm", "totalNorm"]);
	const { maxNorm, totalNorm } = given;
	if (typeof maxNorm !== "number") {
		throw new TypeError(`[clipGradsWithNorm_] maxNorm must be a number, got ${quoted(maxNorm)}`);
	}
	if (!(totalNorm instanceof Tensor)) {
		throw new TypeError(`[clipGradsWithNorm_] totalNorm must be a tensor, got ${quoted(totalNorm)}`);
	}
	scale(gradsOf("clipGradsWithNorm_", parameters), maxNorm, totalNorm);
}

function scale(grads: readonly Tensor[], maxNorm: number, total: Tensor): void {
	if (grads.some(onCard)) {
		const wanted = native.div(maxNorm, native.add(total.handle, 1e-6, 1));
		const factor = native.clamp(wanted, Number.NEGATIVE_INFINITY, 1);
		native.scaleAllBy_(
			grads.map((grad) => grad.handle),
			factor,
		);
		for (const grad of grads) grad._version.count++;
		return;
	}
	const factor = maxNorm / (total.item() + 1e-6);
	// A norm that is not a number makes all gradients so, as in PyTorch.
	if (!(factor >= 1)) {
		native.scaleAll_(
			grads.map((grad) => grad.handle),
			factor,
		);
		for (const grad of grads) grad._version.count++;
	}
}

/** Bounds every element of all gradients, in place, to [−clipValue, clipValue]: their direction changes. */
export function clipGradValue_(parameters: Parameters, ...args: [number] | [{ clipValue: number }]): void {
	const { clipValue } = bind<{ clipValue: number }>("clipGradValue_", args, ["clipValue"]) as { clipValue: number };
	if (!(clipValue >= 0))
		throw new RangeError(`[clipGradValue_] clipValue must be at least 0, got ${quoted(clipValue)}`);
	noGrad(() => {
		for (const grad of gradsOf("clipGradValue_", parameters)) grad.clamp_(-clipValue, clipValue);
	});
}
