import { bind, shapeText } from "../core/arguments";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type BackwardOptions, runBackward } from "./backward";
import { gradientEdge } from "./node";

type OneOrMany<T> = T | readonly T[];

function many<T>(value: OneOrMany<T>): readonly T[] {
	return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** The gradients that a pass starts with: those given, else 1 for outputs with one element. */
function startGradients(
	op: string,
	outputs: readonly Tensor[],
	given: readonly (Tensor | null | undefined)[],
): Tensor[] {
	if (given.length > 0 && given.length !== outputs.length) {
		throw new RangeError(`[${op}] got ${outputs.length} tensors and ${given.length} gradients`);
	}
	return outputs.map((output, i) => {
		if (!output.requiresGrad) {
			throw new Error(`[${op}] element ${i} of tensors does not require grad and does not have a gradFn`);
		}
		const grad = given[i];
		if (!grad) {
			if (output.numel() !== 1) {
				throw new Error(
					`[${op}] grad can be implicitly created only for scalar outputs, but output ${i} has shape ${shapeText(output.shape)}: pass its gradient, or reduce it (sum, mean)`,
				);
			}
			return wrap(native.full(output.shape, 1, output.dtype.code, output.handle));
		}
		if (`${grad.shape}` !== `${output.shape}`) {
			throw new RangeError(
				`[${op}] mismatch in shape: gradient ${i} has a shape of ${shapeText(grad.shape)} and output ${i} has a shape of ${shapeText(output.shape)}`,
			);
		}
		return grad;
	});
}

export interface TensorBackwardOptions extends BackwardOptions {
	/** Gradient of the result that is differentiated, of this tensor's shape. Default 1, for tensors of one element. */
	gradient?: Tensor;
	/** Accumulate into these leaves only. */
	inputs?: OneOrMany<Tensor>;
}

type Gradients = OneOrMany<Tensor | null> | null;
type RootOptions = BackwardOptions & { inputs?: OneOrMany<Tensor> };

/** Adds to `grad` of every leaf the gradient of `tensors` with respect to it. */
export function backward(tensors: OneOrMany<Tensor>, options?: RootOptions & { gradTensors?: Gradients }): void;
export function backward(tensors: OneOrMany<Tensor>, gradTensors: Gradients, options?: RootOptions): void;
export function backward(options: RootOptions & { tensors: OneOrMany<Tensor>; gradTensors?: Gradients }): void;
export function backward(...args: unknown[]): void {
	const { tensors, ...options } = bind<RootOptions & { tensors: OneOrMany<Tensor>; gradTensors: Gradients }>(
		"backward",
		args,
		["tensors", "gradTensors", "retainGraph", "createGraph"],
		["inputs"],
	);
	if (tensors === undefined) throw new TypeError("[backward] tensors is missing");
	const roots = many(tensors);
	const create = options.createGraph ?? false;
	const starts = startGradients("backward", roots, options.gradTensors ? many(options.gradTensors) : []);
	const leaves = options.inputs ? many(options.inputs) : null;
	if (leaves?.length === 0) throw new RangeError("[backward] inputs cannot be empty");
	runBackward(roots, starts, {
		retain: options.retainGraph ?? create,
		create,
		accumulate: true,
		...(leaves && { captures: captures("backward", leaves) }),
	});
}

function captures(op: string, inputs: readonly Tensor[]) {
	return inputs.map((input, index) => {
		const node = gradientEdge(input);
		if (node === null) throw new Error(`[${op}] input ${index} does not require grad`);
		return { node, output: input._outputIndex, index };
	});
}

export interface GradOptions extends BackwardOptions {
	/** Gradients of the outputs. Default 1, for outputs of one element. */
	gradOutputs?: Gradients;
	/** Give null for an input that the outputs do not depend on, instead of an error. Default false. */
	allowUnused?: boolean;
	/** Give zeros for such an input. Default false. */
	materializeGrads?: boolean;
}

type Ends = { outputs: OneOrMany<Tensor>; inputs: OneOrMany<Tensor> };
type Whole = { allowUnused?: false } | { materializeGrads: true };
type Others = Omit<GradOptions, "gradOutputs">;

/**
 * Gradients of the sum of `outputs` with respect to each of `inputs`; no `grad` is touched. `gradOutputs` may also stand in
 * place: `grad(u, x, torch.onesLike(u), { createGraph: true })`.
 */
export function grad(outputs: OneOrMany<Tensor>, inputs: OneOrMany<Tensor>, options: GradOptions & Whole): Tensor[];
export function grad(outputs: OneOrMany<Tensor>, inputs: OneOrMany<Tensor>, options?: undefined): Tensor[];
export function grad(
	outputs: OneOrMany<Tensor>,
	inputs: OneOrMany<Tensor>,
	gradOutputs: Gradients,
	options?: Others & Whole,
): Tensor[];
export function grad(options: GradOptions & Ends & Whole): Tensor[];
export function grad(outputs: OneOrMany<Tensor>, inputs: OneOrMany<Tensor>, options?: GradOptions): (Tensor | null)[];
export function grad(
	outputs: OneOrMany<Tensor>,
	inputs: OneOrMany<Tensor>,
	gradOutputs: Gradients,
	options: Others,
): (Tensor | null)[];
export function grad(options: GradOptions & Ends): (Tensor | null)[];
export function grad(...args: unknown[]): (Tensor | null)[] {
	const { outputs, inputs, ...options } = bind<GradOptions & Ends>(
		"grad",
		args,
		["outputs", "inputs", "gradOutputs", "retainGraph", "createGraph"],
		["allowUnused", "materializeGrads"],
	);
	if (outputs === undefined) throw new TypeError("[grad] outputs is missing");
	if (inputs === undefined) throw new TypeError("[grad] inputs is missing");
	const roots = many(outputs);
	const targets = many(inputs);
	const create = options.createGraph ?? false;
	const starts = startGradients("grad", roots, options.gradOutputs ? many(options.gradOutputs) : []);
	const results = runBackward(roots, starts, {
		retain: options.retainGraph ?? create,
		create,
		accumulate: false,
		captures: captures("grad", targets),
	});
	return results.map((result, i) => {
		if (result !== null) return result;
		if (options.materializeGrads)
			return wrap(native.full(targets[i]!.shape, 0, targets[i]!.dtype.code, targets[i]!.handle));
		if (options.allowUnused) return null;
		throw new Error(
			`[grad] input ${i} appears to not have been used in the graph. Set allowUnused: true if this is the desired behavior.`,
		);
	});
}

declare module "../core/tensor" {
	interface Tensor {
		/** Adds to `grad` of every leaf the gradient of this tensor with respect to it. */
		backward(options?: TensorBackwardOptions): void;
		backward(gradient: Tensor, options?: Omit<TensorBackwardOptions, "gradient">): void;
	}
}

Tensor.prototype.backward = function (this: Tensor, ...args: unknown[]) {
	const { gradient, ...rest } = bind<TensorBackwardOptions>(
		"backward",
		args,
		["gradient"],
		["retainGraph", "createGraph", "inputs"],
	);
	backward(this, gradient ? { ...rest, gradTensors: gradient } : rest);
};
