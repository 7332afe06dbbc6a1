import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind } from "../core/arguments";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { zerosAs } from "./copy";
import { asMethods } from "./methods";

/** Rounded to the nearest integer, halves to the even one; with `decimals`, to so many digits after the point. */
export function round(x: Tensor, options: { decimals?: number } = {}): Tensor {
	const { decimals = 0 } = bind<{ decimals: number }>("round", [options], [], ["decimals"]);
	const out = wrap(decimals === 0 ? native.round(x.handle) : native.roundDecimals(x.handle, decimals));
	return tracked(x) ? record(out, decimals === 0 ? roundBackward : roundDecimalsBackward, [x]) : out;
}

function round_<T extends Tensor>(x: T, options: { decimals?: number } = {}): T {
	const { decimals = 0 } = bind<{ decimals: number }>("round_", [options], [], ["decimals"]);
	const write = () =>
		decimals === 0 ? native.round(x.handle, x.handle) : native.roundDecimals(x.handle, decimals, x.handle);
	return inPlace("round_", x, [], write, decimals === 0 ? roundBackward : roundDecimalsBackward);
}

const roundBackward: Derivative = { name: "RoundBackward0", backward: (_node, grad) => [zerosAs(grad)] };
const roundDecimalsBackward: Derivative = { ...roundBackward, name: "RoundBackward1" };

declare module "../core/tensor" {
	interface Tensor {
		/** Rounded to the nearest integer, halves to the even one; with `decimals`, to so many digits. */
		round(options?: { decimals?: number }): Tensor;
		round_(options?: { decimals?: number }): this;
	}
}

asMethods({ round, round_ });
