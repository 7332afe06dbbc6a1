import { grad as gradients } from "../autograd/grad";
import type { Derivative, Gradient, Node } from "../autograd/node";
import { anyTracked, record, tracked } from "../autograd/record";
import { enableGrad, gradMode, noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { Tensor } from "../core/tensor";

/*
 * Operations that PyTorch shows as one node of the graph. Their derivative can be recorded (createGraph), and is then that
 * of the same formula written in single operations.
 */

const identityBackward: Derivative = { name: "AliasBackward0", backward: (_node, grad) => [grad] };

/** The same tensor as the result of an operation of its own: hooks on the original do not see what happens here. */
function aliased(tensor: Tensor): Tensor {
	const out = new Tensor(native.alias(tensor.handle), tensor._version);
	return tracked(tensor) ? record(out, identityBackward, [tensor]) : out;
}

/** A tensor, or null for one that was not given. */
type Input = Tensor | null;
type Formula = (...inputs: any[]) => Tensor;

/** Gradients of `formula` with respect to those of `inputs` that require one; recorded where recording is on. */
export function gradientsOf(formula: Formula, inputs: readonly Input[], grad: Tensor): Gradient[] {
	const createGraph = gradMode.enabled;
	return enableGrad(() => {
		const own = inputs.map((input) => input && aliased(input));
		const output = formula(...own);
		const wanted = own.filter((input): input is Tensor => input?.requiresGrad ?? false);
		const found = gradients(output, wanted, { gradOutputs: grad, createGraph, allowUnused: true });
		return own.map((input) => (input?.requiresGrad ? (found[wanted.indexOf(input)] ?? null) : null));
	});
}

export interface Fused<A> {
	/** As PyTorch prints it: `MseLossBackward0`. */
	readonly name: string;
	/** The op in single operations. */
	readonly formula: (attributes: A, ...inputs: any[]) => Tensor;
	/** The first derivative, not recorded; `node.saved(i)` is input i. Where there is none, the formula's is taken. */
	readonly backward?: (node: Node, grad: Tensor, attributes: A) => readonly Gradient[];
}

/** The derivative of a fused op. All inputs are to be saved, in their order. */
export function fused<A>(op: Fused<A>): Derivative {
	return {
		name: op.name,
		backward(node, grad) {
			const attributes = node.attributes as A;
			if (!gradMode.enabled && op.backward) return op.backward(node, grad, attributes);
			const inputs = node.savedTensors.map((saved, i) => saved && node.saved(i));
			return gradientsOf((...own) => op.formula(attributes, ...own), inputs, grad);
		},
	};
}

/** An op that is its formula, shown as one node. `forward`: the same numbers at less cost, not recorded. */
export function composite<A>(
	name: string,
	formula: (attributes: A, ...inputs: any[]) => Tensor,
	backward?: Fused<A>["backward"],
	forward = formula,
) {
	const derivative = fused({ name, formula, ...(backward && { backward }) });
	return (attributes: A, ...inputs: Input[]): Tensor => {
		const out = noGrad(() => forward(attributes, ...inputs));
		return anyTracked(inputs) ? record(out, derivative, inputs, inputs, attributes) : out;
	};
}
