import { shapeText } from "../core/arguments";
import { suspendAutocast } from "../core/autocast";
import { entered } from "../core/block";
import { enableGrad, gradMode, noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { profiling, spanKind, spanned } from "../core/profiling";
import type { Tensor } from "../core/tensor";
import { AccumulateGrad, exchangeWanted, type Gradient, gradientEdge, type Node, type TensorHook } from "./node";
import { isOwn, share, spend } from "./ownership";

export interface BackwardOptions {
	/** Keep what the graph saved, for another pass. Default: the value of `createGraph`. */
	retainGraph?: boolean;
	/** Record the pass itself, so that gradients can be differentiated again. Default false. */
	createGraph?: boolean;
}

/** Where gradients of a pass are wanted instead of, or beside, the leaves' `grad`. */
interface Capture {
	node: Node;
	output: number;
	/** Place in the result. */
	index: number;
}

/** A pass that runs, for hooks that ask. */
export interface Pass {
	/** Whether a gradient is computed at this node. */
	executes(node: Node | null): boolean;
}

let pass: Pass | null = null;

/** @internal The innermost pass that runs now. */
export function currentPass(): Pass | null {
	return pass;
}

/**
 * Walks the graph from `roots` backward. A node's inputs always have smaller sequence numbers than the node, so the
 * reachable nodes in falling order are a schedule; leaves accumulate as soon as their last contribution is in.
 */
export function runBackward(
	roots: readonly Tensor[],
	rootGrads: readonly Tensor[],
	options: { retain: boolean; create: boolean; captures?: readonly Capture[]; accumulate: boolean },
): Gradient[] {
	// A gradient has its tensor's type, whatever block asks for it.
	using _lowering = suspendAutocast();
	const pending = new Map<Node, Gradient[]>();
	const awaited = new Map<Node, number>();
	roots.forEach((root, i) => {
		const node = gradientEdge(root)!;
		const grads = gradsOf(pending, node);
		share(rootGrads[i]);
		grads[root._outputIndex] = sum(grads[root._outputIndex], rootGrads[i]!);
	});
	const schedule = reachable([...pending.keys()], awaited);
	const wanted = options.captures ? necessary(schedule, options.captures) : null;
	const captured: Gradient[] = new Array(options.captures?.length ?? 0).fill(null);

	using _ = options.create ? enableGrad() : noGrad();
	using _within = entering(
		{
			executes: (node) =>
				node !== null && (wanted?.has(node) ?? (awaited.has(node) || pending.has(node) || schedule.includes(node))),
		},
		wanted,
	);
	for (const leaf of pending.keys()) if (leaf instanceof AccumulateGrad && !awaited.has(leaf)) finishLeaf(leaf);
	for (const node of schedule) {
		const grads = pending.get(node);
		pending.delete(node);
		if (wanted !== null && !wanted.has(node)) continue;
		if (grads !== undefined) {
			runTensorHooks(node, grads);
			capture(node, grads);
		}
		const inputs = grads === undefined || isCaptureEnd(node) ? [] : evaluate(node, grads);
		if (!options.retain && grads !== undefined) node.release();
		for (let i = 0; i < node.edges.length; i++) {
			const next = node.edges[i];
			if (!next) continue;
			const grad = inputs[i];
			if (grad) {
				const slots = gradsOf(pending, next);
				const output = node.edgeOutputs[i]!;
				// A gradient that goes on as it came, or to several, is no longer the receiver's alone.
				if (grads!.includes(grad) || inputs.indexOf(grad) !== inputs.lastIndexOf(grad)) share(grad);
				slots[output] = sum(slots[output], grad);
			}
			if (next instanceof AccumulateGrad) {
				const left = awaited.get(next)! - 1;
				awaited.set(next, left);
				if (left === 0) finishLeaf(next);
			}
		}
		if (grads !== undefined && !options.create) for (const grad of grads) spend(grad);
	}
	return captured;

	function capture(node: Node, grads: Gradient[]): void {
		for (const target of options.captures ?? []) {
			if (target.node !== node) continue;
			const grad = grads[target.output] ?? null;
			share(grad);
			captured[target.index] = grad;
		}
	}

	/** What it takes is spent, unless the sum is to be differentiated. */
	function sum(present: Gradient | undefined, grad: Tensor): Tensor {
		if (!present) return grad;
		const total = present.add(grad);
		if (!options.create) {
			spend(present);
			spend(grad);
		}
		return total;
	}

	/** Beyond a captured node nothing is computed, unless something further is wanted there. */
	function isCaptureEnd(node: Node): boolean {
		return wanted !== null && !node.edges.some((next) => next && wanted.has(next));
	}

	function finishLeaf(leaf: AccumulateGrad): void {
		const grads = pending.get(leaf);
		pending.delete(leaf);
		if (grads === undefined || (wanted !== null && !wanted.has(leaf))) return;
		runTensorHooks(leaf, grads);
		capture(leaf, grads);
		if (leaf.hooks !== null) share(grads[0]);
		// A leaf may have been frozen since.
		if (options.accumulate && grads[0] && leaf.variable._requiresGrad) {
			const grad = grads[0];
			if (!profiling.active) accumulate(leaf.variable, grad, options.create);
			else spannedAs("torch::autograd::AccumulateGrad", () => accumulate(leaf.variable, grad, options.create));
		}
		for (const hook of leaf.hooks ?? []) hook([], grads);
		if (options.accumulate) for (const hook of leaf.accumulated ?? []) hook(leaf.variable);
	}
}

/** Makes a pass the current one until the block ends; its nodes give the gradients that lead to `wanted`. */
function entering(inner: Pass, wanted: ReadonlySet<Node> | null): Disposable {
	const outer = pass;
	const wantedAround = exchangeWanted(wanted);
	pass = inner;
	return entered(() => {
		pass = outer;
		exchangeWanted(wantedAround);
	});
}

function accumulate(variable: Tensor, grad: Tensor, create: boolean): void {
	const present = variable._grad;
	if (present === null) {
		// Most gradients are fresh and wanted by nobody else: the leaf takes them over without a copy.
		if (create) variable.grad = grad.clone();
		else variable._takeGrad(isOwn(grad) && grad.isContiguous() ? grad : grad.detach().clone());
	} else if (create || present.requiresGrad) {
		variable.grad = present.add(grad);
	} else {
		present.add_(grad);
		spend(grad);
	}
}

function gradsOf(pending: Map<Node, Gradient[]>, node: Node): Gradient[] {
	let grads = pending.get(node);
	if (grads === undefined) {
		grads = new Array<Gradient>(node.outputs).fill(null);
		pending.set(node, grads);
	}
	return grads;
}

/** All nodes behind the roots but leaves, newest first; counts the contributions that each leaf waits for. */
function reachable(roots: readonly Node[], awaited: Map<Node, number>): Node[] {
	const seen = new Set<Node>();
	const stack = roots.filter((root) => !(root instanceof AccumulateGrad));
	const found: Node[] = [];
	for (const root of stack) seen.add(root);
	while (stack.length > 0) {
		const node = stack.pop()!;
		found.push(node);
		for (const next of node.edges) {
			if (next === null) continue;
			if (next instanceof AccumulateGrad) awaited.set(next, (awaited.get(next) ?? 0) + 1);
			else if (!seen.has(next)) {
				seen.add(next);
				stack.push(next);
			}
		}
	}
	return found.sort((a, b) => b.sequence - a.sequence);
}

/** The nodes on the way from the roots to what is captured. */
function necessary(schedule: readonly Node[], captures: readonly Capture[]): Set<Node> {
	const wanted = new Set<Node>(captures.map((target) => target.node));
	for (let i = schedule.length - 1; i >= 0; i--) {
		const node = schedule[i]!;
		if (node.edges.some((next) => next && wanted.has(next))) wanted.add(node);
	}
	return wanted;
}

function runTensorHooks(node: Node, grads: Gradient[]): void {
	if (node.tensorHooks !== null) for (const [output, hooks] of node.tensorHooks) run(output, hooks);
	if (node.retained !== null) for (const [output, hook] of node.retained) run(output, [hook]);

	function run(output: number, hooks: readonly TensorHook[]): void {
		for (const hook of [...hooks]) {
			const grad = grads[output];
			if (!grad) return;
			share(grad);
			const replaced = hook(grad);
			if (replaced === undefined || replaced === null) continue;
			checkReplaced(node, grad, replaced);
			share(replaced);
			grads[output] = replaced;
		}
	}
}

function checkReplaced(node: Node, grad: Tensor, replaced: Tensor): void {
	if (!native.alike(grad.handle, replaced.handle)) {
		throw new Error(
			`[registerHook] a hook on the result of ${node.name} must return a gradient of dtype ${grad.dtype} and shape ${shapeText(grad.shape)}, ` +
				`got ${replaced.dtype} and ${shapeText(replaced.shape)}`,
		);
	}
}

/** `derive`, which a running profile sees. */
function evaluate(node: Node, grads: Gradient[]): readonly Gradient[] {
	if (!profiling.active) return derive(node, grads);
	return spanned(`autograd::engine::evaluate_function: ${node.name}`, spanKind.backward, () => derive(node, grads));
}

function spannedAs<T>(name: string, body: () => T): T {
	return spanned(`autograd::engine::evaluate_function: ${name}`, spanKind.backward, () =>
		spanned(name, spanKind.backward, body),
	);
}

function derive(node: Node, grads: Gradient[]): readonly Gradient[] {
	let inputs: readonly Gradient[];
	if (node.outputs === 1 && grads[0] === null) inputs = [];
	else inputs = profiling.active ? spanned(node.name, spanKind.backward, () => node.apply(grads)) : node.apply(grads);
	for (const hook of node.hooks ?? []) inputs = hook(inputs, grads) ?? inputs;
	if (node.hooks !== null || node.derivative.callsUser) {
		grads.forEach(share);
		inputs.forEach(share);
	}
	if (gradMode.anomaly && gradMode.checkNan) checkNaN(node, inputs);
	return inputs;
}

function checkNaN(node: Node, inputs: readonly Gradient[]): void {
	inputs.forEach((grad, i) => {
		if (!grad?.isFloatingPoint() || native.item(native.any(native.isnan(grad.handle), null, false)) === 0) return;
		// The place stands in an error of its own, whose stack a notebook shows in lines of cells.
		throw new Error(`[backward] function '${node.name}' returned nan values in its ${i}th output.`, {
			cause: node.trace,
		});
	});
}
