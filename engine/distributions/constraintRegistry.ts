import type { Tensor } from "../core/tensor";
import * as constraints from "./constraints";
import { Constraint } from "./constraints";
import {
	AffineTransform,
	ComposeTransform,
	ExpTransform,
	identityTransform,
	SigmoidTransform,
	type Transform,
} from "./transforms";
import {
	CatTransform,
	CorrCholeskyTransform,
	IndependentTransform,
	LowerCholeskyTransform,
	PositiveDefiniteTransform,
	SoftmaxTransform,
	StackTransform,
	StickBreakingTransform,
} from "./vectorTransforms";

/* From all real numbers to what meets a constraint. */

type Kind<C extends Constraint> = abstract new (...args: any[]) => C;
type Factory<C extends Constraint> = (constraint: C) => Transform;

/** Looks up the transform for a constraint, and takes new kinds of them. */
export interface ConstraintRegistry {
	(constraint: Constraint): Transform;
	/** Says how the transform for constraints of a class, or of the class of the one given, is made. */
	register<C extends Constraint>(constraint: C | Kind<C>, factory: Factory<C>): void;
}

function registry(name: string): ConstraintRegistry {
	const factories = new Map<unknown, Factory<any>>();
	const find = (constraint: Constraint) => {
		const factory = constraint instanceof Constraint ? factories.get(constraint.constructor) : undefined;
		if (factory === undefined) throw new Error(`[${name}] cannot transform ${String(constraint)} constraints`);
		return factory(constraint);
	};
	const register = (constraint: unknown, factory: Factory<any>) => {
		factories.set(constraint instanceof Constraint ? constraint.constructor : constraint, factory);
	};
	return Object.assign(find, { register });
}

/**
 * A bijection from all real numbers to what meets the constraint, with the same number of degrees of freedom: for sampling by
 * derivatives, where the determinant is wanted.
 */
export const bijectTo: ConstraintRegistry = registry("bijectTo");

/** A transform from all real numbers to what meets the constraint, for optimisers: element by element as far as it goes. */
export const transformTo: ConstraintRegistry = registry("transformTo");

function minus(high: Tensor | number, low: Tensor | number): Tensor | number {
	if (typeof high !== "number") return high.sub(low);
	return typeof low === "number" ? high - low : low.neg().add(high);
}

function toInterval({ lowerBound, upperBound }: constraints.Interval): Transform {
	if (lowerBound === 0 && upperBound === 1) return new SigmoidTransform();
	const affine = new AffineTransform(lowerBound, minus(upperBound, lowerBound));
	return new ComposeTransform([new SigmoidTransform(), affine]);
}

function above(constraint: constraints.GreaterThan | constraints.GreaterThanEq): Transform {
	// Above 0 nothing is to be moved.
	if (constraint.lowerBound === 0) return new ExpTransform();
	return new ComposeTransform([new ExpTransform(), new AffineTransform(constraint.lowerBound, 1)]);
}

for (const to of [bijectTo, transformTo]) {
	to.register(constraints.Real, () => identityTransform);
	to.register(constraints.IndependentConstraint, (constraint) => {
		return new IndependentTransform(to(constraint.baseConstraint), constraint.reinterpretedBatchNdims);
	});
	to.register(constraints.GreaterThan, above);
	to.register(constraints.GreaterThanEq, above);
	to.register(constraints.LessThan, ({ upperBound }) => {
		return new ComposeTransform([new ExpTransform(), new AffineTransform(upperBound, -1)]);
	});
	to.register(constraints.Interval, toInterval);
	to.register(constraints.HalfOpenInterval, toInterval);
	to.register(constraints.CorrCholesky, () => new CorrCholeskyTransform());
	to.register(constraints.Cat, ({ cseq, dim, lengths }) => new CatTransform(cseq.map(to), dim, lengths));
	to.register(constraints.Stack, ({ cseq, dim }) => new StackTransform(cseq.map(to), dim));
}
bijectTo.register(constraints.Simplex, () => new StickBreakingTransform());
transformTo.register(constraints.Simplex, () => new SoftmaxTransform());
transformTo.register(constraints.LowerCholesky, () => new LowerCholeskyTransform());
transformTo.register(constraints.PositiveDefinite, () => new PositiveDefiniteTransform());
transformTo.register(constraints.PositiveSemidefinite, () => new PositiveDefiniteTransform());
