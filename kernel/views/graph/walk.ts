import { formatNumber } from "../../display/numbers";
import { detached, isTensor, numbersOf, type TensorLike } from "../engine";
import { engine } from "../lazy";

/** A node of the recorded graph, as far as a drawing needs it. */
export interface GraphNodeLike {
	readonly name: string;
	readonly nextFunctions: readonly (readonly [GraphNodeLike | null, number])[];
	/** The leaf that an AccumulateGrad belongs to. */
	readonly variable?: TensorLike;
	readonly savedTensors?: readonly (TensorLike | null)[];
	tensorHooks?: unknown;
	retained?: unknown;
	hooks?: unknown;
	registerHook(hook: (gradInputs: Gradients, gradOutputs: Gradients) => void): { remove(): void };
}

type Gradients = readonly (TensorLike | null)[];

export function isGraphNode(value: unknown): value is GraphNodeLike {
	if (typeof value !== "object" || value === null) return false;
	const { name, nextFunctions, registerHook } = value as Partial<GraphNodeLike>;
	return typeof name === "string" && Array.isArray(nextFunctions) && typeof registerHook === "function";
}

/**
 * The nodes that the roots' gradients reach, at most `most` of them, those nearest to the roots. Each comes after the
 * nodes that its inputs came from, these in the order of the inputs.
 */
export function reachable(
	roots: readonly GraphNodeLike[],
	most: number,
): { nodes: GraphNodeLike[]; complete: boolean } {
	const near = new Set<GraphNodeLike>();
	const queue = [...roots];
	let complete = true;
	for (let i = 0; i < queue.length && complete; i++) {
		const node = queue[i]!;
		if (near.has(node)) continue;
		if (near.size >= most) complete = false;
		else {
			near.add(node);
			for (const [next] of node.nextFunctions) if (next !== null) queue.push(next);
		}
	}
	const ordered = new Set<GraphNodeLike>();
	// Without recursion: a chain may be long. A node is met a second time when all before it are placed.
	const stack = [...roots].reverse();
	const met = new Set<GraphNodeLike>();
	while (stack.length > 0) {
		const node = stack.at(-1)!;
		if (met.has(node)) {
			stack.pop();
			ordered.add(node);
			continue;
		}
		met.add(node);
		const inputs = node.nextFunctions.flatMap(([next]) =>
			next !== null && near.has(next) && !met.has(next) ? [next] : [],
		);
		stack.push(...inputs.reverse());
	}
	return { nodes: [...ordered], complete };
}

/** What flows through a node: shape of its result, and its gradient's size. */
export interface Flow {
	shape: readonly number[];
	/** The gradient's value (of one element) or norm, as text. */
	gradient: string;
}

/**
 * One pass backwards from these tensors to learn the shape and gradient of every node's result. The graph stays, no
 * leaf's `grad` changes, and hooks of the user's do not run. Undefined where the graph was freed by an earlier pass.
 */
export function flows(
	outputs: readonly TensorLike[],
	nodes: readonly GraphNodeLike[],
): Map<GraphNodeLike, Flow> | undefined {
	const { autograd, onesLike } = engine();
	const found = new Map<GraphNodeLike, Flow>();
	const kept = nodes.map(({ tensorHooks, retained, hooks }) => ({ tensorHooks, retained, hooks }));
	for (const node of nodes) Object.assign(node, { tensorHooks: null, retained: null, hooks: null });
	for (const node of nodes) {
		node.registerHook((_, [gradient]) => {
			if (isTensor(gradient)) found.set(node, { shape: gradient.shape, gradient: sizeText(gradient) });
		});
	}
	const leaves = nodes.flatMap((node) => (node.variable === undefined ? [] : [node]));
	const given = outputs as never[];
	try {
		const gradients = autograd.grad(given, leaves.map((leaf) => leaf.variable) as never[], {
			gradOutputs: given.map((output) => onesLike(output)),
			retainGraph: true,
			allowUnused: true,
		}) as (TensorLike | null)[];
		for (const [i, leaf] of leaves.entries()) {
			const gradient = gradients[i];
			if (gradient) found.set(leaf, { shape: gradient.shape, gradient: sizeText(gradient) });
		}
		return found;
	} catch (error) {
		if (error instanceof Error && /already been freed/.test(error.message)) return undefined;
		throw error;
	} finally {
		for (const [i, node] of nodes.entries()) Object.assign(node, kept[i]);
	}
}

/** `-0.5` of one element, `‖0.031‖` (Euclidean norm) of more. */
export function sizeText(tensor: TensorLike): string {
	const values = numbersOf(detached(tensor));
	if (values.length === 1) return formatNumber(values[0]!, 3);
	let squares = 0;
	for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
	return `‖${formatNumber(Math.sqrt(squares), 2)}‖`;
}
