import { enableGrad, gradMode } from "../core/gradMode";
import type { Handle } from "../core/native";
import { type Scalar, setHistoryRenewal, Tensor, type ViewOrigin } from "../core/tensor";
import { type Derivative, exchangeWanted, type Gradient, Node } from "./node";
import { savedTensors } from "./savedTensors";

export type Input = Tensor | Scalar | null | undefined;

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
	const node = new Node(derivative, inputs, saved, attributes, 1);
	output._gradFn = node;
	if (savedTensors.hooks !== null) node.savedOutputs(saved, [output]);
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
	if (savedTensors.hooks !== null) node.savedOutputs(saved, outputs);
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
	if (tracked(input)) record(output, derivative, [input], none, attributes);
	return becomeView(output, input, replay);
}

/** `viewOf` for an op with several results, one node for all. `replay` makes view i of another tensor. */
export function viewsOf<T extends readonly Tensor[]>(
	outputs: T,
	input: Tensor,
	replay: (input: Tensor, i: number) => Tensor,
	derivative: Derivative,
	attributes?: unknown,
): T {
	if (tracked(input)) recordAll(outputs, derivative, [input], none, attributes);
	outputs.forEach((output, i) => {
		becomeView(output, input, (other) => replay(other, i));
	});
	return outputs;
}

function becomeView(output: Tensor, input: Tensor, replay: (input: Tensor) => Tensor): Tensor {
	output._version = input._version;
	const parent = input._view;
	output._view = {
		base: parent === null ? input : parent.base,
		baseHandle: parent === null ? input.handle : parent.baseHandle,
		replay: parent === null ? replay : (base) => replay(parent.replay(base)),
		seenVersion: input._version.count,
		differentiable: gradMode.enabled && (parent === null || parent.differentiable),
	};
	return output;
}

/**
 * An in-place write: checks that autograd allows it, runs `write`, counts it, and gives `target` its new history.
 * `saved` is asked for before the write; the target among it is saved as a copy, since the write changes it. The target
 * is input 0 of the derivative.
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
	const node = startWrite(op, target, others, derivative, attributes, () =>
		saved === undefined ? none : saved().map((tensor) => (tensor === target ? target.clone() : tensor)),
	);
	write();
	target._version.count++;
	if (node !== null) rebase(target, node);
	return target;
}

/** Makes the write at once where it need not be recorded, which is most of them: false where `inPlace` must. */
export function wrote(op: string, target: Tensor, other: Input, write: () => void): boolean {
	checkInference(op, target);
	if (gradMode.enabled && (target.requiresGrad || wants(other))) return false;
	write();
	target._version.count++;
	return true;
}

/** `inPlace` for an op of the target alone whose derivative needs the result. */
export function inPlaceResult<T extends Tensor>(
	op: string,
	target: T,
	write: () => void,
	derivative: Derivative,
	attributes?: unknown,
): T {
	const node = startWrite(op, target, none, derivative, attributes, () => none);
	write();
	target._version.count++;
	if (node !== null) {
		rebase(target, node);
		node.save(target);
	}
	return target;
}

function startWrite(
	op: string,
	target: Tensor,
	others: readonly Input[],
	derivative: Derivative,
	attributes: unknown,
	saved: () => readonly Gradient[],
): Node | null {
	checkInference(op, target);
	if (!gradMode.enabled || !(target.requiresGrad || others.some(wants)) || !target.isFloatingPoint()) return null;
	checkWritable(op, target);
	return new Node(derivative, [target, ...others], saved(), attributes, 1);
}

function checkInference(op: string, target: Tensor): void {
	if (!target._inference || gradMode.inference) return;
	throw new Error(
		`[${op}] in-place update to an inference tensor outside inferenceMode is not allowed: make a clone first`,
	);
}

function checkWritable(op: string, target: Tensor): void {
	if (target.isLeaf && target._requiresGrad) {
		throw new Error(
			`[${op}] a leaf tensor that requires grad is being used in an in-place operation: wrap the write in noGrad(() => …)`,
		);
	}
	const base = target._view?.base;
	if (base?.isLeaf && target.requiresGrad) {
		throw new Error(
			`[${op}] a view of a leaf tensor that requires grad is being used in an in-place operation: wrap the write in noGrad(() => …)`,
		);
	}
}

/** Gives a written tensor its new history; a view's write becomes part of its base's history. */
function rebase(target: Tensor, node: Node): void {
	const view = target._view;
	if (view === null) {
		setHistory(target, node, 0);
		return;
	}
	const { base, replay } = originOf(view);
	setHistory(base, new CopySlices(base, node, replay), 0);
	renew(target, view);
}

/** A tensor's new history; what keeps its gradient goes over to it. */
function setHistory(target: Tensor, node: Node | null, outputIndex: number): void {
	const old = target._gradFn as Node | null;
	const keep = old?.retained?.get(target._outputIndex);
	if (keep !== undefined && node !== null) {
		old!.retained!.delete(target._outputIndex);
		node.retained ??= new Map();
		node.retained.set(outputIndex, keep);
	}
	target._gradFn = node;
	target._outputIndex = outputIndex;
}

/** What `turnInPlace` did to a tensor: the handle that it had, and the way from its new shape back. */
interface Turn {
	readonly before: Handle;
	readonly back: (x: Tensor) => Tensor;
}
const turns = new WeakMap<Tensor, Turn[]>();

/** The tensor that a view was taken from, and how it comes from it, also where that was turned since. */
function originOf(view: ViewOrigin): { base: Tensor; replay: (base: Tensor) => Tensor } {
	const { base, replay } = view;
	if (base.handle === view.baseHandle) return { base, replay };
	const made = turns.get(base) ?? [];
	const first = made.findIndex((turn) => turn.before === view.baseHandle);
	if (first < 0) {
		throw new Error("[view] the tensor that this is a view of got other data: take the view from it again");
	}
	return { base, replay: (x) => replay(made.slice(first).reduceRight((turned, turn) => turn.back(turned), x)) };
}

/**
 * Makes `target` the view of itself that `view` takes: `x.t_()`; `back` takes it back. Its memory stays as it is, also for
 * other views of it. It counts as a write: what has saved the tensor would see the other shape.
 */
export function turnInPlace<T extends Tensor>(
	op: string,
	target: T,
	view: (x: Tensor) => Tensor,
	back: (x: Tensor) => Tensor,
): T {
	if (gradMode.enabled && target.requiresGrad) checkWritable(op, target);
	const before = new Tensor(target.handle, target._version);
	before._gradFn = target.gradFn;
	before._outputIndex = target._outputIndex;
	before._requiresGrad = target._requiresGrad;
	before._view = target._view;
	// A history goes on without recording too, as a write's would not.
	const fresh = before._gradFn === null ? view(before) : enableGrad(() => view(before));
	const turn = { before: target.handle, back };
	const made = turns.get(target);
	if (made) made.push(turn);
	else turns.set(target, [turn]);
	target.handle = fresh.handle;
	setHistory(target, fresh._gradFn as Node | null, fresh._outputIndex);
	target._version.count++;
	if (before._view !== null) {
		// Of a view it is a view still, and otherwise none.
		target._view = fresh._view!;
		target._view.seenVersion = target._version.count;
	}
	return target;
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
		// The write's own edges are those from before it: what the pass is asked for is known of this node's alone.
		const wanted = exchangeWanted(null);
		let grads: readonly Gradient[];
		try {
			grads = write.apply([slice.clone()]);
		} finally {
			exchangeWanted(wanted);
		}
		const [inner, ...others] = grads;
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
	const { base, replay } = originOf(view);
	const fresh = replay(base);
	setHistory(target, fresh._gradFn as Node | null, fresh._outputIndex);
}

setHistoryRenewal(renew);
