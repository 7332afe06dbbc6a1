import * as torch from "gradbook";
import { test } from "vitest";
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

/* float16 and bfloat16 against PyTorch: test/reference/make_half.py. */

const { nn } = torch;

interface Case {
	label: string;
	dtype: "float16" | "bfloat16";
	kind: "module" | "method" | "function";
	name: string;
	args: unknown[];
	kwargs: Record<string, unknown>;
	train?: boolean;
	inputs: unknown[];
	wants: boolean[];
	output: unknown;
	inputGrads: (EncodedTensor | null)[];
	parameterGrads: Record<string, EncodedTensor>;
	buffers: Record<string, EncodedTensor>;
}

/** A few units in the last place: PyTorch rounds after each of its operations, a fused one here once. */
const tolerances: Record<Case["dtype"], Tolerance> = {
	float16: { rtol: 4e-3, atol: 3e-3 },
	bfloat16: { rtol: 3e-2, atol: 2e-2 },
};

function moduleOf(given: Case): torch.nn.Module {
	torch.manualSeed(7);
	const Kind = (nn as any)[given.name] as new (...args: unknown[]) => torch.nn.Module;
	const options = optionsOf(given.kwargs);
	const made = new Kind(...given.args.map(decode), ...(Object.keys(options).length > 0 ? [options] : []));
	return (given.dtype === "float16" ? made.half() : made.bfloat16()).train(given.train);
}

test.each(readReference<{ cases: Case[] }>("nn_half.json").cases)("$label", (given) => {
	const tolerance = tolerances[given.dtype];
	const inputs: any[] = given.inputs.map((input, i) =>
		isEncodedTensor(input) ? tensorOf(input).requiresGrad_(given.wants[i]) : decode(input),
	);
	const rest = [...given.args.map(decode), ...(Object.keys(given.kwargs).length > 0 ? [optionsOf(given.kwargs)] : [])];
	const module = given.kind === "module" ? moduleOf(given) : null;
	const name = camelCase(given.name);
	const output = module
		? (module as any)(...inputs)
		: given.kind === "method"
			? inputs[0][name](...inputs.slice(1), ...rest)
			: (nn.functional as any)[name](...inputs, ...rest);
	expectLike(output, given.output, "output", tolerance);
	backward(output);
	given.inputGrads.forEach((grad, i) => {
		if (grad !== null) expectLike(inputs[i].grad, grad, `gradient of input ${i}`, tolerance);
	});
	for (const [key, grad] of Object.entries(given.parameterGrads)) {
		expectLike(module!.getParameter(key).grad, grad, `gradient of ${key}`, tolerance);
	}
	for (const [key, buffer] of Object.entries(given.buffers)) {
		expectLike(module!.getBuffer(key), buffer, key, tolerance);
	}
});
