import { tuple } from "../../core/pythonText";
import { anything, integer, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { Module } from "./module";

export interface FlattenOptions {
	/** First dimension to flatten. Default 1: the batch stays. */
	startDim?: number;
	/** Last dimension to flatten. Default −1. */
	endDim?: number;
}

const flattenArguments = signature("Flatten", { startDim: integer(1), endDim: integer(-1) });

/** Makes a range of dimensions one: `[N, 1, 28, 28]` becomes `[N, 784]`. */
export class Flatten extends Module {
	readonly startDim: number;
	readonly endDim: number;

	constructor(startDim: number, endDim: number);
	constructor(startDim: number, options?: Pick<FlattenOptions, "endDim">);
	constructor(options?: FlattenOptions);
	constructor(...args: unknown[]) {
		super();
		const { startDim, endDim } = flattenArguments(args);
		this.startDim = startDim;
		this.endDim = endDim;
	}

	forward(input: Tensor): Tensor {
		return input.flatten(this.startDim, this.endDim);
	}

	override extraRepr(): string {
		return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
	}
}

const unflattenArguments = signature("Unflatten", {
	dim: integer(),
	unflattenedSize: anything<readonly number[]>(
		"a list of integers",
		(value) => Array.isArray(value) && value.every(Number.isInteger),
	),
});

/** Makes one dimension several: `new Unflatten(1, [2, 5, 5])` makes `[N, 2, 5, 5]` of `[N, 50]`; one size may be −1. */
export class Unflatten extends Module {
	readonly dim: number;
	readonly unflattenedSize: readonly number[];

	constructor(dim: number, unflattenedSize: readonly number[]);
	constructor(dim: number, options: { unflattenedSize: readonly number[] });
	constructor(options: { dim: number; unflattenedSize: readonly number[] });
	constructor(...args: unknown[]) {
		super();
		const { dim, unflattenedSize } = unflattenArguments(args);
		this.dim = dim;
		this.unflattenedSize = unflattenedSize;
	}

	forward(input: Tensor): Tensor {
		return input.unflatten(this.dim, [...this.unflattenedSize]);
	}

	override extraRepr(): string {
		return `dim=${this.dim}, unflattened_size=${tuple(this.unflattenedSize)}`;
	}
}
