import { float } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { cat as catTensors, stack as stackTensors } from "../ops";
import { Constraint } from "./constraint";

/* What values may be: `torch.distributions.constraints`. Names are PyTorch's text. */

export { Constraint } from "./constraint";
export * from "./matrixConstraints";

type Bound = Tensor | number;

function boundText(bound: Bound, discrete = false): string {
	if (typeof bound === "number") return discrete ? String(bound) : float(bound);
	return bound.ndim === 0 ? float(bound.item()) : String(bound);
}

const whole = (x: Tensor) => x.remainder(1).eq(0);

/** Anything but NaN. */
export class Real extends Constraint {
	override check(value: Tensor): Tensor {
		return value.eq(value);
	}
}

export class ZeroOrOne extends Constraint {
	override get name(): string {
		return "Boolean()";
	}

	override get isDiscrete(): boolean {
		return true;
	}

	override check(value: Tensor): Tensor {
		return value.eq(0).logicalOr(value.eq(1));
	}
}

export class OneHot extends Constraint {
	override get isDiscrete(): boolean {
		return true;
	}

	override get eventDim(): number {
		return 1;
	}

	override check(value: Tensor): Tensor {
		return value.eq(0).logicalOr(value.eq(1)).all(-1).logicalAnd(value.sum(-1).eq(1));
	}
}

/** What has a lower bound. */
abstract class Above extends Constraint {
	constructor(readonly lowerBound: Bound) {
		super();
	}

	override get name(): string {
		return `${this.constructor.name}(lower_bound=${boundText(this.lowerBound, this.isDiscrete)})`;
	}
}

export class GreaterThan extends Above {
	override check(value: Tensor): Tensor {
		return value.gt(this.lowerBound);
	}
}

export class GreaterThanEq extends Above {
	override check(value: Tensor): Tensor {
		return value.ge(this.lowerBound);
	}
}

export class IntegerGreaterThan extends Above {
	override get isDiscrete(): boolean {
		return true;
	}

	override check(value: Tensor): Tensor {
		return whole(value).logicalAnd(value.ge(this.lowerBound));
	}
}

export class LessThan extends Constraint {
	constructor(readonly upperBound: Bound) {
		super();
	}

	override get name(): string {
		return `LessThan(upper_bound=${boundText(this.upperBound)})`;
	}

	override check(value: Tensor): Tensor {
		return value.lt(this.upperBound);
	}
}

/** What has two bounds, both of which belong to it. */
export class Interval extends Constraint {
	constructor(
		readonly lowerBound: Bound,
		readonly upperBound: Bound,
	) {
		super();
	}

	override get name(): string {
		const [low, high] = [this.lowerBound, this.upperBound].map((bound) => boundText(bound, this.isDiscrete));
		return `${this.constructor.name}(lower_bound=${low}, upper_bound=${high})`;
	}

	override check(value: Tensor): Tensor {
		return value.ge(this.lowerBound).logicalAnd(value.le(this.upperBound));
	}
}

/** Without the upper bound. */
export class HalfOpenInterval extends Interval {
	override check(value: Tensor): Tensor {
		return value.ge(this.lowerBound).logicalAnd(value.lt(this.upperBound));
	}
}

export class IntegerInterval extends Interval {
	override get isDiscrete(): boolean {
		return true;
	}

	override check(value: Tensor): Tensor {
		return whole(value).logicalAnd(super.check(value));
	}
}

export class Simplex extends Constraint {
	override get eventDim(): number {
		return 1;
	}

	override check(value: Tensor): Tensor {
		return value.ge(0).all(-1).logicalAnd(value.sum(-1).sub(1).abs().lt(1e-6));
	}
}

/** Whole numbers that add up to at most a bound. */
export class Multinomial extends Constraint {
	constructor(readonly upperBound: Bound) {
		super();
	}

	override get isDiscrete(): boolean {
		return true;
	}

	override get eventDim(): number {
		return 1;
	}

	override check(value: Tensor): Tensor {
		return value.ge(0).all(-1).logicalAnd(value.sum(-1).le(this.upperBound));
	}
}

/** A condition that all of the last `reinterpretedBatchNdims` dimensions meet together. */
export class IndependentConstraint extends Constraint {
	constructor(
		readonly baseConstraint: Constraint,
		readonly reinterpretedBatchNdims: number,
	) {
		super();
	}

	override get isDiscrete(): boolean {
		return this.baseConstraint.isDiscrete;
	}

	override get eventDim(): number {
		return this.baseConstraint.eventDim + this.reinterpretedBatchNdims;
	}

	override get name(): string {
		return `IndependentConstraint(${this.baseConstraint.name}, ${this.reinterpretedBatchNdims})`;
	}

	override check(value: Tensor): Tensor {
		const each = this.baseConstraint.check(value);
		const count = this.reinterpretedBatchNdims;
		if (each.ndim < count) {
			throw new RangeError(`[constraints] expected a value of at least ${this.eventDim} dimensions, got ${value.ndim}`);
		}
		return count === 0 ? each : each.flatten(-count).all(-1);
	}
}

/** What the components of a mixture may be. */
export class MixtureSameFamilyConstraint extends Constraint {
	constructor(readonly baseConstraint: Constraint) {
		super();
	}

	override get isDiscrete(): boolean {
		return this.baseConstraint.isDiscrete;
	}

	override get eventDim(): number {
		return this.baseConstraint.eventDim;
	}

	override get name(): string {
		return `MixtureSameFamilyConstraint(${this.baseConstraint.name})`;
	}

	override check(value: Tensor): Tensor {
		const each = this.baseConstraint.check(value.unsqueeze(-1 - this.eventDim));
		return each.reshape([...value.shape.slice(0, value.ndim - this.eventDim), -1]).all(-1);
	}
}

/** Conditions of several, each for a part of a dimension. */
abstract class Joined extends Constraint {
	constructor(
		readonly cseq: readonly Constraint[],
		readonly dim: number,
	) {
		super();
	}

	override get isDiscrete(): boolean {
		return this.cseq.some((each) => each.isDiscrete);
	}

	override get eventDim(): number {
		return Math.max(...this.cseq.map((each) => each.eventDim));
	}
}

/** Parts of `lengths` entries along a dimension. */
export class Cat extends Joined {
	readonly lengths: readonly number[];

	constructor(cseq: readonly Constraint[], dim = 0, lengths?: readonly number[] | null) {
		super(cseq, dim);
		this.lengths = lengths ?? cseq.map(() => 1);
		if (this.lengths.length !== cseq.length) {
			throw new RangeError(`[constraints.cat] lengths must have ${cseq.length} entries, got ${this.lengths.length}`);
		}
	}

	override check(value: Tensor): Tensor {
		let start = 0;
		const checks = this.cseq.map((each, i) => {
			const part = value.narrow(this.dim, start, this.lengths[i]!);
			start += this.lengths[i]!;
			return each.check(part);
		});
		return catTensors(checks, this.dim);
	}
}

/** Entries along a dimension. */
export class Stack extends Joined {
	constructor(cseq: readonly Constraint[], dim = 0) {
		super(cseq, dim);
	}

	override get eventDim(): number {
		const most = super.eventDim;
		return this.dim + most < 0 ? most + 1 : most;
	}

	override check(value: Tensor): Tensor {
		return stackTensors(
			this.cseq.map((each, i) => each.check(value.select(this.dim, i))),
			this.dim,
		);
	}
}

export const real = new Real();
export const positive = new GreaterThan(0);
export const nonnegative = new GreaterThanEq(0);
export const unitInterval = new Interval(0, 1);
export const boolean = new ZeroOrOne();

export const oneHot = new OneHot();
export const nonnegativeInteger = new IntegerGreaterThan(0);
export const positiveInteger = new IntegerGreaterThan(1);
export const simplex = new Simplex();

export const independent = (base: Constraint, reinterpretedBatchNdims: number) =>
	new IndependentConstraint(base, reinterpretedBatchNdims);
export const realVector = independent(real, 1);
export const greaterThan = (lowerBound: Bound) => new GreaterThan(lowerBound);
export const greaterThanEq = (lowerBound: Bound) => new GreaterThanEq(lowerBound);
export const lessThan = (upperBound: Bound) => new LessThan(upperBound);
export const interval = (lowerBound: Bound, upperBound: Bound) => new Interval(lowerBound, upperBound);
export const halfOpenInterval = (lowerBound: Bound, upperBound: Bound) => new HalfOpenInterval(lowerBound, upperBound);
export const integerInterval = (lowerBound: Bound, upperBound: Bound) => new IntegerInterval(lowerBound, upperBound);
export const multinomial = (upperBound: Bound) => new Multinomial(upperBound);
export const cat = (cseq: readonly Constraint[], dim?: number, lengths?: readonly number[] | null) =>
	new Cat(cseq, dim, lengths);
export const stack = (cseq: readonly Constraint[], dim?: number) => new Stack(cseq, dim);
