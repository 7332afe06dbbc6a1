import { float, number, string } from "../../core/pythonText";
import { choice, flag, integer, nullable, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import type { InplaceOptions } from "../functional/activation";
import * as F from "../functional/activation";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";

/* Activation functions as modules. Shape: any, kept. */

/** Those that can overwrite their input. */
abstract class Inplace extends Module {
	readonly inplace: boolean;

	constructor(inplace: boolean) {
		super();
		this.inplace = inplace;
	}

	/** The parameters before `inplace`. */
	protected details(): string {
		return "";
	}

	override extraRepr(): string {
		return [this.details(), this.inplace ? "inplace=True" : ""].filter(Boolean).join(", ");
	}
}

function inplaceOf(name: string): (args: readonly unknown[]) => boolean {
	const parse = signature(name, { inplace: flag(false) });
	return (args) => parse(args).inplace;
}

const reluInplace = inplaceOf("ReLU");

/** max(x, 0) */
export class ReLU extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(reluInplace(args));
	}

	forward(input: Tensor): Tensor {
		return this.inplace ? input.relu_() : input.relu();
	}
}

const relu6Inplace = inplaceOf("ReLU6");

/** min(max(x, 0), 6) */
export class ReLU6 extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(relu6Inplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.relu6(input, this);
	}
}

const siluInplace = inplaceOf("SiLU");

/** x · sigmoid(x), also called swish */
export class SiLU extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(siluInplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.silu(input, this);
	}
}

const mishInplace = inplaceOf("Mish");

/** x · tanh(softplus(x)) */
export class Mish extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(mishInplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.mish(input, this);
	}
}

const seluInplace = inplaceOf("SELU");

/** The ELU whose networks keep mean 0 and variance 1 (Klambauer et al., 2017). */
export class SELU extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(seluInplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.selu(input, this);
	}
}

const hardsigmoidInplace = inplaceOf("Hardsigmoid");

/** min(max(x + 3, 0), 6) / 6 */
export class Hardsigmoid extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(hardsigmoidInplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.hardsigmoid(input, this);
	}

	override extraRepr(): string {
		return "";
	}
}

const hardswishInplace = inplaceOf("Hardswish");

/** x · hardsigmoid(x) */
export class Hardswish extends Inplace {
	constructor(inplace?: boolean | InplaceOptions);
	constructor(...args: unknown[]) {
		super(hardswishInplace(args));
	}

	forward(input: Tensor): Tensor {
		return F.hardswish(input, this);
	}

	override extraRepr(): string {
		return "";
	}
}

export interface LeakyReLUOptions extends InplaceOptions {
	/** Slope below 0. Default 0.01. */
	negativeSlope?: number;
}

const leakyReluArguments = signature("LeakyReLU", { negativeSlope: real(0.01), inplace: flag(false) });

/** x where x > 0, else negativeSlope · x */
export class LeakyReLU extends Inplace {
	readonly negativeSlope: number;

	constructor(negativeSlope: number, options?: InplaceOptions);
	constructor(negativeSlope: number, inplace: boolean);
	constructor(options?: LeakyReLUOptions);
	constructor(...args: unknown[]) {
		const { negativeSlope, inplace } = leakyReluArguments(args);
		super(inplace);
		this.negativeSlope = negativeSlope;
	}

	forward(input: Tensor): Tensor {
		return F.leakyRelu(input, this);
	}

	protected override details(): string {
		return `negative_slope=${float(this.negativeSlope)}`;
	}
}

export interface ELUOptions extends InplaceOptions {
	/** Depth of the negative part. Default 1. */
	alpha?: number;
}

const eluArguments = signature("ELU", { alpha: real(1), inplace: flag(false) });

/** x where x > 0, else alpha · (eˣ − 1) */
export class ELU extends Inplace {
	readonly alpha: number;

	constructor(alpha: number, options?: InplaceOptions);
	constructor(alpha: number, inplace: boolean);
	constructor(options?: ELUOptions);
	constructor(...args: unknown[]) {
		const { alpha, inplace } = eluArguments(args);
		super(inplace);
		this.alpha = alpha;
	}

	forward(input: Tensor): Tensor {
		return F.elu(input, this);
	}

	protected override details(): string {
		return `alpha=${float(this.alpha)}`;
	}
}

const celuArguments = signature("CELU", { alpha: real(1), inplace: flag(false) });

/** x where x > 0, else alpha · (e^(x / alpha) − 1) */
export class CELU extends Inplace {
	readonly alpha: number;

	constructor(alpha: number, options?: InplaceOptions);
	constructor(alpha: number, inplace: boolean);
	constructor(options?: ELUOptions);
	constructor(...args: unknown[]) {
		const { alpha, inplace } = celuArguments(args);
		super(inplace);
		this.alpha = alpha;
	}

	forward(input: Tensor): Tensor {
		return F.celu(input, this);
	}

	protected override details(): string {
		return `alpha=${float(this.alpha)}`;
	}
}

export interface RReLUOptions extends InplaceOptions {
	/** Default 1/8. */
	lower?: number;
	/** Default 1/3. */
	upper?: number;
}

const rreluArguments = signature("RReLU", { lower: real(1 / 8), upper: real(1 / 3), inplace: flag(false) });

/** x where x ≥ 0, else a·x with a drawn from U(lower, upper) for every element in training, their mean in evaluation. */
export class RReLU extends Inplace {
	readonly lower: number;
	readonly upper: number;

	constructor(lower: number, upper: number, options?: InplaceOptions);
	constructor(lower: number, upper: number, inplace: boolean);
	constructor(options?: RReLUOptions);
	constructor(...args: unknown[]) {
		const { lower, upper, inplace } = rreluArguments(args);
		super(inplace);
		this.lower = lower;
		this.upper = upper;
	}

	forward(input: Tensor): Tensor {
		return F.rrelu(input, this);
	}

	protected override details(): string {
		return `lower=${float(this.lower)}, upper=${float(this.upper)}`;
	}
}

export interface HardtanhOptions extends InplaceOptions {
	/** Default −1. */
	minVal?: number;
	/** Default 1. */
	maxVal?: number;
}

const hardtanhArguments = signature("Hardtanh", { minVal: real(-1), maxVal: real(1), inplace: flag(false) });

/** x clamped to [minVal, maxVal] */
export class Hardtanh extends Inplace {
	readonly minVal: number;
	readonly maxVal: number;

	constructor(minVal: number, maxVal: number, options?: InplaceOptions);
	constructor(minVal: number, maxVal: number, inplace: boolean);
	constructor(options?: HardtanhOptions);
	constructor(...args: unknown[]) {
		const { minVal, maxVal, inplace } = hardtanhArguments(args);
		super(inplace);
		if (!(maxVal > minVal)) {
			throw new RangeError(`[Hardtanh] maxVal must be greater than minVal, got ${maxVal} and ${minVal}`);
		}
		this.minVal = minVal;
		this.maxVal = maxVal;
	}

	forward(input: Tensor): Tensor {
		return F.hardtanh(input, this);
	}

	protected override details(): string {
		return `min_val=${float(this.minVal)}, max_val=${float(this.maxVal)}`;
	}
}

const thresholdArguments = signature("Threshold", { threshold: real(), value: real(), inplace: flag(false) });

/** x where x > threshold, else value */
export class Threshold extends Inplace {
	readonly threshold: number;
	readonly value: number;

	constructor(threshold: number, value: number, options?: InplaceOptions);
	constructor(threshold: number, value: number, inplace: boolean);
	constructor(threshold: number, options: InplaceOptions & { value: number });
	constructor(options: InplaceOptions & { threshold: number; value: number });
	constructor(...args: unknown[]) {
		const { threshold, value, inplace } = thresholdArguments(args);
		super(inplace);
		this.threshold = threshold;
		this.value = value;
	}

	forward(input: Tensor): Tensor {
		return F.threshold(input, this.threshold, this.value, this);
	}

	protected override details(): string {
		return `threshold=${number(this.threshold)}, value=${number(this.value)}`;
	}
}

/** 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Module {
	forward(input: Tensor): Tensor {
		return input.sigmoid();
	}
}

/** Hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). Shape: any. */
export class Tanh extends Module {
	forward(input: Tensor): Tensor {
		return input.tanh();
	}
}

/** ln sigmoid(x) */
export class LogSigmoid extends Module {
	forward(input: Tensor): Tensor {
		return F.logsigmoid(input);
	}
}

/** x / (1 + |x|) */
export class Softsign extends Module {
	forward(input: Tensor): Tensor {
		return F.softsign(input);
	}
}

/** x − tanh x */
export class Tanhshrink extends Module {
	forward(input: Tensor): Tensor {
		return F.tanhshrink(input);
	}
}

export interface GELUOptions {
	/** "none" (default): x · Φ(x); "tanh" and "sigmoid" (x · σ(1.702 x), not in PyTorch): by that approximation. */
	approximate?: F.GeluForm;
}

const geluArguments = signature("GELU", { approximate: choice(["none", "tanh", "sigmoid"], "none") });

/** x · Φ(x), Φ the normal distribution function */
export class GELU extends Module {
	readonly approximate: F.GeluForm;

	constructor(options?: GELUOptions | F.GeluForm);
	constructor(...args: unknown[]) {
		super();
		this.approximate = geluArguments(args).approximate;
	}

	forward(input: Tensor): Tensor {
		return F.gelu(input, this);
	}

	override extraRepr(): string {
		return `approximate=${string(this.approximate)}`;
	}
}

export interface SoftplusOptions {
	/** Sharpness. Default 1. */
	beta?: number;
	/** Where beta·x exceeds it the function is x itself. Default 20. */
	threshold?: number;
}

const softplusArguments = signature("Softplus", { beta: real(1), threshold: real(20) });

/** ln(1 + e^(beta·x)) / beta */
export class Softplus extends Module {
	readonly beta: number;
	readonly threshold: number;

	constructor(beta: number, threshold: number);
	constructor(beta: number, options?: Pick<SoftplusOptions, "threshold">);
	constructor(options?: SoftplusOptions);
	constructor(...args: unknown[]) {
		super();
		const { beta, threshold } = softplusArguments(args);
		this.beta = beta;
		this.threshold = threshold;
	}

	forward(input: Tensor): Tensor {
		return F.softplus(input, this);
	}

	override extraRepr(): string {
		return `beta=${float(this.beta)}, threshold=${float(this.threshold)}`;
	}
}

const hardshrinkArguments = signature("Hardshrink", { lambd: real(0.5) });

/** x where |x| > lambd, else 0 */
export class Hardshrink extends Module {
	readonly lambd: number;

	constructor(lambd?: number | { lambd?: number });
	constructor(...args: unknown[]) {
		super();
		this.lambd = hardshrinkArguments(args).lambd;
	}

	forward(input: Tensor): Tensor {
		return F.hardshrink(input, this.lambd);
	}

	override extraRepr(): string {
		return float(this.lambd);
	}
}

const softshrinkArguments = signature("Softshrink", { lambd: real(0.5) });

/** x moved towards 0 by lambd */
export class Softshrink extends Module {
	readonly lambd: number;

	constructor(lambd?: number | { lambd?: number });
	constructor(...args: unknown[]) {
		super();
		this.lambd = softshrinkArguments(args).lambd;
	}

	forward(input: Tensor): Tensor {
		return F.softshrink(input, this.lambd);
	}

	override extraRepr(): string {
		return float(this.lambd);
	}
}

export interface PReLUOptions extends FactoryOptions {
	/** 1, or the number of channels (dimension 1). Default 1. */
	numParameters?: number;
	/** The slope at first. Default 0.25. */
	init?: number;
}

const preluArguments = signature("PReLU", { numParameters: integer(1, 1), init: real(0.25), ...factory });

/** x where x > 0, else a·x with a learned slope */
export class PReLU extends Module {
	readonly numParameters: number;
	readonly init: number;
	/** `[numParameters]` */
	weight: Parameter;

	constructor(numParameters: number, options?: Omit<PReLUOptions, "numParameters">);
	constructor(options?: PReLUOptions);
	constructor(...args: unknown[]) {
		super();
		const { numParameters, init: first, ...tensor } = preluArguments(args);
		this.numParameters = numParameters;
		this.init = first;
		this.weight = newParameter("PReLU", [numParameters], tensor);
		this.resetParameters();
	}

	resetParameters(): void {
		init.constant_(this.weight, this.init);
	}

	forward(input: Tensor): Tensor {
		return F.prelu(input, this.weight);
	}

	override extraRepr(): string {
		return `num_parameters=${this.numParameters}`;
	}
}

const gluArguments = signature("GLU", { dim: integer(-1) });

/** The first half along `dim` times the sigmoid of the second. */
export class GLU extends Module {
	readonly dim: number;

	constructor(dim?: number | { dim?: number });
	constructor(...args: unknown[]) {
		super();
		this.dim = gluArguments(args).dim;
	}

	forward(input: Tensor): Tensor {
		return F.glu(input, this.dim);
	}

	override extraRepr(): string {
		return `dim=${this.dim}`;
	}
}

/** The dimension of a softmax where none was given: PyTorch's rule, which it warns about. */
function dimOf(input: Tensor, dim: number | null): number {
	return dim ?? (input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1);
}

const dimText = (dim: number | null) => `dim=${dim === null ? "None" : dim}`;
const softmaxArguments = signature("Softmax", { dim: nullable(integer()) });

/** eˣ divided by its sum along `dim` */
export class Softmax extends Module {
	readonly dim: number | null;

	constructor(dim?: number | null | { dim?: number | null });
	constructor(...args: unknown[]) {
		super();
		this.dim = softmaxArguments(args).dim;
	}

	forward(input: Tensor): Tensor {
		return input.softmax(dimOf(input, this.dim));
	}

	override extraRepr(): string {
		return dimText(this.dim);
	}
}

const logSoftmaxArguments = signature("LogSoftmax", { dim: nullable(integer()) });

/** The logarithm of softmax */
export class LogSoftmax extends Module {
	readonly dim: number | null;

	constructor(dim?: number | null | { dim?: number | null });
	constructor(...args: unknown[]) {
		super();
		this.dim = logSoftmaxArguments(args).dim;
	}

	forward(input: Tensor): Tensor {
		return input.logSoftmax(dimOf(input, this.dim));
	}

	override extraRepr(): string {
		return dimText(this.dim);
	}
}

const softminArguments = signature("Softmin", { dim: nullable(integer()) });

/** softmax(−x) */
export class Softmin extends Module {
	readonly dim: number | null;

	constructor(dim?: number | null | { dim?: number | null });
	constructor(...args: unknown[]) {
		super();
		this.dim = softminArguments(args).dim;
	}

	forward(input: Tensor): Tensor {
		return F.softmin(input, dimOf(input, this.dim));
	}

	override extraRepr(): string {
		return dimText(this.dim);
	}
}

/** Softmax over the channels of `[N, C, H, W]` or `[C, H, W]`. */
export class Softmax2d extends Module {
	forward(input: Tensor): Tensor {
		if (input.ndim !== 3 && input.ndim !== 4) {
			throw new RangeError(`[Softmax2d] expected 3D or 4D input (got ${input.ndim}D input)`);
		}
		return input.softmax(-3);
	}
}
