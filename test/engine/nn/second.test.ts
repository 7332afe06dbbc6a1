import * as torch from "gradbook";
import { autograd, nn, type Tensor } from "gradbook";
import { expect, test } from "vitest";

/* Second derivatives of layers of many parameters, in the smallest size of each. */

const layers: Record<string, () => [module: (...inputs: Tensor[]) => unknown, inputs: Tensor[], parameters: Tensor[]]> =
	{
		TransformerEncoderLayer: () =>
			made(new nn.TransformerEncoderLayer(2, 1, 1, { dropout: 0, activation: "gelu", normFirst: true }), [[2, 1, 2]]),
		TransformerDecoderLayer: () =>
			made(new nn.TransformerDecoderLayer(1, 1, 1, { dropout: 0, activation: "gelu", layerNormEps: 0.1 }), [
				[2, 1, 1],
				[1, 1, 1],
			]),
		"LSTM of three layers, both ways": () =>
			made(new nn.LSTM(1, 1, { numLayers: 3, bidirectional: true, bias: false }), [[1, 1, 1]]),
		"GRU of three layers, both ways": () =>
			made(new nn.GRU(1, 1, { numLayers: 3, bidirectional: true, bias: false }), [[1, 1, 1]]),
		"three linear layers with norms": () =>
			made(
				new nn.Sequential(
					...[0, 1, 2].flatMap(() => [new nn.Linear(2, 2), new nn.LayerNorm(2, { eps: 0.1 }), new nn.Tanh()]),
				),
				[[2, 2]],
			),
	};

function made(module: nn.Module, shapes: number[][]): ReturnType<(typeof layers)[string]> {
	const double = module.double();
	const inputs = shapes.map((shape) => torch.randn(shape, { dtype: torch.float64 }).requiresGrad_());
	return [double as unknown as (...inputs: Tensor[]) => unknown, inputs, [...double.parameters()]];
}

test.each(Object.keys(layers))("%s", (name) => {
	torch.manualSeed(7);
	const [module, inputs, parameters] = layers[name]!();
	expect(parameters.length).toBeGreaterThanOrEqual(12);
	const run = () => flat(module(...inputs));
	expect(autograd.gradcheck(run, [...inputs, ...parameters])).toBe(true);
	expect(autograd.gradgradcheck(run, [...inputs, ...parameters], { atol: 1e-4 })).toBe(true);
});

function flat(result: unknown): Tensor[] {
	return Array.isArray(result) ? result.flatMap(flat) : [result as Tensor];
}
