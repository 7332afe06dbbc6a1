import { shapeText } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { float, size } from "../core/pythonText";
import { Tensor, wrap } from "../core/tensor";
import { broadcastTensors } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";

/* What all distributions share: shapes, checks, and what follows from mean, variance and density. */

export type TensorOrNumber = Tensor | number;

export interface DistributionOptions {
	/** Check parameters and values. Default true. */
	validateArgs?: boolean;
}

/** A random variable: `batchShape` independent ones, each of shape `eventShape`. */
export abstract class Distribution {
	/** Whether `rsample` hands gradients to the parameters. */
	get hasRsample(): boolean {
		return false;
	}

	/** @internal */
	_validates: boolean;

	constructor(
		readonly batchShape: readonly number[],
		readonly eventShape: readonly number[] = [],
		options: DistributionOptions = {},
	) {
		this._validates = options.validateArgs ?? true;
	}

	/** What a value may be. */
	abstract readonly support: Constraint;
	abstract readonly mean: Tensor;
	abstract readonly variance: Tensor;

	/** What the parameters must meet, by their names. */
	get argConstraints(): Record<string, Constraint> {
		const given = Object.entries(this._parameters()).map(
			([name, { constraint }]) => [camel(name), constraint] as const,
		);
		const found: Record<string, Constraint> = Object.fromEntries(given);
		// Whoever has one of the two has the other.
		const vectors = found.probs === constraints.simplex || found.logits === constraints.realVector;
		if (found.probs) found.logits ??= vectors ? constraints.realVector : constraints.real;
		else if (found.logits) found.probs = vectors ? constraints.simplex : constraints.unitInterval;
		return found;
	}

	/** Parameters with what they must meet, for checks and text. @internal */
	abstract _parameters(): Record<string, { value: Tensor; constraint: Constraint }>;

	/** @internal Called when the parameters are there. */
	_checkParameters(): void {
		if (!this._validates) return;
		for (const [name, { value, constraint }] of Object.entries(this._parameters())) {
			if (native.item(native.all(constraint.check(value.detach()).handle, null, false)) === 1) continue;
			throw new RangeError(
				`[${this.constructor.name}] Expected parameter ${name} (Tensor of shape ${tupleText(value.shape)}) of distribution ${this} to satisfy the constraint ${constraint.name}, but found invalid values:\n${value}`,
			);
		}
	}

	get stddev(): Tensor {
		return this.variance.sqrt();
	}

	get mode(): Tensor {
		throw new Error(`[${this.constructor.name}] has no mode`);
	}

	/** A sample, or as many as `sampleShape` says, without gradients. */
	sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => this.rsample(sampleShape));
	}

	/** A sample whose gradient reaches the parameters. */
	rsample(_sampleShape: readonly number[] = []): Tensor {
		throw new Error(`[${this.constructor.name}] has no rsample: its samples do not depend on the parameters smoothly`);
	}

	/** The logarithm of the density or probability at `value`. */
	abstract logProb(value: Tensor): Tensor;

	/** The probability of a value of at most `value`. */
	cdf(_value: Tensor): Tensor {
		throw new Error(`[${this.constructor.name}] the cdf is not implemented`);
	}

	/** The value with `cdf` equal to `value`. */
	icdf(_value: Tensor): Tensor {
		throw new Error(`[${this.constructor.name}] the icdf is not implemented`);
	}

	entropy(): Tensor {
		throw new Error(`[${this.constructor.name}] the entropy is not implemented`);
	}

	/** e to the power of the entropy. */
	perplexity(): Tensor {
		return this.entropy().exp();
	}

	/**
	 * The same distribution with a batch of the shape `batchShape`, to which its own broadcasts. Parameters are expanded, not
	 * copied.
	 */
	expand(batchShape: readonly number[]): this {
		const given: Record<string, unknown> = { validateArgs: false };
		for (const [name, { value }] of Object.entries(this._parameters())) {
			const event = value.shape.slice(this.batchShape.length);
			given[camel(name)] = value.expand([...batchShape, ...event]);
		}
		const made = new (this.constructor as new (options: object) => this)(given);
		made._validates = this._validates;
		return made;
	}

	/** @internal */
	_extended(sampleShape: readonly number[]): number[] {
		if (!Array.isArray(sampleShape)) {
			throw new TypeError(
				`[${this.constructor.name}] sampleShape must be an array of sizes, got ${String(sampleShape)}`,
			);
		}
		return [...sampleShape, ...this.batchShape, ...this.eventShape];
	}

	/** @internal Refuses a value that cannot be one. */
	_checkValue(value: Tensor): void {
		if (!this._validates) return;
		const name = this.constructor.name;
		if (!(value instanceof Tensor)) throw new TypeError(`[${name}] The value argument to log_prob must be a Tensor`);
		const shape = [...this.batchShape, ...this.eventShape];
		for (let i = 1; i <= Math.min(shape.length, value.ndim); i++) {
			const [a, b] = [value.shape.at(-i)!, shape.at(-i)!];
			if (a !== 1 && b !== 1 && a !== b) {
				throw new RangeError(
					`[${name}] Value is not broadcastable with batch_shape+event_shape: ${shapeText(value.shape)} vs ${shapeText(shape)}.`,
				);
			}
		}
		if (native.item(native.all(this.support.check(value.detach()).handle, null, false)) === 1) return;
		throw new RangeError(
			`[${name}] Expected value argument (Tensor of shape ${tupleText(value.shape)}) to be within the support (${this.support.name}) of the distribution ${this}, but found invalid values:\n${value}`,
		);
	}

	/** @internal Whether the text shows the parameters: PyTorch's shows none of those that it keeps in another distribution. */
	_shows(): boolean {
		return true;
	}

	/** PyTorch's text: single numbers as such, others by their size. */
	toString(): string {
		const parts = Object.entries(this._shows() ? this._parameters() : {}).map(([name, { value }]) => {
			return `${name}: ${value.numel() === 1 ? numberText(value) : size(value.shape)}`;
		});
		return `${this.constructor.name}(${parts.join(", ")})`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

function camel(name: string): string {
	return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function tupleText(shape: readonly number[]): string {
	return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

/** As Python shows a tensor of one element in an f-string: of no dimensions its number. */
function numberText(value: Tensor): string {
	return value.ndim === 0 ? float(value.item()) : String(value);
}

/** Parameters of one shape: numbers become tensors of the others' dtype. */
export function broadcastAll(...values: TensorOrNumber[]): Tensor[] {
	const like = values.find((value): value is Tensor => value instanceof Tensor);
	const dtype = like?.isFloatingPoint() ? like.dtype : getDefaultDtype();
	const tensors = values.map((value) =>
		value instanceof Tensor ? value : wrap(native.full([], value, dtype.code, like?.handle)),
	);
	return broadcastTensors(tensors);
}

/** log(1 + exp x), whose slope at 0 is ½ exactly. */
export function softplus(x: Tensor): Tensor {
	const positive = x
		.clamp({ min: 0 })
		.add(x)
		.sub(x.clamp({ max: 0 }))
		.div(2);
	return positive.add(x.abs().neg().exp().log1p());
}

/** Which of two parameters that stand for one is given. */
export function oneOf(name: string, given: Record<string, unknown>): void {
	const there = Object.keys(given).filter((key) => given[key] !== undefined && given[key] !== null);
	const names = Object.keys(given).join(" or ");
	if (there.length !== 1) throw new TypeError(`[${name}] exactly one of ${names} must be given, got ${there.length}`);
}

/** Memory of a shape beside a parameter. */
export function memory(like: Tensor, shape: readonly number[]): Tensor {
	return wrap(native.empty([...shape], like.dtype.code, like.handle));
}
