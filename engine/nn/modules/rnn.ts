import { anything, choice, quoted, signature } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { factory } from "../factory";
import type { PackedSequence } from "../utils/packedSequence";
import { type RecurrentOptions, RNNBase, recurrentRules as rules } from "./rnnBase";

/* Recurrent layers: RNN, LSTM and GRU. */

export interface RNNOptions extends RecurrentOptions {
	/** Default "tanh". */
	nonlinearity?: "tanh" | "relu";
}

const { inputSize, hiddenSize, numLayers, ...others } = rules;
const rnnArguments = signature("RNN", {
	inputSize,
	hiddenSize,
	numLayers,
	nonlinearity: choice(["tanh", "relu"], "tanh"),
	...others,
	...factory,
});
const gruArguments = signature("GRU", { ...rules, ...factory });
const lstmArguments = signature("LSTM", {
	...rules,
	projSize: anything<number>("an integer of at least 0", isSize, 0),
	...factory,
});

function isSize(value: unknown): boolean {
	return Number.isInteger(value) && (value as number) >= 0;
}

export interface RNN {
	(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, h: Tensor];
	(input: Tensor, hx?: Tensor | null): [output: Tensor, h: Tensor];
}

/**
 * Elman network: hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh), or ReLU of it.
 *
 * Shape: input `[T, N, inputSize]` (`[N, T, …]` with `batchFirst`, `[T, inputSize]` for one sequence, or packed) and hx
 * `[layers · directions, N, hiddenSize]` (default: zeros) to `[output, h]` with output `[T, N, directions · hiddenSize]`, the
 * last layer's states, and h like hx, every layer's last state.
 */
export class RNN extends RNNBase {
	readonly nonlinearity: "tanh" | "relu";

	constructor(inputSize: number, hiddenSize: number, options?: RNNOptions);
	constructor(inputSize: number, hiddenSize: number, numLayers: number, options?: Omit<RNNOptions, "numLayers">);
	constructor(inputSize: number, options: RNNOptions & { hiddenSize: number });
	constructor(options: RNNOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		const { nonlinearity, ...given } = rnnArguments(args);
		super(nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU", given);
		this.nonlinearity = nonlinearity;
	}

	forward(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, h: Tensor];
	forward(input: Tensor, hx?: Tensor | null): [output: Tensor, h: Tensor];
	forward(input: Tensor | PackedSequence, hx: Tensor | null = null): [output: any, h: Tensor] {
		const [output, [h]] = this._run(input, hx && one("RNN", hx));
		return [output, h!];
	}
}

/** Hidden and cell state. */
export type LSTMState = [h: Tensor, c: Tensor];

export interface LSTMOptions extends RecurrentOptions {
	/** Size to which h is projected; 0 (default) for no projection. */
	projSize?: number;
}

export interface LSTM {
	(input: PackedSequence, hx?: Readonly<LSTMState> | null): [output: PackedSequence, state: LSTMState];
	(input: Tensor, hx?: Readonly<LSTMState> | null): [output: Tensor, state: LSTMState];
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997): i, f, o = σ(…), g = tanh(…), each of
 * W_i xₜ + b_i + W_h hₜ₋₁ + b_h; cₜ = f cₜ₋₁ + i g, hₜ = o tanh cₜ, projected by W_hr where `projSize` is given.
 *
 * Shape: input `[T, N, inputSize]` (`[N, T, …]` with `batchFirst`, `[T, inputSize]` for one sequence, or packed) and hx a
 * pair of `[layers · directions, N, projSize or hiddenSize]` and `[layers · directions, N, hiddenSize]` (default: zeros) to
 * `[output, [h, c]]` with output `[T, N, directions · (projSize or hiddenSize)]`, the last layer's states, and h and c like
 * hx, every layer's last states.
 */
export class LSTM extends RNNBase {
	constructor(inputSize: number, hiddenSize: number, options?: LSTMOptions);
	constructor(inputSize: number, hiddenSize: number, numLayers: number, options?: Omit<LSTMOptions, "numLayers">);
	constructor(inputSize: number, options: LSTMOptions & { hiddenSize: number });
	constructor(options: LSTMOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		const given = lstmArguments(args);
		if (given.projSize >= given.hiddenSize) {
			throw new RangeError(
				`[LSTM] projSize has to be smaller than hiddenSize, got ${given.projSize} and ${given.hiddenSize}`,
			);
		}
		super("LSTM", given);
	}

	forward(input: PackedSequence, hx?: Readonly<LSTMState> | null): [output: PackedSequence, state: LSTMState];
	forward(input: Tensor, hx?: Readonly<LSTMState> | null): [output: Tensor, state: LSTMState];
	forward(input: Tensor | PackedSequence, hx: Readonly<LSTMState> | null = null): [output: any, state: LSTMState] {
		if (hx !== null && !(Array.isArray(hx) && hx.length === 2 && hx.every((state) => state instanceof Tensor))) {
			throw new TypeError(`[LSTM] hx must be a pair of tensors, [h, c], got ${quoted(hx)}`);
		}
		const [output, states] = this._run(input, hx);
		return [output, states as LSTMState];
	}
}

export interface GRU {
	(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, h: Tensor];
	(input: Tensor, hx?: Tensor | null): [output: Tensor, h: Tensor];
}

/**
 * Gated recurrent unit (Cho et al., 2014): r, z = σ(W_i xₜ + b_i + W_h hₜ₋₁ + b_h), n = tanh(W_in xₜ + b_in + r (W_hn hₜ₋₁
 * + b_hn)), hₜ = (1 − z) n + z hₜ₋₁.
 *
 * Shape: as RNN's.
 */
export class GRU extends RNNBase {
	constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions);
	constructor(inputSize: number, hiddenSize: number, numLayers: number, options?: Omit<RecurrentOptions, "numLayers">);
	constructor(inputSize: number, options: RecurrentOptions & { hiddenSize: number });
	constructor(options: RecurrentOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		super("GRU", gruArguments(args));
	}

	forward(input: PackedSequence, hx?: Tensor | null): [output: PackedSequence, h: Tensor];
	forward(input: Tensor, hx?: Tensor | null): [output: Tensor, h: Tensor];
	forward(input: Tensor | PackedSequence, hx: Tensor | null = null): [output: any, h: Tensor] {
		const [output, [h]] = this._run(input, hx && one("GRU", hx));
		return [output, h!];
	}
}

function one(name: string, hx: unknown): [Tensor] {
	if (!(hx instanceof Tensor)) throw new TypeError(`[${name}] hx must be a tensor, got ${quoted(hx)}`);
	return [hx];
}
