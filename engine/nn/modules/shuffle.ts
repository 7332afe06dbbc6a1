import { integer, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { channelShuffle, pixelShuffle, pixelUnshuffle } from "../functional/shuffle";
import { Module } from "./module";

/* Elements moved between channels and space. */

const pixelShuffleArguments = signature("PixelShuffle", { upscaleFactor: integer(undefined, 1) });

/** `[…, C·r², H, W]` to `[…, C, H·r, W·r]`, r = upscaleFactor. */
export class PixelShuffle extends Module {
	readonly upscaleFactor: number;

	constructor(upscaleFactor: number | { upscaleFactor: number });
	constructor(...args: unknown[]) {
		super();
		this.upscaleFactor = pixelShuffleArguments(args).upscaleFactor;
	}

	forward(input: Tensor): Tensor {
		return pixelShuffle(input, this.upscaleFactor);
	}

	override extraRepr(): string {
		return `upscale_factor=${this.upscaleFactor}`;
	}
}

const pixelUnshuffleArguments = signature("PixelUnshuffle", { downscaleFactor: integer(undefined, 1) });

/** `[…, C, H·r, W·r]` to `[…, C·r², H, W]`, r = downscaleFactor. */
export class PixelUnshuffle extends Module {
	readonly downscaleFactor: number;

	constructor(downscaleFactor: number | { downscaleFactor: number });
	constructor(...args: unknown[]) {
		super();
		this.downscaleFactor = pixelUnshuffleArguments(args).downscaleFactor;
	}

	forward(input: Tensor): Tensor {
		return pixelUnshuffle(input, this.downscaleFactor);
	}

	override extraRepr(): string {
		return `downscale_factor=${this.downscaleFactor}`;
	}
}

const channelShuffleArguments = signature("ChannelShuffle", { groups: integer(undefined, 1) });

/** The channels of `[N, C, …]` dealt out anew: the first of every group, the second of every group, …. */
export class ChannelShuffle extends Module {
	readonly groups: number;

	constructor(groups: number | { groups: number });
	constructor(...args: unknown[]) {
		super();
		this.groups = channelShuffleArguments(args).groups;
	}

	forward(input: Tensor): Tensor {
		return channelShuffle(input, this.groups);
	}

	override extraRepr(): string {
		return `groups=${this.groups}`;
	}
}
