import * as torch from "gradbook";
import { describe, test } from "vitest";
import { drew, moved, onCard } from "../../support/device";
import {
	backward,
	camelCase,
	decode,
	type EncodedTensor,
	expectLike,
	isEncodedTensor,
	optionsOf,
	readReference,
	type Tolerance,
	tensorOf,
} from "../../support/reference";

/* float16 and bfloat16, and float32 under autocast, against PyTorch: test/reference/make_half.py. */

const { nn } = torch;

interface Case {
	label: string;
	/** The half type that is computed in. */
	dtype: "float16" | "bfloat16";
	kind: "module" | "method" | "function" | "cat" | "stack" | "einsum" | "cdist";
	name: string;
	args: unknown[];
	kwargs: Record<string, unknown>;
	train?: boolean;
	inputs: unknown[];
	wants: boolean[];
	output: unknown;
	inputGrads: (EncodedTensor | null)[];
	parameterGrads?: Record<string, EncodedTensor>;
	buffers?: Record<string, EncodedTensor>;
}

/** A few units in the last place: PyTorch rounds after each of its operations, a fused one here once. */
const tolerances: Record<Case["dtype"], Tolerance> = {
	float16: { rtol: 4e-3, atol: 3e-3 },
	bfloat16: { rtol: 3e-2, atol: 2e-2 },
};

function moduleOf(given: Case): torch.nn.Module {
	const made = moved(() => {
		torch.manualSeed(7);
		const Kind = (nn as any)[given.name] as new (...args: unknown[]) => torch.nn.Module;
		const options = optionsOf(given.kwargs);
		return new Kind(...given.args.map(decode), ...(Object.keys(options).length > 0 ? [options] : []));
	});
	return made.train(given.train);
}

function inputsOf(given: Case): any[] {
	return given.inputs.map((input, i) =>
		isEncodedTensor(input) ? tensorOf(input).requiresGrad_(given.wants[i]) : decode(input),
	);
}

function run(given: Case, module: torch.nn.Module | null, inputs: any[]): unknown {
	const rest = [...given.args.map(decode), ...(Object.keys(given.kwargs).length > 0 ? [optionsOf(given.kwargs)] : [])];
	const name = camelCase(given.name);
	const [a, b] = inputs;
	switch (given.kind) {
		case "module":
			return (module as any)(...inputs);
		case "method":
			return a[name](...inputs.slice(1), ...rest);
		case "function":
			return (nn.functional as any)[name](...inputs, ...rest);
		case "cat":
			return torch.cat([a, b.float()]);
		case "stack":
			return torch.stack([a, b.float()]);
		case "einsum":
			return torch.einsum("ij,jk->ik", a, b);
		case "cdist":
			return torch.cdist(a, b);
	}
}

function expectGrads(given: Case, inputs: any[]): void {
	given.inputGrads.forEach((grad, i) => {
		if (grad !== null) expectLike(inputs[i].grad, grad, `gradient of input ${i}`, tolerances[given.dtype]);
	});
}

/** On a card those with kernels of their own; the others are the references' in ../ops. */
const layers = /^(Conv|.*Pool|.*Norm|RNN|LSTM|GRU|Multihead|Transformer|Embedding|Upsample)/;
const halves = readReference<{ cases: Case[] }>("nn_half.json").cases.filter(
	({ name }) => !onCard || layers.test(name),
);

describe("in a half type", () => {
	test.each(halves)("$label", (given) => {
		const tolerance = tolerances[given.dtype];
		const inputs = inputsOf(given);
		const made = given.kind === "module" ? moduleOf(given) : null;
		const module = made && (given.dtype === "float16" ? made.half() : made.bfloat16());
		let output: unknown;
		const random = drew(11, () => {
			output = run(given, module, inputs);
		});
		if (random) return backward(output);
		expectLike(output, given.output, "output", tolerance);
		backward(output);
		expectGrads(given, inputs);
		for (const [key, grad] of Object.entries(given.parameterGrads ?? {})) {
			expectLike(module!.getParameter(key).grad, grad, `gradient of ${key}`, tolerance);
		}
		for (const [key, buffer] of Object.entries(given.buffers ?? {})) {
			expectLike(module!.getBuffer(key), buffer, key, tolerance);
		}
	});
});

// On a card it has lists of its own: ../../cuda/autocast.test.ts.
describe.skipIf(onCard)("under autocast", () => {
	test.each(readReference<{ cases: Case[] }>("nn_autocast.json").cases)("$label", (given) => {
		const inputs = inputsOf(given);
		const module = given.kind === "module" ? moduleOf(given) : null;
		const dtype = given.dtype === "float16" ? torch.float16 : torch.bfloat16;
		const output = torch.autocast("cpu", { dtype }, () => run(given, module, inputs));
		expectLike(output, given.output, "output", tolerances[given.dtype]);
		backward(output);
		expectGrads(given, inputs);
	});
});
