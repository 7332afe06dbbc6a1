import { boolean } from "../../core/pythonText";
import { flag, signature, size } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { bilinear, linear } from "../functional/linear";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";

/** Gives back its input; takes and ignores any arguments. */
export class Identity extends Module {
	constructor(..._ignored: unknown[]) {
		super();
	}

	forward(input: Tensor): Tensor {
		return input;
	}
}

export interface LinearOptions extends FactoryOptions {
	/** Learn an additive bias. Default true. */
	bias?: boolean;
}

const linearArguments = signature("Linear", {
	inFeatures: size(),
	outFeatures: size(),
	bias: flag(true),
	...factory,
});

/**
 * y = x Wᵀ + b.
 *
 * Shape: `[…, inFeatures]` to `[…, outFeatures]`. Weight and bias begin as U(−√k, √k) with k = 1 / inFeatures.
 */
export class Linear extends Module {
	readonly inFeatures: number;
	readonly outFeatures: number;
	/** `[outFeatures, inFeatures]` */
	weight: Parameter;
	/** `[outFeatures]`, or null */
	bias: Parameter | null;

	constructor(inFeatures: number, outFeatures: number, options?: LinearOptions);
	constructor(inFeatures: number, outFeatures: number, bias: boolean, options?: FactoryOptions);
	constructor(inFeatures: number, options: LinearOptions & { outFeatures: number });
	constructor(options: LinearOptions & { inFeatures: number; outFeatures: number });
	constructor(...args: unknown[]) {
		super();
		const { inFeatures, outFeatures, bias, dtype, device } = linearArguments(args);
		this.inFeatures = inFeatures;
		this.outFeatures = outFeatures;
		this.weight = newParameter("Linear", [outFeatures, inFeatures], { dtype, device });
		this.bias = bias ? newParameter("Linear", [outFeatures], { dtype, device }) : null;
		this.resetParameters();
	}

	resetParameters(): void {
		init.kaimingUniform_(this.weight, { a: Math.sqrt(5) });
		if (this.bias !== null) init.uniformByFan_(this.bias, this.inFeatures);
	}

	forward(input: Tensor): Tensor {
		return linear(input, this.weight, this.bias);
	}

	override extraRepr(): string {
		return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${boolean(this.bias !== null)}`;
	}
}

const bilinearArguments = signature("Bilinear", {
	in1Features: size(),
	in2Features: size(),
	outFeatures: size(),
	bias: flag(true),
	...factory,
});

/**
 * y = x₁ᵀ A x₂ + b.
 *
 * Shape: `[…, in1Features]` and `[…, in2Features]` to `[…, outFeatures]`.
 */
export class Bilinear extends Module {
	readonly in1Features: number;
	readonly in2Features: number;
	readonly outFeatures: number;
	/** `[outFeatures, in1Features, in2Features]` */
	weight: Parameter;
	/** `[outFeatures]`, or null */
	bias: Parameter | null;

	constructor(in1Features: number, in2Features: number, outFeatures: number, options?: LinearOptions);
	constructor(in1Features: number, in2Features: number, outFeatures: number, bias: boolean, options?: FactoryOptions);
	constructor(in1Features: number, options: LinearOptions & { in2Features: number; outFeatures: number });
	constructor(in1Features: number, in2Features: number, options: LinearOptions & { outFeatures: number });
	constructor(options: LinearOptions & { in1Features: number; in2Features: number; outFeatures: number });
	constructor(...args: unknown[]) {
		super();
		const { in1Features, in2Features, outFeatures, bias, dtype, device } = bilinearArguments(args);
		if (in1Features === 0) throw new RangeError("[Bilinear] in1Features must be greater than 0, got 0");
		this.in1Features = in1Features;
		this.in2Features = in2Features;
		this.outFeatures = outFeatures;
		this.weight = newParameter("Bilinear", [outFeatures, in1Features, in2Features], { dtype, device });
		this.bias = bias ? newParameter("Bilinear", [outFeatures], { dtype, device }) : null;
		this.resetParameters();
	}

	resetParameters(): void {
		init.uniformByFan_(this.weight, this.in1Features);
		if (this.bias !== null) init.uniformByFan_(this.bias, this.in1Features);
	}

	forward(input1: Tensor, input2: Tensor): Tensor {
		return bilinear(input1, input2, this.weight, this.bias);
	}

	override extraRepr(): string {
		const { in1Features, in2Features, outFeatures, bias } = this;
		return `in1_features=${in1Features}, in2_features=${in2Features}, out_features=${outFeatures}, bias=${boolean(bias !== null)}`;
	}
}
