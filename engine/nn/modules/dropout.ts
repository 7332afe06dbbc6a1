import { boolean, float } from "../../core/pythonText";
import { anything, flag, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import * as F from "../functional/dropout";
import { Module } from "./module";

/* Elements or channels set to 0 at random while training; nothing in evaluation. */

export interface DropoutModuleOptions {
	/** Probability of an element (or channel) to be zeroed. Default 0.5. */
	p?: number;
	/** Overwrite the input. Default false. */
	inplace?: boolean;
}

const probability = anything<number>(
	"a probability between 0 and 1",
	(value) => typeof value === "number" && value >= 0 && value <= 1,
	0.5,
);
const rules = { p: probability, inplace: flag(false) };

abstract class DropoutBase extends Module {
	/** May be changed between calls. */
	p: number;
	readonly inplace: boolean;

	constructor({ p, inplace }: { p: number; inplace: boolean }) {
		super();
		this.p = p;
		this.inplace = inplace;
	}

	abstract override forward(input: Tensor): Tensor;

	override extraRepr(): string {
		return `p=${float(this.p)}, inplace=${boolean(this.inplace)}`;
	}
}

const dropoutArguments = signature("Dropout", rules);

/** Every element 0 with probability p, else divided by 1 − p, while training. */
export class Dropout extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(dropoutArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.dropout(input, this);
	}
}

const dropout1dArguments = signature("Dropout1d", rules);

/** Whole channels of `[N, C, L]` or `[C, L]`. */
export class Dropout1d extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(dropout1dArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.dropout1d(input, this);
	}
}

const dropout2dArguments = signature("Dropout2d", rules);

/** Whole channels of `[N, C, H, W]`. */
export class Dropout2d extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(dropout2dArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.dropout2d(input, this);
	}
}

const dropout3dArguments = signature("Dropout3d", rules);

/** Whole channels of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class Dropout3d extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(dropout3dArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.dropout3d(input, this);
	}
}

const alphaArguments = signature("AlphaDropout", rules);

/** Dropout for SELU networks: mean and variance of normal inputs stay. */
export class AlphaDropout extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(alphaArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.alphaDropout(input, { p: this.p, training: this.training });
	}
}

const featureAlphaArguments = signature("FeatureAlphaDropout", rules);

/** AlphaDropout of whole channels. */
export class FeatureAlphaDropout extends DropoutBase {
	constructor(p: number, options?: Omit<DropoutModuleOptions, "p">);
	constructor(p: number, inplace: boolean);
	constructor(options?: DropoutModuleOptions);
	constructor(...args: unknown[]) {
		super(featureAlphaArguments(args));
	}

	forward(input: Tensor): Tensor {
		return F.featureAlphaDropout(input, { p: this.p, training: this.training });
	}
}
