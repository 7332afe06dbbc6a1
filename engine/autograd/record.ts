import { enableGrad, gradMode } from "../core/gradMode";
import { type Scalar, setHistoryRenewal, type Tensor, type ViewOrigin } from "../core/tensor";
import { type Derivative, type Gradient, Node } from "./node";

type Input = Tensor | Scalar | null | undefined;

function wants(input: Input): boolean {
	return typeof input === "object" && input !== null && input.requiresGrad;
}

/** Whether an operation on these inputs must be recorded. Asked before anything is saved. */
export function tracked(a: Input, b?: Input, c?: Input): boolean {
	return gradMode.enabled && (wants(a) || wants(b) || wants(c));
}

/** `tracked` for a list. */
export function anyTracked(inputs: readonly Input[]): boolean {
	return gradMode.enabled && inputs.some(wants);
}

/** Makes `output` the result of a recorded op. Call only where `tracked` says so. */
export function record(
	output: Tensor,
	derivative: Derivative,
	inputs: readonly Input[],
	saved: readonly Gradient[] = none,
	attributes?: unknown,
): Tensor {
	output._gradFn = new Node(derivative, inputs, saved, attributes, 1);
	return output;
}

const none: readonly Gradient[] = [];

/** `record` for an op with several outputs; those that cannot have a gradient (indices) stay leaves. */
export function recordAll<T extends readonly Tensor[]>(
	outputs: T,
	derivative: Derivative,
	inputs: readonly Input[],
	saved: readonly Gradient[] = none,
	attributes?: unknown,
): T {
	const node = new Node(derivative, inputs, saved, attributes, outputs.length);
	outputs.forEach((output, i) => {
		if (!output.isFloatingPoint()) return;
		output._gradFn = node;
		output._outputIndex = i;
	});
	return outputs;
}

/**
 * Makes `output` a view of `input`: they share memory and version, and an in-place write to one renews the other's
 * history. `replay` makes the same view of another tensor.
 */
export function viewOf(
	output: Tensor,
	input: Tensor,
	replay: (input: Tensor) => Tensor,
	derivative: Derivative,
	attributes?: unknown,
): Tensor {
	output._version = input._version;
	if (tracked(input)) record(output, derivative, [input], none, attributes);
	const parent = input._view;
	output._view = {
		base: parent === null ? input : parent.base,
		replay: parent === null ? replay : (base) => replay(parent.replay(base)),
		seenVersion: input._version.count,
		differentiable: gradMode.enabled && (parent === null || parent.differentiable),
	};
	return output;
}

/**
 * An in-place write: checks that autograd allows it, runs `write`, counts it, and gives `target` its new history.
 * `saved` is asked for before the write. The target is input 0 of the derivative.
 */
export function inPlace<T extends Tensor>(
	op: string,
	target: T,
	others: readonly Input[],
	write: () => void,
	derivative: Derivative,
	saved?: () => readonly Gradient[],
	attributes?: unknown,
): T {
	const recorded = gradMode.enabled && (target.requiresGrad || others.some(wants));
	if (recorded) checkWritable(op, target);
	const node = recorded ? new Node(derivative, [target, ...others], saved?.() ?? none, attributes, 1) : null;
	write();
	target._version.count++;
	if (node !== null) rebase(target, node);
	return target;
}

function checkWritable(op: string, target: Tensor): void {
	if (!target.isFloatingPoint()) return;
	if (target.isLeaf && target._requiresGrad) {
		throw new Error(
			`[${op}] a leaf tensor that requires grad is being used in an in-place operation: wrap the write in noGrad(() => …)`,
		);
	}
	const base = target._view?.base;
	if (base?._requiresGrad && base._gradFn === null) {
		throw new Error(
			`[${op}] a view of a leaf tensor that requires grad is being used in an in-place operation: wrap the write in noGrad(() => …)`,
		);
	}
}

/** Gives a written tensor its new history; a view's write becomes part of its base's history. */
function rebase(target: Tensor, node: Node): void {
	const view = target._view;
	if (view === null) {
		target._gradFn = node;
		target._outputIndex = 0;
		return;
	}
	const { base, replay } = view;
	base._gradFn = new CopySlices(base, node, replay);
	base._outputIndex = 0;
	renew(target, view);
}

/** The history of a base after a view of it was written: inside the view through the write, outside unchanged. */
class CopySlices extends Node {
	constructor(
		base: Tensor,
		readonly write: Node,
		readonly replay: (base: Tensor) => Tensor,
	) {
		super(copySlices, [base], none, undefined, 1);
		// The other inputs of the write are now inputs of the base.
		for (let i = 1; i < write.edges.length; i++) {
			this.edges.push(write.edges[i]!);
			this.edgeOutputs.push(write.edgeOutputs[i]!);
		}
	}

	override release(): void {
		this.write.release();
	}
}

const copySlices: Derivative = {
	name: "CopySlices",
	backward(self, grad) {
		const { write, replay } = self as CopySlices;
		const result = grad.clone();
		const slice = replay(result);
		const [inner, ...others] = write.apply([slice.clone()]);
		if (inner) slice.copy_(inner);
		else slice.zero_();
		return [result, ...others];
	},
};

/** Makes a view's history anew from its base's present one. */
function renew(target: Tensor, view: ViewOrigin): void {
	view.seenVersion = target._version.count;
	if (!view.differentiable || !view.base.requiresGrad) return;
	using _ = enableGrad();
	const fresh = view.replay(view.base);
	target._gradFn = fresh._gradFn;
	target._outputIndex = fresh._outputIndex;
}

setHistoryRenewal(renew);
