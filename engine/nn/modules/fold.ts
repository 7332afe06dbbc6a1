import { perDimension, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { fold, type UnfoldOptions, unfold } from "../functional/fold";
import type { PerDimension } from "../functional/spatial";
import { sizeText } from "./maxPooling";
import { Module } from "./module";

/* Patches of images as columns, and back. */

const patchRules = {
	kernelSize: perDimension(2, undefined, 1),
	dilation: perDimension(2, 1, 1),
	padding: perDimension(2, 0),
	stride: perDimension(2, 1, 1),
};

type Given = ReturnType<ReturnType<typeof signature<typeof patchRules>>>;

abstract class Patches extends Module {
	readonly kernelSize: PerDimension;
	readonly dilation: PerDimension;
	readonly padding: PerDimension;
	readonly stride: PerDimension;

	constructor({ kernelSize, dilation, padding, stride }: Given) {
		super();
		this.kernelSize = kernelSize;
		this.dilation = dilation;
		this.padding = padding;
		this.stride = stride;
	}

	abstract override forward(input: Tensor): Tensor;

	override extraRepr(): string {
		const { kernelSize, dilation, padding, stride } = this;
		return `kernel_size=${sizeText(kernelSize)}, dilation=${sizeText(dilation)}, padding=${sizeText(padding)}, stride=${sizeText(stride)}`;
	}
}

const unfoldArguments = signature("Unfold", patchRules);

/** The patches of `[N, C, H, W]` as columns: `[N, C·kH·kW, patches]`. */
export class Unfold extends Patches {
	constructor(kernelSize: PerDimension, options?: UnfoldOptions);
	constructor(options: UnfoldOptions & { kernelSize: PerDimension });
	constructor(...args: unknown[]) {
		super(unfoldArguments(args));
	}

	forward(input: Tensor): Tensor {
		const { dilation, padding, stride } = this;
		return unfold(input, this.kernelSize, { dilation, padding, stride });
	}
}

const foldArguments = signature("Fold", { outputSize: perDimension(2, undefined, 1), ...patchRules });

/** Columns `[N, C·kH·kW, patches]` summed to the image `[N, C, …outputSize]` of which they would be the patches. */
export class Fold extends Patches {
	readonly outputSize: PerDimension;

	constructor(outputSize: PerDimension, kernelSize: PerDimension, options?: UnfoldOptions);
	constructor(outputSize: PerDimension, options: UnfoldOptions & { kernelSize: PerDimension });
	constructor(options: UnfoldOptions & { outputSize: PerDimension; kernelSize: PerDimension });
	constructor(...args: unknown[]) {
		const given = foldArguments(args);
		super(given);
		this.outputSize = given.outputSize;
	}

	forward(input: Tensor): Tensor {
		const { dilation, padding, stride } = this;
		return fold(input, this.outputSize, this.kernelSize, { dilation, padding, stride });
	}

	override extraRepr(): string {
		return `output_size=${sizeText(this.outputSize)}, ${super.extraRepr()}`;
	}
}
