import { int64 } from "../../core/dtype";
import { native } from "../../core/native";
import { boolean } from "../../core/pythonText";
import { choice, flag, quoted, signature, size } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { zeros } from "../../ops";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { gatesOf, type RecurrentMode, recurrentLayer } from "../functional/recurrent";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { Module } from "./module";
import type { LSTMState } from "./rnn";

/* One step of a recurrent network: for loops of one's own over time. */

export interface CellOptions extends FactoryOptions {
	/** Learn biases. Default true. */
	bias?: boolean;
}

const rules = { inputSize: size(), hiddenSize: size(), bias: flag(true) };

abstract class RNNCellBase extends Module {
	readonly inputSize: number;
	readonly hiddenSize: number;
	readonly bias: boolean;
	/** `[gates · hiddenSize, inputSize]` */
	weightIh: Parameter;
	/** `[gates · hiddenSize, hiddenSize]` */
	weightHh: Parameter;
	/** `[gates · hiddenSize]`, or null */
	biasIh: Parameter | null;
	biasHh: Parameter | null;

	constructor(gates: number, { inputSize, hiddenSize, bias, ...given }: ReturnType<typeof gruArguments>) {
		super();
		const make = (...shape: number[]) => newParameter(new.target.name, shape, given);
		const rows = gates * hiddenSize;
		this.inputSize = inputSize;
		this.hiddenSize = hiddenSize;
		this.bias = bias;
		this.weightIh = make(rows, inputSize);
		this.weightHh = make(rows, hiddenSize);
		this.biasIh = bias ? make(rows) : null;
		this.biasHh = bias ? make(rows) : null;
		this.resetParameters();
	}

	/** All begin as U(−√k, √k) with k = 1 / hiddenSize. */
	resetParameters(): void {
		for (const parameter of this.parameters()) init.uniformByFan_(parameter, this.hiddenSize);
	}

	/** @internal One step from the given states, or from zeros. */
	_step(mode: RecurrentMode, names: { output: string; state: string }, input: Tensor, given: readonly Tensor[] | null) {
		const name = this.constructor.name;
		if (!(input instanceof Tensor)) throw new TypeError(`[${name}] input must be a tensor, got ${quoted(input)}`);
		if (input.ndim !== 1 && input.ndim !== 2) {
			throw new RangeError(`[${name}] expected input to be 1D or 2D, got ${input.ndim}D instead`);
		}
		if (input.size(-1) !== this.inputSize) {
			throw new RangeError(
				`[${name}] input has inconsistent inputSize: got ${input.size(-1)}, expected ${this.inputSize}`,
			);
		}
		const batched = input.ndim === 2;
		const batch = batched ? input.size(0) : 1;
		const states = [0, 1].slice(0, mode === "LSTM" ? 2 : 1).map((i) => {
			const state = given?.[i];
			if (state === undefined) return zeros([1, batch, this.hiddenSize], { dtype: input.dtype, device: input.device });
			if (state.ndim !== input.ndim) {
				throw new RangeError(
					`[${name}] expected hidden${i} to be ${input.ndim}D like the input, got ${state.ndim}D instead`,
				);
			}
			if (batched && state.size(0) !== batch) {
				throw new RangeError(
					`[${name}] input batch size ${batch} doesn't match hidden${i} batch size ${state.size(0)}`,
				);
			}
			if (state.size(-1) !== this.hiddenSize) {
				throw new RangeError(
					`[${name}] hidden${i} has inconsistent hiddenSize: got ${state.size(-1)}, expected ${this.hiddenSize}`,
				);
			}
			return state.reshape(1, batch, this.hiddenSize);
		});
		const { weightIh: ih, weightHh: hh, biasIh, biasHh } = this;
		const sizes = wrap(native.fromNumbers(Float64Array.of(batch), [1], int64.code));
		const rows = batched ? input : input.unsqueeze(0);
		const weights = [{ ih, hh, biasIh, biasHh, hr: null }];
		const { output, c } = recurrentLayer(names, mode, rows, sizes, states[0]!, states[1] ?? null, weights);
		return batched
			? { h: output, c: c?.view(batch, this.hiddenSize) }
			: { h: output.squeeze(0), c: c?.view(this.hiddenSize) };
	}

	override extraRepr(): string {
		return `${this.inputSize}, ${this.hiddenSize}${this.bias ? "" : `, bias=${boolean(false)}`}`;
	}
}

export interface RNNCellOptions extends CellOptions {
	/** Default "tanh". */
	nonlinearity?: "tanh" | "relu";
}

const rnnArguments = signature("RNNCell", { ...rules, nonlinearity: choice(["tanh", "relu"], "tanh"), ...factory });
const lstmArguments = signature("LSTMCell", { ...rules, ...factory });
const gruArguments = signature("GRUCell", { ...rules, ...factory });

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or ReLU of it.
 *
 * Shape: input `[N, inputSize]` and h `[N, hiddenSize]` (default: zeros), both with or without N, to h' like h.
 */
export class RNNCell extends RNNCellBase {
	readonly nonlinearity: "tanh" | "relu";

	constructor(inputSize: number, hiddenSize: number, options?: RNNCellOptions);
	constructor(inputSize: number, options: RNNCellOptions & { hiddenSize: number });
	constructor(options: RNNCellOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		const { nonlinearity, ...given } = rnnArguments(args);
		super(gatesOf.RNN_TANH, given);
		this.nonlinearity = nonlinearity;
	}

	forward(input: Tensor, hx: Tensor | null = null): Tensor {
		const tanh = this.nonlinearity === "tanh";
		const names = { output: tanh ? "TanhBackward0" : "ReluBackward0", state: "" };
		return this._step(tanh ? "RNN_TANH" : "RNN_RELU", names, input, hx && [hx]).h;
	}

	override extraRepr(): string {
		return super.extraRepr() + (this.nonlinearity === "tanh" ? "" : `, nonlinearity=${this.nonlinearity}`);
	}
}

/**
 * One step of an LSTM.
 *
 * Shape: input `[N, inputSize]` and a pair of `[N, hiddenSize]` (default: zeros), all with or without N, to `[h', c']`.
 */
export class LSTMCell extends RNNCellBase {
	constructor(inputSize: number, hiddenSize: number, options?: CellOptions);
	constructor(inputSize: number, options: CellOptions & { hiddenSize: number });
	constructor(options: CellOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		super(gatesOf.LSTM, lstmArguments(args));
	}

	forward(input: Tensor, hx: Readonly<LSTMState> | null = null): LSTMState {
		const { h, c } = this._step("LSTM", { output: "MulBackward0", state: "AddBackward0" }, input, hx);
		return [h, c!];
	}
}

/**
 * One step of a GRU.
 *
 * Shape: input `[N, inputSize]` and h `[N, hiddenSize]` (default: zeros), both with or without N, to h' like h.
 */
export class GRUCell extends RNNCellBase {
	constructor(inputSize: number, hiddenSize: number, options?: CellOptions);
	constructor(inputSize: number, options: CellOptions & { hiddenSize: number });
	constructor(options: CellOptions & { inputSize: number; hiddenSize: number });
	constructor(...args: unknown[]) {
		super(gatesOf.GRU, gruArguments(args));
	}

	forward(input: Tensor, hx: Tensor | null = null): Tensor {
		return this._step("GRU", { output: "AddBackward0", state: "" }, input, hx && [hx]).h;
	}
}
