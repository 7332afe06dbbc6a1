import { gradMode } from "../core/gradMode";
import type { GraphNode, Scalar, Tensor } from "../core/tensor";
import { type SavedTensorsHooks, savedTensors } from "./savedTensors";

export type Gradient = Tensor | null;

/**
 * The derivative of one op, without state: what the op saved is on the node. Stands right under the op's forward.
 *
 * `backward` receives the gradient of each output (null where none arrived; for an op with one output never null) and
 * returns the gradient of each input, null where none flows or none is wanted (`node.needs(i)`). It is written in
 * recorded operations, so that derivatives of derivatives follow. It returns new tensors, the incoming gradient itself or
 * a view of it, and never a saved tensor.
 */
export interface Derivative {
	/** As PyTorch prints it: `AddBackward0`. */
	readonly name: string;
	/** Whether the user's own code sees the gradients, and may keep them. */
	readonly callsUser?: boolean;
	backward(node: Node, grad: Tensor, grads: readonly Gradient[]): readonly Gradient[];
}

/** A gradient on its way into (pre) or out of a node; a returned tensor replaces it. */
export type TensorHook = (grad: Tensor) => Tensor | null | undefined | void;
export type NodeHook = (
	gradInputs: readonly Gradient[],
	gradOutputs: readonly Gradient[],
) => readonly Gradient[] | void;

/** Where a saved tensor came from: kept where hooks took the tensor itself. */
interface Origin {
	node: GraphNode;
	output: number;
}

function originOf(tensor: Gradient): Origin | null {
	const node = tensor === null ? null : gradientEdge(tensor);
	return node && { node, output: tensor!._outputIndex };
}

/** The nodes on the way to what the running pass is asked for; null where it is for all leaves. */
let wanted: ReadonlySet<Node> | null = null;
/** Sets them for a pass; gives those of the pass around it, to be set again after it. */
export function exchangeWanted(nodes: ReadonlySet<Node> | null): ReadonlySet<Node> | null {
	const before = wanted;
	wanted = nodes;
	return before;
}

let nextSequence = 1;
/** A number between those of the nodes before and after, for whoever must know what came first. */
export function takeSequence(): number {
	return nextSequence++;
}

/** Set once there are tensors that stand for several at once: how a node is to see the inputs of its op (engine/func/batching). */
export const liftInputs: {
	by:
		| ((inputs: readonly (Tensor | Scalar | null | undefined)[]) => readonly (Tensor | Scalar | null | undefined)[])
		| null;
} = { by: null };

/** One recorded operation: edges to the nodes that its inputs came from, and what its derivative needs. */
export class Node implements GraphNode {
	/** Grows with time: a node's inputs have smaller numbers than itself. */
	readonly sequence: number;
	/** Where recorded, while anomaly detection is on: an error for its stack, which is read by whoever shows it. */
	readonly trace: Error | undefined;
	readonly edges: (Node | null)[];
	readonly edgeOutputs: number[];
	/** Hooks on the gradient of output i, in the order of registration. */
	tensorHooks: Map<number, TensorHook[]> | null = null;
	/** What keeps a copy of output i's gradient after all hooks. */
	retained: Map<number, TensorHook> | null = null;
	hooks: NodeHook[] | null = null;
	#saved: readonly Gradient[];
	#versions: readonly number[] | null;
	#freed = false;
	/** Where hooks took over what was saved: they, and what they made of each tensor. */
	#packed: { hooks: SavedTensorsHooks; values: unknown[]; origins: (Origin | null)[] } | null = null;

	constructor(
		readonly derivative: Derivative,
		inputs: readonly (Tensor | Scalar | null | undefined)[],
		saved: readonly Gradient[],
		/** Numbers and the like that the derivative needs; each op knows the type of its own. */
		readonly attributes: unknown,
		readonly outputs: number,
	) {
		this.trace = gradMode.anomaly ? new Error(`${derivative.name} was recorded here`) : undefined;
		const seen = liftInputs.by === null ? inputs : liftInputs.by(inputs);
		const edges = new Array<Node | null>(inputs.length);
		const outputsOf = new Array<number>(inputs.length);
		for (let i = 0; i < seen.length; i++) {
			const input = seen[i];
			edges[i] = typeof input === "object" && input !== null ? gradientEdge(input) : null;
			outputsOf[i] = edges[i] === null ? 0 : (input as Tensor)._outputIndex;
		}
		this.edges = edges;
		this.edgeOutputs = outputsOf;
		// Not before: asking an input for its node may make that node, where its history is renewed.
		this.sequence = nextSequence++;
		if (savedTensors.hooks !== null && saved.length > 0) {
			this.#saved = [];
			this.#versions = null;
			this.#pack(saved);
		} else {
			this.#saved = saved;
			this.#versions = saved.length === 0 ? null : saved.map((tensor) => tensor?._version.count ?? 0);
		}
		for (const tensor of saved) {
			if (tensor?._inference && !gradMode.inference) {
				throw new Error(
					`[${this.name}] inference tensors cannot be saved for backward: make a clone in normal mode and use it instead`,
				);
			}
		}
	}

	get name(): string {
		return this.derivative.name;
	}

	get nextFunctions(): readonly (readonly [Node | null, number])[] {
		return this.edges.map((node, i) => [node, this.edgeOutputs[i]!] as const);
	}

	/** Whether the gradient of input i is wanted: it leads somewhere, and to something that the pass is asked for. */
	needs(i: number): boolean {
		const edge = this.edges[i];
		return edge !== null && edge !== undefined && (wanted === null || wanted.has(edge));
	}

	/** Tensor i that the op saved; an error where it was changed since, or freed. */
	saved(i: number): Tensor {
		if (this.#freed) throw new Error(freedMessage);
		if (this.#packed) return this.#unpack(i)!;
		const tensor = this.#saved[i];
		if (!tensor) throw new Error(`[${this.name}] tensor ${i} was not saved`);
		const expected = this.#versions![i]!;
		const found = tensor._version.count;
		if (found !== expected) {
			throw new Error(
				`[${this.name}] one of the variables needed for gradient computation has been modified by an in-place operation: ` +
					`[${tensor.dtype} [${tensor.shape.join(", ")}]], saved for ${this.name}, is at version ${found}; expected version ${expected} instead. ` +
					"Hint: autograd.setDetectAnomaly(true) shows the operation that failed to compute its gradient.",
			);
		}
		return tensor;
	}

	/** @internal Whether this tensor is among what is saved, or may be. */
	_holds(tensor: Tensor): boolean {
		return this.#packed !== null || this.#saved.includes(tensor);
	}

	/** @internal Keeps the result of an in-place op, which is there only after the node. */
	save(result: Tensor): void {
		if (savedTensors.hooks !== null) {
			this.#pack([result]);
			this.#packed!.origins = [{ node: this, output: 0 }];
			return;
		}
		this.#saved = [result];
		this.#versions = [result._version.count];
	}

	/** All saved tensors, for those who draw graphs. */
	get savedTensors(): readonly Gradient[] {
		return this.#packed ? this.#packed.values.map((_, i) => this.#unpack(i)) : this.#saved;
	}

	/** @internal Says which of the saved tensors are this node's own outputs: they have their history only now. */
	savedOutputs(saved: readonly Gradient[], outputs: readonly Tensor[]): void {
		saved.forEach((tensor, i) => {
			const output = tensor === null ? -1 : outputs.indexOf(tensor);
			if (output >= 0 && this.#packed) this.#packed.origins[i] = { node: this, output };
		});
	}

	#pack(saved: readonly Gradient[]): void {
		const hooks = savedTensors.hooks!;
		this.#packed = {
			hooks,
			values: saved.map((tensor) => (tensor === null ? null : hooks.pack(tensor))),
			origins: saved.map(originOf),
		};
	}

	#unpack(i: number): Gradient {
		const { hooks, values, origins } = this.#packed!;
		if (values[i] === null) return null;
		const tensor = hooks.unpack(values[i]);
		const origin = origins[i]!;
		if (origin === null || !gradMode.enabled) return tensor;
		// What came back has the history of what was saved, for derivatives of this derivative.
		const again = tensor.detach();
		again._gradFn = origin.node;
		again._outputIndex = origin.output;
		return again;
	}

	/** A number in the place of a saved tensor: PyTorch frees it with the graph as well. */
	number(value: Scalar): Scalar {
		if (this.#freed) throw new Error(freedMessage);
		return value;
	}

	/** Lets go of what was saved: the graph cannot be walked a second time. */
	release(): void {
		if (this.#saved.length > 0 || this.#packed) {
			this.#saved = [];
			this.#packed = null;
			this.#freed = true;
		}
	}

	apply(grads: readonly Gradient[]): readonly Gradient[] {
		if (this.#freed) throw new Error(freedMessage);
		return this.derivative.backward(this, grads[0]!, grads);
	}

	/** `hook(gradInputs, gradOutputs)` runs after this node's derivative; it may replace the input gradients. */
	registerHook(hook: NodeHook): { remove(): void } {
		this.hooks ??= [];
		return addTo(this.hooks, hook);
	}
}

const freedMessage =
	"[backward] trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). " +
	"Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). " +
	"Specify retainGraph: true if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

/** The end of the graph: adds the gradient to the leaf's `grad`. */
export class AccumulateGrad extends Node {
	/** Run when the leaf's `grad` is complete. */
	accumulated: ((variable: Tensor) => void)[] | null = null;

	constructor(readonly variable: Tensor) {
		super(accumulate, [], [], undefined, 1);
	}
}

const accumulate: Derivative = {
	name: "AccumulateGrad",
	backward: () => [],
};

/** The node that a tensor's gradient goes to; null where it wants none. */
export function gradientEdge(tensor: Tensor): Node | null {
	const node = tensor.gradFn as Node | null;
	if (node !== null) return node;
	if (!tensor._requiresGrad) return null;
	tensor._accumulator ??= new AccumulateGrad(tensor);
	return tensor._accumulator as Node;
}

/** @internal Appends and returns the way to remove again. */
export function addTo<T>(list: T[], item: T): { remove(): void } {
	list.push(item);
	return {
		remove() {
			const at = list.indexOf(item);
			if (at >= 0) list.splice(at, 1);
		},
	};
}
