import { number, tuple } from "../../core/pythonText";
import { anything, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type PadMode, pad } from "../functional/pad";
import type { PerDimension } from "../functional/spatial";
import { Module } from "./module";

/* Elements added around a tensor. */

/** The same on all sides, or before and after, of the last dimension first. */
export type PaddingSize = PerDimension;

const paddingRule = (spatial: number) =>
	anything<PaddingSize>(
		`an integer or ${2 * spatial} of them`,
		(value) =>
			Number.isInteger(value) ||
			(Array.isArray(value) && value.length === 2 * spatial && value.every(Number.isInteger)),
	);

const rules = (spatial: number) => ({ padding: paddingRule(spatial) });

abstract class Padding extends Module {
	/** Before and after, of the last dimension first. */
	readonly padding: readonly number[];

	constructor(padding: PaddingSize, spatial: number) {
		super();
		this.padding = typeof padding === "number" ? new Array<number>(2 * spatial).fill(padding) : [...padding];
	}

	/** @internal */
	abstract readonly _mode: PadMode;

	forward(input: Tensor): Tensor {
		return pad(input, this.padding, { mode: this._mode });
	}

	override extraRepr(): string {
		return tuple(this.padding);
	}
}

abstract class ConstantPad extends Padding {
	readonly value: number;

	constructor({ padding, value }: { padding: PaddingSize; value: number }, spatial: number) {
		super(padding, spatial);
		this.value = value;
	}

	/** @internal */
	get _mode() {
		return "constant" as const;
	}

	override forward(input: Tensor): Tensor {
		return pad(input, this.padding, { value: this.value });
	}

	override extraRepr(): string {
		return `padding=${tuple(this.padding)}, value=${number(this.value)}`;
	}
}

const constantPad1dArguments = signature("ConstantPad1d", { ...rules(1), value: real() });

/** `value` around the last dimension; negative sizes take elements away. */
export class ConstantPad1d extends ConstantPad {
	constructor(padding: PaddingSize, value: number);
	constructor(padding: PaddingSize, options: { value: number });
	constructor(options: { padding: PaddingSize; value: number });
	constructor(...args: unknown[]) {
		super(constantPad1dArguments(args), 1);
	}
}

const constantPad2dArguments = signature("ConstantPad2d", { ...rules(2), value: real() });

/** `value` around the last two dimensions; negative sizes take elements away. */
export class ConstantPad2d extends ConstantPad {
	constructor(padding: PaddingSize, value: number);
	constructor(padding: PaddingSize, options: { value: number });
	constructor(options: { padding: PaddingSize; value: number });
	constructor(...args: unknown[]) {
		super(constantPad2dArguments(args), 2);
	}
}

const constantPad3dArguments = signature("ConstantPad3d", { ...rules(3), value: real() });

/** `value` around the last three dimensions; negative sizes take elements away. */
export class ConstantPad3d extends ConstantPad {
	constructor(padding: PaddingSize, value: number);
	constructor(padding: PaddingSize, options: { value: number });
	constructor(options: { padding: PaddingSize; value: number });
	constructor(...args: unknown[]) {
		super(constantPad3dArguments(args), 3);
	}
}

const zeroPad1dArguments = signature("ZeroPad1d", rules(1));

/** Zeros around the last dimension; negative sizes take elements away. */
export class ZeroPad1d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(zeroPad1dArguments(args).padding, 1);
	}

	/** @internal */
	get _mode() {
		return "constant" as const;
	}
}

const zeroPad2dArguments = signature("ZeroPad2d", rules(2));

/** Zeros around the last two dimensions; negative sizes take elements away. */
export class ZeroPad2d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(zeroPad2dArguments(args).padding, 2);
	}

	/** @internal */
	get _mode() {
		return "constant" as const;
	}
}

const zeroPad3dArguments = signature("ZeroPad3d", rules(3));

/** Zeros around the last three dimensions; negative sizes take elements away. */
export class ZeroPad3d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(zeroPad3dArguments(args).padding, 3);
	}

	/** @internal */
	get _mode() {
		return "constant" as const;
	}
}

const reflectionPad1dArguments = signature("ReflectionPad1d", rules(1));

/** The mirror image of the last dimension around it, without the edge itself; sizes must be less than its own. */
export class ReflectionPad1d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(reflectionPad1dArguments(args).padding, 1);
	}

	/** @internal */
	get _mode() {
		return "reflect" as const;
	}
}

const reflectionPad2dArguments = signature("ReflectionPad2d", rules(2));

/** The mirror image of the last two dimensions around them, without the edge itself; sizes must be less than their own. */
export class ReflectionPad2d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(reflectionPad2dArguments(args).padding, 2);
	}

	/** @internal */
	get _mode() {
		return "reflect" as const;
	}
}

const reflectionPad3dArguments = signature("ReflectionPad3d", rules(3));

/** The mirror image of the last three dimensions around them, without the edge itself; sizes must be less than their own. */
export class ReflectionPad3d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(reflectionPad3dArguments(args).padding, 3);
	}

	/** @internal */
	get _mode() {
		return "reflect" as const;
	}
}

const replicationPad1dArguments = signature("ReplicationPad1d", rules(1));

/** The edge elements of the last dimension around it. */
export class ReplicationPad1d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(replicationPad1dArguments(args).padding, 1);
	}

	/** @internal */
	get _mode() {
		return "replicate" as const;
	}
}

const replicationPad2dArguments = signature("ReplicationPad2d", rules(2));

/** The edge elements of the last two dimensions around them. */
export class ReplicationPad2d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(replicationPad2dArguments(args).padding, 2);
	}

	/** @internal */
	get _mode() {
		return "replicate" as const;
	}
}

const replicationPad3dArguments = signature("ReplicationPad3d", rules(3));

/** The edge elements of the last three dimensions around them. */
export class ReplicationPad3d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(replicationPad3dArguments(args).padding, 3);
	}

	/** @internal */
	get _mode() {
		return "replicate" as const;
	}
}

const circularPad1dArguments = signature("CircularPad1d", rules(1));

/** The other end of the last dimension on both sides of it; sizes must not exceed its own. */
export class CircularPad1d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(circularPad1dArguments(args).padding, 1);
	}

	/** @internal */
	get _mode() {
		return "circular" as const;
	}
}

const circularPad2dArguments = signature("CircularPad2d", rules(2));

/** The other end of the last two dimensions on both sides of them; sizes must not exceed their own. */
export class CircularPad2d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(circularPad2dArguments(args).padding, 2);
	}

	/** @internal */
	get _mode() {
		return "circular" as const;
	}
}

const circularPad3dArguments = signature("CircularPad3d", rules(3));

/** The other end of the last three dimensions on both sides of them; sizes must not exceed their own. */
export class CircularPad3d extends Padding {
	constructor(padding: PaddingSize | { padding: PaddingSize });
	constructor(...args: unknown[]) {
		super(circularPad3dArguments(args).padding, 3);
	}

	/** @internal */
	get _mode() {
		return "circular" as const;
	}
}
