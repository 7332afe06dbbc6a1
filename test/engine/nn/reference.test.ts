import * as torch from "gradbook";
import { afterAll, describe, expect, test, vi } from "vitest";
import { drew, moved, onCard, onDevice, onHost, withExactLayers } from "../../support/device";
import {
	backward,
	camelCase,
	decode,
	type EncodedTensor,
	expectLike,
	isEncodedTensor,
	optionsOf,
	readReference,
	tensorOf,
} from "../../support/reference";

/*
 * Every module and function against what PyTorch made from the same seed: test/reference/make_nn.py, make_sequences.py. On
 * a card parameters and inputs are there, while new tensors are made on the CPU where nothing is said: what a layer makes
 * by itself must follow its input.
 */

const { nn } = torch;

interface Case {
	label: string;
	seed: number;
	name: string;
	kwargs: Record<string, unknown>;
	inputs: unknown[];
	wants: boolean[];
	output: unknown;
	node: string | null;
	inputGrads: unknown[];
	gradcheck: boolean;
}

interface ModuleCase extends Case {
	args: unknown[];
	train: boolean;
	runs: number;
	text: string;
	state: Record<string, EncodedTensor>;
	parameterGrads: Record<string, EncodedTensor>;
	buffers: Record<string, EncodedTensor>;
}

// Losses of unlike sizes warn, as PyTorch does.
const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
afterAll(() => warned.mockRestore());

function inputsOf(given: Case, dtype?: torch.DType): any[] {
	const made = (input: unknown, wants: boolean): unknown => {
		if (wants && Array.isArray(input)) return input.map((item) => made(item, wants));
		if (!isEncodedTensor(input)) return decode(input);
		const float = input.dtype === "float32" && dtype;
		return tensorOf(input, float || undefined).requiresGrad_(wants);
	};
	return given.inputs.map((input, i) => made(input, given.wants[i]!));
}

/** Compares the gradients of inputs; where PyTorch has none, there must be none. */
function expectGradients(inputs: any[], expected: readonly unknown[]): void {
	expected.forEach((grad, i) => {
		if (Array.isArray(grad)) expectGradients(inputs[i], grad);
		else if (grad !== null) expectLike(inputs[i].grad, grad, `gradient of input ${i}`);
		else if (inputs[i] instanceof torch.Tensor) expect(inputs[i].grad).toBeNull();
	});
}

const wanting = (inputs: any[]): torch.Tensor[] =>
	inputs.flat().filter((input) => input instanceof torch.Tensor && input.requiresGrad);

/** As the Python script does: a leaf that wants a gradient goes in as its clone, so that in-place layers may write. */
function fed(inputs: any[]): any[] {
	return inputs.map((input) => {
		if (Array.isArray(input)) return fed(input);
		return input instanceof torch.Tensor && input.requiresGrad ? input.clone() : input;
	});
}

function moduleOf(given: ModuleCase): torch.nn.Module {
	const made = moved(() => {
		torch.manualSeed(given.seed);
		const Kind = (nn as any)[given.name] as new (...args: unknown[]) => torch.nn.Module;
		const options = optionsOf(given.kwargs);
		return new Kind(...given.args.map(decode), ...(Object.keys(options).length > 0 ? [options] : []));
	});
	return made.train(given.train);
}

function nodeOf(output: unknown): string | null {
	return output instanceof torch.Tensor ? (output.gradFn?.name ?? null) : null;
}

/** The tensors of a result that nests lists. */
function flat(output: any): any {
	return Array.isArray(output) ? output.flat(Infinity).filter((item) => item instanceof torch.Tensor) : output;
}

const modules = ["nn_modules.json", "nn_sequences.json", "nn_spatial.json"].flatMap(
	(name) => readReference<{ cases: ModuleCase[] }>(name).cases,
);

describe.each([...new Set(modules.map((given) => given.name))])("%s", (name) => {
	const cases = modules.filter((given) => given.name === name);

	const moduleCase = (given: ModuleCase) => {
		const module = moduleOf(given);
		expect(String(module)).toBe(given.text);
		const state = module.stateDict();
		expect(Object.keys(state)).toEqual(Object.keys(given.state));
		for (const [key, value] of Object.entries(given.state))
			expectLike(state[key], value, key, { rtol: 1e-6, atol: 1e-7 });

		const inputs = inputsOf(given);
		let output: unknown;
		const random = drew(2000 + given.seed, () => {
			for (let run = 0; run < given.runs; run++) output = onHost(() => (module as any)(...fed(inputs)));
		});
		if (random) return backward(output);
		expectLike(output, given.output, "output");
		expect(nodeOf(output)).toBe(given.node);
		for (const [key, value] of module.namedBuffers()) expectLike(value, given.buffers[key], key);

		backward(output);
		expectGradients(inputs, given.inputGrads);
		const grads = module.namedParameters().filter(([, parameter]) => parameter.grad !== null);
		expect(grads.map(([key]) => key)).toEqual(Object.keys(given.parameterGrads));
		for (const [key, parameter] of grads) expectLike(parameter.grad, given.parameterGrads[key], `gradient of ${key}`);
	};
	const recurrent = ["RNN", "LSTM", "GRU"].includes(name);
	test.each(cases)("$label", (given) => {
		onDevice(() => (recurrent ? withExactLayers(() => moduleCase(given)) : moduleCase(given)));
	});

	// Derivatives are the CPU's, in recorded operations: the numbers above hold them on a card.
	if (onCard) return;
	test.each(cases.filter((given) => given.gradcheck && given.inputs.length > 0))("gradcheck: $label", (given) => {
		const module = moduleOf(given).double();
		const inputs = inputsOf(given, torch.float64);
		const parameters = module.parameters();
		const checked = [...wanting(inputs), ...parameters];
		if (checked.length === 0 || checked.some((tensor) => tensor.numel() > 100)) return;
		const run = () => {
			torch.manualSeed(2000 + given.seed);
			return flat((module as any)(...fed(inputs)));
		};
		expect(torch.autograd.gradcheck(run, checked)).toBe(true);
		const elements = checked.reduce((sum, tensor) => sum + tensor.numel(), 0);
		const few = checked.every((tensor) => tensor.numel() <= 40) && elements <= 160;
		if (few) expect(torch.autograd.gradgradcheck(run, checked)).toBe(true);
	});
});

const functions = [
	...readReference<{ cases: Case[] }>("nn_functional.json").cases,
	...readReference<{ functions: Case[] }>("nn_sequences.json").functions,
];

describe("functional", () => {
	const functionCase = (given: Case) => {
		const fn = (nn.functional as any)[camelCase(given.name)] as (...args: unknown[]) => unknown;
		const options = optionsOf(given.kwargs);
		const call = (inputs: any[]) => fn(...fed(inputs), ...(Object.keys(options).length > 0 ? [options] : []));
		const run = (inputs: any[]) => {
			torch.manualSeed(6000 + given.seed);
			return call(inputs);
		};
		const inputs = inputsOf(given);
		let output: unknown;
		const random = drew(6000 + given.seed, () => {
			output = onHost(() => call(inputs));
		});
		if (random) return backward(output);
		expectLike(output, given.output, "output");
		backward(output);
		expectGradients(inputs, given.inputGrads);
		if (!given.gradcheck || onCard) return;
		const doubles = inputsOf(given, torch.float64);
		const checked = wanting(doubles);
		if (checked.length > 0) expect(torch.autograd.gradcheck(() => run(doubles) as torch.Tensor, checked)).toBe(true);
	};
	test.each(functions)("$label", (given) => onDevice(() => functionCase(given)));
});
