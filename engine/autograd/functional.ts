import { bind, describe, shapeText } from "../core/arguments";
import { enableGrad } from "../core/gradMode";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { grad } from "./grad";

/*
 * Derivatives of functions of tensors: Jacobians, Hessians, and their products with vectors. A function takes one tensor
 * or several and gives one or an array of them; what is returned for inputs or outputs is an array where they were one.
 */

type One = Tensor;
type Many = readonly Tensor[];
type Inputs = One | Many;
/** One tensor for one input, an array for several. */
type Like<I extends Inputs> = I extends Tensor ? Tensor : Tensor[];
type Fn<I extends Inputs, O extends Inputs> = (...inputs: I extends Tensor ? [Tensor] : Tensor[]) => O;

export interface FunctionalOptions {
	/** Record the computation, so that results can be differentiated again. Default false. */
	createGraph?: boolean;
	/** An error where an output does not depend on an input, instead of zeros. Default false. */
	strict?: boolean;
}

function listOf(op: string, what: string, value: unknown): Tensor[] {
	const list = Array.isArray(value) ? (value as unknown[]) : [value];
	const odd = list.findIndex((item) => !(item instanceof Tensor));
	if (odd >= 0)
		throw new TypeError(`[${op}] ${what} must be a tensor or an array of tensors, got ${describe(list[odd])}`);
	return list as Tensor[];
}

/** Results in the form of what they belong to. */
function formed<I extends Inputs>(like: unknown, list: readonly Tensor[]): Like<I> {
	return (Array.isArray(like) ? [...list] : list[0]!) as Like<I>;
}

function zerosOf(x: Tensor): Tensor {
	return wrap(native.full(x.shape, 0, x.dtype.code, x.handle));
}

interface Run {
	/** The inputs as the function saw them. */
	inputs: Tensor[];
	outputs: Tensor[];
	/** What the function returned. */
	returned: unknown;
}

/** The function on tensors of its own, which remember their graph only where that is wanted. */
function run(op: string, fn: (...inputs: any[]) => unknown, given: Inputs, createGraph: boolean): Run {
	const inputs = listOf(op, "inputs", given).map((x) =>
		createGraph && x.requiresGrad ? x.viewAs(x) : x.detach().requiresGrad_(),
	);
	const returned = fn(...inputs);
	return { inputs, outputs: listOf(op, "the function's result", returned), returned };
}

/** Gradients, zeros where there are none. */
function gradients(
	op: string,
	outputs: readonly Tensor[],
	inputs: readonly Tensor[],
	starts: readonly Tensor[],
	{ createGraph = false, strict = false }: FunctionalOptions,
): Tensor[] {
	const dependent = outputs.flatMap((y, i) => (y.requiresGrad ? [{ y, start: starts[i]! }] : []));
	if (strict && dependent.length < outputs.length) {
		throw new Error(`[${op}] an output of the function is independent of the inputs, which strict does not allow`);
	}
	if (dependent.length === 0) return inputs.map(zerosOf);
	const found = grad(
		dependent.map(({ y }) => y),
		inputs,
		{ gradOutputs: dependent.map(({ start }) => start), allowUnused: true, createGraph, retainGraph: true },
	);
	return found.map((g, i) => {
		if (g === null && strict) {
			throw new Error(`[${op}] the outputs are independent of input ${i}, which strict does not allow`);
		}
		return g ?? zerosOf(inputs[i]!);
	});
}

function vectorsFor(op: string, v: Inputs | null | undefined, like: readonly Tensor[], what: string): Tensor[] {
	if (v === null || v === undefined) {
		if (like.length !== 1 || like[0]!.numel() !== 1) {
			throw new RangeError(`[${op}] v can only be left out where there is one ${what} of one element`);
		}
		return [wrap(native.full(like[0]!.shape, 1, like[0]!.dtype.code, like[0]!.handle))];
	}
	const list = listOf(op, "v", v);
	if (list.length !== like.length)
		throw new RangeError(`[${op}] v has ${list.length} tensors, expected ${like.length}`);
	list.forEach((x, i) => {
		if (`${x.shape}` === `${like[i]!.shape}`) return;
		throw new RangeError(
			`[${op}] v[${i}] has shape ${shapeText(x.shape)}, expected that of the ${what}, [${like[i]!.shape}]`,
		);
	});
	return list;
}

function finished(list: readonly Tensor[], createGraph: boolean): Tensor[] {
	return list.map((x) => (createGraph ? x : x.detach()));
}

type VectorArguments = [v?: Inputs | null | (FunctionalOptions & { v?: Inputs | null }), options?: FunctionalOptions];

function vectorArguments(op: string, args: VectorArguments) {
	const given = bind<FunctionalOptions & { v: Inputs | null }>(op, args, ["v"], ["createGraph", "strict"]);
	return { v: given.v, options: { createGraph: given.createGraph ?? false, strict: given.strict ?? false } };
}

/** The function's result, and vᵀ times its Jacobian. `v` is shaped as the result; 1 for a single number. */
export function vjp<I extends Inputs, O extends Inputs>(
	fn: Fn<I, O>,
	inputs: I,
	...args: VectorArguments
): [outputs: Like<O>, product: Like<I>] {
	const { v, options } = vectorArguments("vjp", args);
	return enableGrad(() => {
		const { inputs: own, outputs, returned } = run("vjp", fn, inputs, options.createGraph);
		const starts = vectorsFor("vjp", v, outputs, "output");
		const found = gradients("vjp", outputs, own, starts, options);
		return [
			formed<O>(returned, finished(outputs, options.createGraph)),
			formed<I>(inputs, finished(found, options.createGraph)),
		];
	});
}

/** The function's result, and its Jacobian times v, which is shaped as the inputs: by differentiating a `vjp` in its vector. */
export function jvp<I extends Inputs, O extends Inputs>(
	fn: Fn<I, O>,
	inputs: I,
	...args: VectorArguments
): [outputs: Like<O>, product: Like<O>] {
	const { v, options } = vectorArguments("jvp", args);
	return enableGrad(() => {
		const { inputs: own, outputs, returned } = run("jvp", fn, inputs, options.createGraph);
		const starts = vectorsFor("jvp", v, own, "input");
		const found = pushed("jvp", outputs, own, starts, options);
		return [
			formed<O>(returned, finished(outputs, options.createGraph)),
			formed<O>(returned, finished(found, options.createGraph)),
		];
	});
}

/** The Jacobian of outputs by inputs times vectors. */
function pushed(op: string, outputs: Tensor[], inputs: Tensor[], v: Tensor[], options: FunctionalOptions): Tensor[] {
	const dummies = outputs.map((y) => zerosOf(y).requiresGrad_());
	const pulled = gradients(op, outputs, inputs, dummies, { ...options, createGraph: true });
	return gradients(op, pulled, dummies, v, { createGraph: options.createGraph, strict: false });
}

type Rows<I extends Inputs, O extends Inputs> = O extends Tensor ? Like<I> : Like<I>[];

/** All derivatives: for each output and input a tensor of both shapes, one behind the other. */
export function jacobian<I extends Inputs, O extends Inputs>(
	fn: Fn<I, O>,
	inputs: I,
	options: FunctionalOptions = {},
): Rows<I, O> {
	const given = bind<FunctionalOptions>("jacobian", [options], [], ["createGraph", "strict"]);
	const createGraph = given.createGraph ?? false;
	return enableGrad(() => {
		const { inputs: own, outputs, returned } = run("jacobian", fn, inputs, createGraph);
		const found = outputs.map((y) => {
			const blocks = own.map((x) => wrap(native.full([y.numel(), ...x.shape], 0, x.dtype.code, x.handle)));
			const flat = y.reshape(-1);
			for (let i = 0; i < y.numel(); i++) {
				const start = wrap(native.full([], 1, y.dtype.code, y.handle));
				const rows = gradients("jacobian", [flat.select(0, i)], own, [start], given);
				blocks.forEach((block, k) => {
					block.select(0, i).copy_(rows[k]!);
				});
			}
			const shaped = blocks.map((block, k) => block.reshape([...y.shape, ...own[k]!.shape]));
			return formed<I>(inputs, finished(shaped, createGraph));
		});
		return (Array.isArray(returned) ? found : found[0]) as Rows<I, O>;
	});
}

function scalarOf(op: string, { outputs }: Run): Tensor {
	if (outputs.length === 1 && outputs[0]!.numel() === 1) return outputs[0]!;
	throw new RangeError(
		`[${op}] the function must give one tensor of one element, got shapes ${outputs.map((y) => `${shapeText(y.shape)}`).join(", ")}`,
	);
}

const one = (y: Tensor) => wrap(native.full(y.shape, 1, y.dtype.code, y.handle));

/** Second derivatives of a function that gives a single number: for every two inputs a tensor of both shapes. */
export function hessian<I extends Inputs>(
	fn: Fn<I, Tensor>,
	inputs: I,
	options: FunctionalOptions = {},
): I extends Tensor ? Tensor : Tensor[][] {
	const slopes = (...own: Tensor[]) => {
		const result = (fn as (...inputs: Tensor[]) => Tensor)(...own);
		const y = scalarOf("hessian", {
			inputs: own,
			outputs: listOf("hessian", "the function's result", result),
			returned: result,
		});
		const found = gradients("hessian", [y], own, [one(y)], { ...options, createGraph: true });
		return (Array.isArray(inputs) ? found : found[0]!) as Inputs;
	};
	return jacobian(slopes as Fn<I, Inputs>, inputs, options) as never;
}

/** The function's single number, and v times its Hessian. */
export function vhp<I extends Inputs>(
	fn: Fn<I, Tensor>,
	inputs: I,
	...args: VectorArguments
): [output: Tensor, product: Like<I>] {
	const { v, options } = vectorArguments("vhp", args);
	return enableGrad(() => {
		const ran = run("vhp", fn, inputs, options.createGraph);
		const y = scalarOf("vhp", ran);
		const slopes = gradients("vhp", [y], ran.inputs, [one(y)], { ...options, createGraph: true });
		const found = gradients("vhp", slopes, ran.inputs, vectorsFor("vhp", v, ran.inputs, "input"), options);
		return [finished([y], options.createGraph)[0]!, formed<I>(inputs, finished(found, options.createGraph))];
	});
}

/** The function's single number, and its Hessian times v; `vhp` is cheaper, and the same where derivatives are continuous. */
export function hvp<I extends Inputs>(
	fn: Fn<I, Tensor>,
	inputs: I,
	...args: VectorArguments
): [output: Tensor, product: Like<I>] {
	const { v, options } = vectorArguments("hvp", args);
	return enableGrad(() => {
		const ran = run("hvp", fn, inputs, options.createGraph);
		const y = scalarOf("hvp", ran);
		const slopes = gradients("hvp", [y], ran.inputs, [one(y)], { ...options, createGraph: true });
		const found = pushed("hvp", slopes, ran.inputs, vectorsFor("hvp", v, ran.inputs, "input"), options);
		return [finished([y], options.createGraph)[0]!, formed<I>(inputs, finished(found, options.createGraph))];
	});
}
