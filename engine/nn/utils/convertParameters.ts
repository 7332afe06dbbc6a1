import { shapeText } from "../../core/arguments";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { cat } from "../../ops";

/** All parameters in one vector, in their order. Gradients flow through it. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
	return cat(
		[...parameters].map((parameter) => parameter.reshape(-1)),
		0,
	);
}

/** Makes the parts of a vector the parameters' data, in their order. They share its memory. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
	if (!(vector instanceof Tensor)) throw new TypeError(`[vectorToParameters] expected a tensor, got ${quoted(vector)}`);
	const list = [...parameters];
	const wanted = list.reduce((sum, parameter) => sum + parameter.numel(), 0);
	if (vector.ndim !== 1 || vector.numel() < wanted) {
		throw new RangeError(
			`[vectorToParameters] the parameters need a vector of ${wanted} elements, got shape ${shapeText(vector.shape)}`,
		);
	}
	let at = 0;
	for (const parameter of list) {
		const count = parameter.numel();
		parameter.data = vector.detach().narrow(0, at, count).view(parameter.shape);
		at += count;
	}
}
