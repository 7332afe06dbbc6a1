import { bind } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { softplus } from "./distribution";

/* Changes of variables, element by element: what `TransformedDistribution` is made of. Those of vectors are in vectorTransforms.ts. */

/** y = f(x), with its inverse and the logarithm of its slope's size. Classes of your own extend it. */
export abstract class Transform {
	/** 1 where y rises with x, −1 where it falls; NaN where it does neither. */
	get sign(): Tensor | number {
		return 1;
	}

	/** What x may be. Default: any real number. */
	get domain(): Constraint {
		return constraints.real;
	}

	/** What y may be. */
	abstract readonly codomain: Constraint;

	/** Whether each y comes of one x. */
	get bijective(): boolean {
		return true;
	}

	/** The way back, as a transform. */
	get inv(): Transform {
		return new InverseTransform(this);
	}

	/** The shape of y for an x of this shape. */
	forwardShape(shape: readonly number[]): number[] {
		return [...shape];
	}

	inverseShape(shape: readonly number[]): number[] {
		return [...shape];
	}

	abstract forward(x: Tensor): Tensor;
	abstract inverse(y: Tensor): Tensor;
	/** log |dy/dx|, of a transform of vectors of its determinant: of x's shape without the dimensions of an event. */
	abstract logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;

	toString(): string {
		return `${this.constructor.name}()`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

/** What another transform undoes. */
class InverseTransform extends Transform {
	constructor(readonly of: Transform) {
		super();
	}

	override get domain(): Constraint {
		return this.of.codomain;
	}

	override get codomain(): Constraint {
		return this.of.domain;
	}

	override get bijective(): boolean {
		return this.of.bijective;
	}

	override get inv(): Transform {
		return this.of;
	}

	override get sign(): Tensor | number {
		return this.of.sign;
	}

	override forwardShape(shape: readonly number[]): number[] {
		return this.of.inverseShape(shape);
	}

	override inverseShape(shape: readonly number[]): number[] {
		return this.of.forwardShape(shape);
	}

	override forward(x: Tensor): Tensor {
		return this.of.inverse(x);
	}

	override inverse(y: Tensor): Tensor {
		return this.of.forward(y);
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		return this.of.logAbsDetJacobian(y, x).neg();
	}

	override toString(): string {
		return `_InverseTransform(${this.of})`;
	}
}

/** y = |x|: of the two x the one above 0 comes back. */
export class AbsTransform extends Transform {
	override readonly codomain = constraints.positive;

	override get bijective(): boolean {
		return false;
	}

	override forward(x: Tensor): Tensor {
		return x.abs();
	}

	override inverse(y: Tensor): Tensor {
		return y;
	}

	override logAbsDetJacobian(): Tensor {
		throw new Error("[AbsTransform] has no log abs det jacobian: two x become one y");
	}
}

/** y = exp x */
export class ExpTransform extends Transform {
	override readonly codomain = constraints.positive;

	override forward(x: Tensor): Tensor {
		return x.exp();
	}

	override inverse(y: Tensor): Tensor {
		return y.log();
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		return x;
	}
}

/** y = loc + scale · x */
export class AffineTransform extends Transform {
	override readonly codomain = constraints.real;

	readonly loc: Tensor | number;
	readonly scale: Tensor | number;

	constructor(
		...args:
			| [loc: Tensor | number, scale: Tensor | number]
			| [loc: Tensor | number, options: { scale: Tensor | number }]
			| [options: { loc: Tensor | number; scale: Tensor | number }]
	) {
		super();
		type Given = { loc: Tensor | number; scale: Tensor | number };
		const { loc, scale } = bind<Given>("AffineTransform", args, ["loc", "scale"]);
		if (loc === undefined) throw new TypeError("[AffineTransform] loc is missing");
		if (scale === undefined) throw new TypeError("[AffineTransform] scale is missing");
		this.loc = loc;
		this.scale = scale;
	}

	override get sign(): Tensor | number {
		return typeof this.scale === "number" ? Math.sign(this.scale) : this.scale.sign();
	}

	override forward(x: Tensor): Tensor {
		return x.mul(this.scale).add(this.loc);
	}

	override inverse(y: Tensor): Tensor {
		return y.sub(this.loc).div(this.scale);
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		const { scale } = this;
		return typeof scale === "number" ? x.mul(0).add(Math.log(Math.abs(scale))) : scale.abs().log().expandAs(x);
	}
}

/** y = 1 / (1 + exp(−x)) */
export class SigmoidTransform extends Transform {
	override readonly codomain = constraints.unitInterval;

	override forward(x: Tensor): Tensor {
		return x.sigmoid();
	}

	override inverse(y: Tensor): Tensor {
		return y.log().sub(y.neg().log1p());
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		return softplus(x.neg()).neg().sub(softplus(x));
	}
}

/** y = tanh x */
export class TanhTransform extends Transform {
	override readonly codomain = constraints.interval(-1, 1);

	override forward(x: Tensor): Tensor {
		return x.tanh();
	}

	override inverse(y: Tensor): Tensor {
		return y.atanh();
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		return softplus(x.mul(-2)).add(x).sub(Math.LN2).mul(-2);
	}
}

/** y = log(1 + exp x) */
export class SoftplusTransform extends Transform {
	override readonly codomain = constraints.positive;

	override forward(x: Tensor): Tensor {
		return softplus(x);
	}

	override inverse(y: Tensor): Tensor {
		return y.neg().expm1().neg().log().add(y);
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		return softplus(x.neg()).neg();
	}
}

/** y = x^exponent, of positive x. */
export class PowerTransform extends Transform {
	override readonly codomain = constraints.positive;

	override get domain(): Constraint {
		return constraints.positive;
	}

	constructor(readonly exponent: Tensor | number) {
		super();
	}

	override get sign(): Tensor | number {
		return typeof this.exponent === "number" ? Math.sign(this.exponent) : this.exponent.sign();
	}

	override forward(x: Tensor): Tensor {
		return x.pow(this.exponent);
	}

	override inverse(y: Tensor): Tensor {
		return y.pow(typeof this.exponent === "number" ? 1 / this.exponent : this.exponent.reciprocal());
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		return y.div(x).mul(this.exponent).abs().log();
	}
}

/** Several, one after the other. */
export class ComposeTransform extends Transform {
	constructor(readonly parts: readonly Transform[]) {
		super();
	}

	override get sign(): Tensor | number {
		return this.parts.reduce<Tensor | number>((product, part) => times(product, part.sign), 1);
	}

	override get domain(): Constraint {
		const first = this.parts[0]?.domain ?? constraints.real;
		let dims = this.parts.at(-1)?.codomain.eventDim ?? 0;
		for (const { domain, codomain } of [...this.parts].reverse()) {
			dims = Math.max(dims + domain.eventDim - codomain.eventDim, domain.eventDim);
		}
		return dims > first.eventDim ? constraints.independent(first, dims - first.eventDim) : first;
	}

	override get codomain(): Constraint {
		const last = this.parts.at(-1)?.codomain ?? constraints.real;
		let dims = this.parts[0]?.domain.eventDim ?? 0;
		for (const { domain, codomain } of this.parts) {
			dims = Math.max(dims + codomain.eventDim - domain.eventDim, codomain.eventDim);
		}
		return dims > last.eventDim ? constraints.independent(last, dims - last.eventDim) : last;
	}

	override get bijective(): boolean {
		return this.parts.every((part) => part.bijective);
	}

	override forwardShape(shape: readonly number[]): number[] {
		return this.parts.reduce((from, part) => part.forwardShape(from), [...shape]);
	}

	override inverseShape(shape: readonly number[]): number[] {
		return this.parts.reduceRight((from, part) => part.inverseShape(from), [...shape]);
	}

	override forward(x: Tensor): Tensor {
		return this.parts.reduce((y, part) => part.forward(y), x);
	}

	override inverse(y: Tensor): Tensor {
		return this.parts.reduceRight((x, part) => part.inverse(x), y);
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		let dims = this.domain.eventDim;
		let [from, sum] = [x, sumRightmost(x.mul(0), dims)];
		for (const part of this.parts) {
			const to = part.forward(from);
			const own = part.logAbsDetJacobian(from, to);
			sum = sum.add(sumRightmost(own, dims - part.domain.eventDim));
			dims += part.codomain.eventDim - part.domain.eventDim;
			from = to;
		}
		return sum;
	}

	override toString(): string {
		return `ComposeTransform(\n    ${this.parts.join(",\n    ")}\n)`;
	}
}

/** The transform that changes nothing. */
export const identityTransform = new ComposeTransform([]);

/** @internal The sum over the last `dims` dimensions. */
export function sumRightmost(x: Tensor, dims: number): Tensor {
	return dims === 0 ? x : x.flatten(-dims).sum(-1);
}

function times(a: Tensor | number, b: Tensor | number): Tensor | number {
	if (typeof a !== "number") return a.mul(b);
	return typeof b === "number" ? a * b : b.mul(a);
}
