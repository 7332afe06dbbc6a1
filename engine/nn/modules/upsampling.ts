import { float, string, tuple } from "../../core/pythonText";
import { anything, choice, flag, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type InterpolateOptions, type InterpolationMode, interpolate } from "../functional/interpolate";
import type { PerDimension } from "../functional/spatial";
import { sizeText } from "./maxPooling";
import { Module } from "./module";

/* Resizing by interpolation. */

const numbers = (what: string) =>
	anything<number | readonly number[]>(
		what,
		(value) =>
			typeof value === "number" || (Array.isArray(value) && value.every((one: unknown) => typeof one === "number")),
	);
const sizes = {
	size: nullable(numbers("a size or a list of sizes")),
	scaleFactor: nullable(numbers("a factor or a list of factors")),
};
const modes = ["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"] as const;
const rules = {
	...sizes,
	mode: choice<InterpolationMode>(modes, "nearest"),
	alignCorners: nullable(flag()),
	recomputeScaleFactor: nullable(flag()),
};

export type UpsampleOptions = Omit<InterpolateOptions, "antialias">;
type Given = Required<{ [K in keyof UpsampleOptions]: NonNullable<UpsampleOptions[K]> | null }> & {
	mode: InterpolationMode;
};

const upsampleArguments = signature("Upsample", rules);

/** Resizes the spatial dimensions of `[N, C, …]` to `size` or by `scaleFactor`; the modes are `F.interpolate`'s. */
export class Upsample extends Module {
	readonly size: PerDimension | null;
	readonly scaleFactor: number | readonly number[] | null;
	readonly mode: InterpolationMode;
	readonly alignCorners: boolean | null;
	readonly recomputeScaleFactor: boolean | null;

	constructor(size: PerDimension | null, options?: Omit<UpsampleOptions, "size">);
	constructor(
		size: PerDimension | null,
		scaleFactor: number | readonly number[] | null,
		options?: Omit<UpsampleOptions, "size" | "scaleFactor">,
	);
	constructor(options: UpsampleOptions);
	constructor(...args: any[]) {
		super();
		const given: Given = upsampleArguments(args);
		this.size = given.size;
		this.scaleFactor = given.scaleFactor;
		this.mode = given.mode;
		this.alignCorners = given.alignCorners;
		this.recomputeScaleFactor = given.recomputeScaleFactor;
	}

	forward(input: Tensor): Tensor {
		const { size, scaleFactor, mode, alignCorners, recomputeScaleFactor } = this;
		return interpolate(input, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor });
	}

	override extraRepr(): string {
		const { size, scaleFactor } = this;
		const factors = typeof scaleFactor === "number" ? float(scaleFactor) : tuple(scaleFactor ?? [], float);
		const which = scaleFactor === null ? `size=${sizeText(size)}` : `scale_factor=${factors}`;
		return `${which}, mode=${string(this.mode)}`;
	}
}

const nearestArguments = signature("UpsamplingNearest2d", sizes);

/** `Upsample` by the nearest neighbour, of `[N, C, H, W]`. */
export class UpsamplingNearest2d extends Upsample {
	constructor(size: PerDimension | null, scaleFactor?: number | readonly number[] | null);
	constructor(options: Pick<UpsampleOptions, "size" | "scaleFactor">);
	constructor(...args: unknown[]) {
		super({ ...nearestArguments(args), mode: "nearest" });
	}
}

const bilinearArguments = signature("UpsamplingBilinear2d", sizes);

/** `Upsample` bilinearly with aligned corners, of `[N, C, H, W]`. */
export class UpsamplingBilinear2d extends Upsample {
	constructor(size: PerDimension | null, scaleFactor?: number | readonly number[] | null);
	constructor(options: Pick<UpsampleOptions, "size" | "scaleFactor">);
	constructor(...args: unknown[]) {
		super({ ...bilinearArguments(args), mode: "bilinear", alignCorners: true });
	}
}
