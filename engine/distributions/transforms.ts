import { bind } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { type Constraint, constraints, softplus } from "./distribution";

/* Changes of variables that can be undone, element by element: what `TransformedDistribution` is made of. */

/** y = f(x), with its inverse and the logarithm of its slope's size. Classes of your own extend it. */
export abstract class Transform {
	/** 1 where y rises with x, −1 where it falls; NaN where it does neither. */
	get sign(): Tensor | number {
		return 1;
	}

	/** What y may be. */
	abstract readonly codomain: Constraint;
	abstract forward(x: Tensor): Tensor;
	abstract inverse(y: Tensor): Tensor;
	/** log |dy/dx| */
	abstract logAbsDetJacobian(x: Tensor, y: Tensor): Tensor;

	toString(): string {
		return `${this.constructor.name}()`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
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
	override readonly codomain: Constraint = {
		name: "Interval(lower_bound=-1.0, upper_bound=1.0)",
		check: (y) => y.ge(-1).logicalAnd(y.le(1)),
	};

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

	override get codomain(): Constraint {
		return this.parts.at(-1)?.codomain ?? constraints.real;
	}

	override forward(x: Tensor): Tensor {
		return this.parts.reduce((y, part) => part.forward(y), x);
	}

	override inverse(y: Tensor): Tensor {
		return this.parts.reduceRight((x, part) => part.inverse(x), y);
	}

	override logAbsDetJacobian(x: Tensor): Tensor {
		let [from, sum] = [x, x.mul(0)];
		for (const part of this.parts) {
			const to = part.forward(from);
			sum = sum.add(part.logAbsDetJacobian(from, to));
			from = to;
		}
		return sum;
	}

	override toString(): string {
		return `ComposeTransform(\n    ${this.parts.join(",\n    ")}\n)`;
	}
}

function times(a: Tensor | number, b: Tensor | number): Tensor | number {
	if (typeof a !== "number") return a.mul(b);
	return typeof b === "number" ? a * b : b.mul(a);
}
