import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { composite } from "../../ops/composite";

/* Elements moved between channels and space. */

function checked(op: string, input: unknown, least: number): Tensor {
	if (input instanceof Tensor && input.ndim >= least) return input;
	throw new TypeError(`[${op}] expects a tensor of at least ${least} dimensions, got ${quoted(input)}`);
}

function checkFactor(op: string, name: string, value: unknown): asserts value is number {
	if (typeof value === "number" && Number.isInteger(value) && value > 0) return;
	throw new RangeError(`[${op}] expects a positive ${name}, but got ${quoted(value)}`);
}

const shuffled = composite("PixelShuffleBackward0", (factor: number, x: Tensor) => {
	const lead = x.shape.slice(0, -3);
	const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
	const out = channels / factor ** 2;
	const n = lead.length;
	const order = [n, n + 3, n + 1, n + 4, n + 2];
	return x
		.reshape([...lead, out, factor, factor, height, width])
		.permute([...lead.keys(), ...order])
		.reshape([...lead, out, height * factor, width * factor]);
});

/** `[…, C·r², H, W]` to `[…, C, H·r, W·r]`, r = upscaleFactor (Shi et al., 2016). */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
	checkFactor("pixelShuffle", "upscaleFactor", upscaleFactor);
	if (checked("pixelShuffle", input, 3).size(-3) % upscaleFactor ** 2 !== 0) {
		throw new RangeError(
			`[pixelShuffle] expects its input's 'channel' dimension to be divisible by the square of upscaleFactor, but input.size(-3)=${input.size(-3)} is not divisible by ${upscaleFactor ** 2}`,
		);
	}
	return shuffled(upscaleFactor, input);
}

const unshuffled = composite("PixelUnshuffleBackward0", (factor: number, x: Tensor) => {
	const lead = x.shape.slice(0, -3);
	const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
	const n = lead.length;
	const order = [n, n + 2, n + 4, n + 1, n + 3];
	return x
		.reshape([...lead, channels, height / factor, factor, width / factor, factor])
		.permute([...lead.keys(), ...order])
		.reshape([...lead, channels * factor ** 2, height / factor, width / factor]);
});

/** `[…, C, H·r, W·r]` to `[…, C·r², H, W]`, r = downscaleFactor. */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
	checkFactor("pixelUnshuffle", "downscaleFactor", downscaleFactor);
	const [height, width] = checked("pixelUnshuffle", input, 3).shape.slice(-2) as [number, number];
	if (height % downscaleFactor !== 0 || width % downscaleFactor !== 0) {
		throw new RangeError(
			`[pixelUnshuffle] expects height and width to be divisible by downscaleFactor, but [${height}, ${width}] is not divisible by ${downscaleFactor}`,
		);
	}
	return unshuffled(downscaleFactor, input);
}

const regrouped = composite("ChannelShuffleBackward0", (groups: number, x: Tensor) => {
	const [batch, channels, ...rest] = x.shape as [number, number, ...number[]];
	return x
		.reshape([batch, groups, channels / groups, ...rest])
		.transpose(1, 2)
		.reshape(x.shape);
});

/** The channels of `[N, C, …]` dealt out anew: the first of every group, the second of every group, … (Zhang et al., 2018). */
export function channelShuffle(input: Tensor, groups: number): Tensor {
	checkFactor("channelShuffle", "groups", groups);
	if (checked("channelShuffle", input, 3).size(1) % groups !== 0) {
		throw new RangeError(
			`[channelShuffle] number of channels must be divisible by groups, got ${input.size(1)} channels and ${groups} groups`,
		);
	}
	return regrouped(groups, input);
}
