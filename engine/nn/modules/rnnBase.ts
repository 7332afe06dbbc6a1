import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { int64 } from "../../core/dtype";
import { native } from "../../core/native";
import { boolean, float } from "../../core/pythonText";
import { anything, flag, quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { warn } from "../../core/warn";
import { stack, zeros } from "../../ops";
import { type FactoryOptions, newParameter } from "../factory";
import { dropout } from "../functional/dropout";
import { gatesOf, type RecurrentMode, type RecurrentWeights, recurrentLayer } from "../functional/recurrent";
import { flattenWeights, recurrentStack } from "../functional/recurrentStack";
import * as init from "../init";
import type { Parameter } from "../parameter";
import { PackedSequence } from "../utils/packedSequence";
import { Module } from "./module";

/* What recurrent layers share. */

export interface RecurrentOptions extends FactoryOptions {
	/** Layers on top of each other. Default 1. */
	numLayers?: number;
	/** Learn biases. Default true. */
	bias?: boolean;
	/** Input and output are `[N, T, …]` instead of `[T, N, …]`; the states are not. Default false. */
	batchFirst?: boolean;
	/** Probability of an element to be zeroed between two layers, while training. Default 0. */
	dropout?: number;
	/** A second direction, from the last step to the first, beside the first one. Default false. */
	bidirectional?: boolean;
}

const positive = (name: string) =>
	anything<number>(`an integer of at least 1 (${name})`, (value) => Number.isInteger(value) && (value as number) >= 1);

/** @internal Of the arguments that all three take. */
export const recurrentRules = {
	inputSize: anything<number>("an integer of at least 0", (value) => Number.isInteger(value) && (value as number) >= 0),
	hiddenSize: positive("units"),
	numLayers: { ...positive("layers"), fallback: { value: 1 } },
	bias: flag(true),
	batchFirst: flag(false),
	dropout: anything<number>(
		"a number in range [0, 1] representing the probability of an element being zeroed",
		(value) => typeof value === "number" && value >= 0 && value <= 1,
		0,
	),
	bidirectional: flag(false),
};

type Given = Required<Omit<RecurrentOptions, keyof FactoryOptions>> & {
	inputSize: number;
	hiddenSize: number;
	projSize?: number;
} & Parameters<typeof newParameter>[2];

type Layer = number;

/** The weights of layer k and, with `Reverse`, of its second direction. */
export interface RNNBase {
	weightIhL0: Parameter;
	weightHhL0: Parameter;
	/** `[gates · hiddenSize, …]`; the second index of the layer's input */
	[weight: `weightIhL${Layer}` | `weightIhL${Layer}Reverse`]: Parameter;
	/** `[gates · hiddenSize, projSize or hiddenSize]` */
	[weight: `weightHhL${Layer}` | `weightHhL${Layer}Reverse`]: Parameter;
	/** `[gates · hiddenSize]` */
	[bias: `biasIhL${Layer}` | `biasIhL${Layer}Reverse`]: Parameter;
	[bias: `biasHhL${Layer}` | `biasHhL${Layer}Reverse`]: Parameter;
	/** `[projSize, hiddenSize]` */
	[weight: `weightHrL${Layer}` | `weightHrL${Layer}Reverse`]: Parameter;
}

/** What RNN, LSTM and GRU share. Gates stand below each other in the weights: LSTM i, f, g, o; GRU r, z, n. */
export abstract class RNNBase extends Module {
	readonly mode: RecurrentMode;
	readonly inputSize: number;
	readonly hiddenSize: number;
	readonly numLayers: number;
	readonly bias: boolean;
	readonly batchFirst: boolean;
	dropout: number;
	readonly bidirectional: boolean;
	readonly projSize: number;

	constructor(mode: RecurrentMode, given: Given) {
		super();
		this.mode = mode;
		this.inputSize = given.inputSize;
		this.hiddenSize = given.hiddenSize;
		this.numLayers = given.numLayers;
		this.bias = given.bias;
		this.batchFirst = given.batchFirst;
		this.dropout = given.dropout;
		this.bidirectional = given.bidirectional;
		this.projSize = given.projSize ?? 0;
		if (this.dropout > 0 && this.numLayers === 1) {
			warn(
				`dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects numLayers greater than 1, but got dropout=${this.dropout} and numLayers=1`,
			);
		}
		const rows = gatesOf[mode] * this.hiddenSize;
		const state = this.projSize || this.hiddenSize;
		for (let layer = 0; layer < this.numLayers; layer++) {
			const inputs = layer === 0 ? this.inputSize : state * this._directions;
			for (const suffix of this._suffixes(layer)) {
				const make = (name: string, ...shape: number[]) =>
					this.registerParameter(`${name}${suffix}`, newParameter(new.target.name, shape, given));
				make("weightIh", rows, inputs);
				make("weightHh", rows, state);
				if (this.bias) {
					make("biasIh", rows);
					make("biasHh", rows);
				}
				if (this.projSize > 0) make("weightHr", this.projSize, this.hiddenSize);
			}
		}
		this.resetParameters();
		this.flattenParameters();
	}

	/** @internal */
	get _directions(): number {
		return this.bidirectional ? 2 : 1;
	}

	/** @internal */
	_suffixes(layer: number): string[] {
		return this.bidirectional ? [`L${layer}`, `L${layer}Reverse`] : [`L${layer}`];
	}

	/** All begin as U(−√k, √k) with k = 1 / hiddenSize. */
	resetParameters(): void {
		for (const parameter of this.parameters()) init.uniformByFan_(parameter, this.hiddenSize);
	}

	/**
	 * On a card with cuDNN: lays all weights in one piece of memory, as the library reads them, so that calls need not copy them. Done
	 * where the layer is made, moved or copied; to be called after weights were replaced.
	 */
	flattenParameters(): void {
		flattenWeights(this.mode, this._allWeights(), this.numLayers);
	}

	/** @internal */
	override _moved(): void {
		this.flattenParameters();
	}

	/** @internal Of each layer and direction. */
	_allWeights(): RecurrentWeights[] {
		return Array.from({ length: this.numLayers }, (_, layer) => this._weights(layer)).flat();
	}

	/** The parameters of each layer and direction. */
	get allWeights(): Parameter[][] {
		return Array.from({ length: this.numLayers }, (_, layer) =>
			this._weights(layer).map(
				({ ih, hh, biasIh, biasHh, hr }) => [ih, hh, biasIh, biasHh, hr].filter((weight) => weight) as Parameter[],
			),
		).flat();
	}

	/** @internal */
	_weights(layer: number): RecurrentWeights[] {
		const own = this as unknown as Record<string, Parameter | undefined>;
		return this._suffixes(layer).map((suffix) => ({
			ih: own[`weightIh${suffix}`]!,
			hh: own[`weightHh${suffix}`]!,
			biasIh: own[`biasIh${suffix}`] ?? null,
			biasHh: own[`biasHh${suffix}`] ?? null,
			hr: own[`weightHr${suffix}`] ?? null,
		}));
	}

	/** @internal Output and states, of a tensor or of packed sequences. */
	_run<T extends Tensor | PackedSequence>(input: T, given: readonly Tensor[] | null): [output: T, states: Tensor[]] {
		return (input instanceof PackedSequence ? this._runPacked(input, given) : this._runTensor(input, given)) as [
			T,
			Tensor[],
		];
	}

	/** @internal */
	_runTensor(input: Tensor, given: readonly Tensor[] | null): [Tensor, Tensor[]] {
		const name = this.constructor.name;
		if (!(input instanceof Tensor)) {
			throw new TypeError(`[${name}] input must be a tensor or a PackedSequence, got ${quoted(input)}`);
		}
		if (input.ndim !== 2 && input.ndim !== 3) {
			throw new RangeError(`[${name}] expected input to be 2D or 3D, got ${input.ndim}D instead`);
		}
		this._checkInput(input);
		const batched = input.ndim === 3;
		const states = given?.map((state, i) => {
			if (state.ndim !== input.ndim) {
				throw new RangeError(
					`[${name}] for ${batched ? "batched 3-D" : "unbatched 2-D"} input, hx should also be ${input.ndim}-D but hx[${i}] is a ${state.ndim}-D tensor`,
				);
			}
			return batched ? state : state.unsqueeze(1);
		});
		const byTime = !batched ? input.unsqueeze(1) : this.batchFirst ? input.transpose(0, 1) : input;
		const [steps, batch] = byTime.shape as [number, number];
		if (steps === 0) throw new RangeError(`[${name}] expected sequence length to be larger than 0`);
		// How many sequences a step has is known to the host, wherever the rows are.
		const sizes = wrap(native.fromNumbers(new Float64Array(steps).fill(batch), [steps], int64.code));
		const rows = byTime.reshape(steps * batch, this.inputSize);
		const [output, ends] = this._layers(rows, sizes, this._initial(states, batch, rows), [steps, batch]);
		const shaped = batched && this.batchFirst ? output.transpose(0, 1) : output;
		return batched ? [shaped, ends] : [shaped.squeeze(1), ends.map((state) => state.squeeze(1))];
	}

	/** @internal */
	_runPacked(input: PackedSequence, given: readonly Tensor[] | null): [PackedSequence, Tensor[]] {
		const { data, batchSizes, sortedIndices, unsortedIndices } = input;
		if (data.ndim !== 2) {
			throw new RangeError(
				`[${this.constructor.name}] expected packed rows [rows, inputSize], got ${shapeText(data.shape)}`,
			);
		}
		this._checkInput(data);
		const batch = batchSizes.numel() === 0 ? 0 : batchSizes.at(0).item();
		const states = this._initial(given ?? undefined, batch, data, sortedIndices);
		const [output, ends] = this._layers(data, batchSizes, states, null);
		const back = (state: Tensor) => (unsortedIndices === null ? state : state.indexSelect(1, unsortedIndices));
		return [new PackedSequence(output, batchSizes, sortedIndices, unsortedIndices), ends.map(back)];
	}

	/** @internal */
	_checkInput(input: Tensor): void {
		const name = this.constructor.name;
		const { dtype } = this._weights(0)[0]!.ih;
		if (input.dtype !== dtype && !autocastState.active) {
			throw new TypeError(
				`[${name}] input dtype (${input.dtype}) does not match weight dtype (${dtype}): convert the input by input.to(${dtype}), or the module by to(${input.dtype})`,
			);
		}
		if (input.size(-1) !== this.inputSize) {
			throw new RangeError(
				`[${name}] input.size(-1) must be equal to inputSize: expected ${this.inputSize}, got ${input.size(-1)}`,
			);
		}
	}

	/** @internal The states before the first step: the given ones, checked and in the packed order, or zeros. */
	_initial(given: readonly Tensor[] | undefined, batch: number, like: Tensor, order: Tensor | null = null): Tensor[] {
		const lead = this.numLayers * this._directions;
		const widths = [this.projSize || this.hiddenSize, this.hiddenSize].slice(0, this.mode === "LSTM" ? 2 : 1);
		return widths.map((width, i) => {
			const expected = [lead, batch, width];
			const state = given?.[i];
			if (state === undefined) return zeros(expected, { dtype: like.dtype, device: like.device });
			if (`${state.shape}` !== `${expected}`) {
				throw new RangeError(
					`[${this.constructor.name}] expected ${widths.length === 1 ? "hidden" : `hidden[${i}]`} size [${expected.join(", ")}], got [${state.shape.join(", ")}]`,
				);
			}
			return order === null ? state : state.indexSelect(1, order);
		});
	}

	/** @internal `shape`: steps and batch, as which the result's rows are seen; null for packed ones. */
	_layers(rows: Tensor, sizes: Tensor, states: Tensor[], shape: [number, number] | null): [Tensor, Tensor[]] {
		if (rows.device.type === "cuda") {
			const masked = this.training ? this.dropout : 0;
			const [h0, c0 = null] = states as [Tensor, Tensor?];
			const whole = recurrentStack(this.mode, rows, sizes, h0, c0, this._allWeights(), this.numLayers, masked, shape);
			if (whole !== null) return [whole.output, whole.c === null ? [whole.h] : [whole.h, whole.c]];
		}
		const directions = this._directions;
		const names = { output: this._nodeName(rows, shape === null), state: "StackBackward0" };
		const ends: Tensor[][] = states.map(() => []);
		let output = rows;
		for (let layer = 0; layer < this.numLayers; layer++) {
			const own = states.map((state) =>
				this.numLayers === 1 ? state : state.narrow(0, layer * directions, directions),
			);
			const result = recurrentLayer(
				names,
				this.mode,
				output,
				sizes,
				own[0]!,
				own[1] ?? null,
				this._weights(layer),
				shape,
			);
			output = result.output;
			ends[0]!.push(result.h);
			if (result.c !== null) ends[1]!.push(result.c);
			if (layer < this.numLayers - 1) {
				output = dropout(output, { p: this.dropout, training: this.training }).flatten(0, -2);
			}
		}
		const joined = ends.map((list) =>
			list.length === 1 ? list[0]! : stack(list.flatMap((state) => [...state.unbind(0)])),
		);
		return [output, joined];
	}

	/** @internal What PyTorch shows for a result of such layers on the CPU. */
	_nodeName(rows: Tensor, packed: boolean): string {
		if (packed || this.bidirectional) return "CatBackward0";
		const oneDnn = this.mode === "LSTM" && this.projSize === 0 && rows.dtype.name === "float32";
		return oneDnn ? "MkldnnRnnLayerBackward0" : "StackBackward0";
	}

	override extraRepr(): string {
		const { inputSize, hiddenSize, projSize, numLayers, bias, batchFirst, bidirectional } = this;
		let text = `${inputSize}, ${hiddenSize}`;
		if (projSize !== 0) text += `, proj_size=${projSize}`;
		if (numLayers !== 1) text += `, num_layers=${numLayers}`;
		if (!bias) text += `, bias=${boolean(bias)}`;
		if (batchFirst) text += `, batch_first=${boolean(batchFirst)}`;
		if (this.dropout !== 0) text += `, dropout=${float(this.dropout)}`;
		if (bidirectional) text += `, bidirectional=${boolean(bidirectional)}`;
		return text;
	}
}
