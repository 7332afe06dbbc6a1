import { enableGrad } from "../../../engine/core/gradMode";
import { View } from "../../display";
import { escapeHtml } from "../../display/escape";
import { css } from "../../display/theme";
import { detached, isModule, isTensor, type ModuleLike, shapeText, type TensorLike } from "../engine";
import { call, keepingModes, keepingRandomNumbers } from "../quiet";
import { type Arrow, type Box, drawGraph } from "./draw";
import { type Flow, flows, type GraphNodeLike, isGraphNode, reachable, sizeText } from "./walk";

export interface ComputationGraphOptions {
	/** For a model: what it is called with, a tensor or an array of arguments. */
	input?: unknown;
	/** Names for tensors: `{ a, b, c }`. A model's parameters have theirs. */
	names?: Readonly<Record<string, TensorLike>>;
	/** A model whose parameters occur in an expression's graph: they are shown by their names. */
	model?: ModuleLike;
	/** Shapes of what operations saved for the way back. Default true. */
	saved?: boolean;
	/**
	 * The gradient of the result with respect to every value (for one element its value, else its Euclidean norm), found
	 * by a pass that changes nothing. With it come the shapes of all results. Default true.
	 */
	gradients?: boolean;
	/** Nodes drawn at most; a note says where the drawing ends. Default 150. */
	limit?: number;
}

/**
 * The graph that was recorded for an expression, or for one call of a model: operations with the shapes of their results
 * and what they saved, leaves with their values or shapes, and the gradients that flow back. Drawn from the leaves at the
 * top to the result at the bottom, as values flow. A model is run in evaluation mode; it, its gradients and the random
 * numbers stay as they were.
 *
 * @example
 * computationGraph(z, { names: { a, b, c } })
 * computationGraph(model, { input: x })
 */
export function computationGraph(
	of: TensorLike | GraphNodeLike | ModuleLike,
	options: ComputationGraphOptions = {},
): View {
	if (isModule(of)) return ofModel(of, options);
	if (isTensor(of)) {
		const root = of.gradFn;
		if (!isGraphNode(root)) {
			throw new TypeError(
				`[computationGraph] nothing was recorded for this tensor of shape ${shapeText(of.shape)}: no input of it requires a gradient, or it was made inside noGrad`,
			);
		}
		return draw([root], [of], options);
	}
	if (isGraphNode(of)) return draw([of], [], options);
	throw new TypeError("[computationGraph] expected a tensor, a gradFn, or a model with {input}");
}

function ofModel(model: ModuleLike, options: ComputationGraphOptions): View {
	if (options.input === undefined) {
		throw new TypeError("[computationGraph] a model's graph is recorded when it is called: give {input: x}");
	}
	const args = (Array.isArray(options.input) ? options.input : [options.input]).map(asLeaf);
	const outputs = keepingModes(
		model,
		() => keepingRandomNumbers(() => enableGrad(() => tensorsIn(call(model, args))), model),
		() => false,
	).filter((output) => isGraphNode(output.gradFn));
	if (outputs.length === 0) {
		throw new TypeError("[computationGraph] the model returned no tensor with a graph: are all parameters frozen?");
	}
	const roots = outputs.map((output) => output.gradFn as unknown as GraphNodeLike);
	const inputs = Object.fromEntries(args.map((arg, i) => [args.length > 1 ? `input ${i}` : "input", arg]));
	return draw(roots, outputs, { ...options, model, names: { ...inputs, ...options.names } as never });
}

/** An input that stands in the graph too: the same numbers, as a leaf of its own. */
function asLeaf(input: unknown): unknown {
	const { isFloatingPoint, detach } = input as { isFloatingPoint?(): boolean; detach?(): { requiresGrad_(): unknown } };
	if (!isTensor(input) || detach === undefined || !isFloatingPoint?.call(input)) return input;
	return detach.call(input).requiresGrad_();
}

/** The tensors in what a model returned. */
function tensorsIn(value: unknown): TensorLike[] {
	if (isTensor(value)) return [value];
	if (typeof value !== "object" || value === null) return [];
	return Object.values(value).flatMap(tensorsIn);
}

function draw(roots: GraphNodeLike[], outputs: TensorLike[], options: ComputationGraphOptions): View {
	const limit = options.limit ?? 150;
	const { nodes, complete } = reachable(roots, limit);
	const wanted = options.gradients !== false && outputs.length > 0 && complete;
	const flow = wanted ? flows(outputs, nodes) : undefined;
	const names = namesOf(options);
	const ids = new Map(nodes.map((node, i) => [node, `n${i}`]));
	const boxes = nodes.map((node) => boxOf(node, ids.get(node)!, flow?.get(node), names, options.saved !== false));
	const arrows: Arrow[] = nodes.flatMap((node) =>
		node.nextFunctions.flatMap(([next]) => {
			const from = next === null ? undefined : ids.get(next);
			return from === undefined ? [] : [{ from, to: ids.get(node)! }];
		}),
	);
	for (const [i, output] of outputs.entries()) {
		const id = `out${i}`;
		boxes.push(resultBox(output, id, names));
		arrows.push({ from: ids.get(output.gradFn as unknown as GraphNodeLike)!, to: id });
	}
	const notes = [
		...(complete ? [] : [`only the last ${limit} operations are drawn; {limit} draws more`]),
		...(wanted && flow === undefined
			? ["backward() has freed what the operations saved: no shapes and gradients ({retainGraph: true} keeps them)"]
			: []),
	];
	const text = describe(boxes, arrows, notes);
	return new View(() => ({ "text/plain": text, "text/html": html(drawGraph(boxes, arrows, text), notes) }));
}

function namesOf({ names, model }: ComputationGraphOptions): Map<unknown, string> {
	const known = new Map<unknown, string>();
	for (const [name, parameter] of model?.namedParameters() ?? []) known.set(parameter, name);
	for (const [name, tensor] of Object.entries(names ?? {})) {
		if (!isTensor(tensor)) continue;
		known.set(tensor, name);
		// A tensor that is no leaf is known by the operation that made it.
		if (tensor.gradFn) known.set(tensor.gradFn, name);
	}
	return known;
}

function boxOf(
	node: GraphNodeLike,
	id: string,
	flow: Flow | undefined,
	names: Map<unknown, string>,
	saved: boolean,
): Box {
	const gradient = flow === undefined ? [] : [`gradient ${flow.gradient}`];
	const leaf = node.variable;
	if (leaf !== undefined) {
		const name = names.get(leaf);
		const parameter = leaf.constructor.name === "Parameter";
		const own = isTensor(leaf.grad) ? [`grad ${sizeText(leaf.grad)}`] : gradient;
		return {
			id,
			kind: parameter ? "parameter" : "leaf",
			title: name ?? (parameter ? "parameter" : "leaf"),
			lines: [valueLine(leaf), ...own],
		};
	}
	const name = names.get(node);
	const shapes = saved ? (node.savedTensors ?? []).filter(isTensor).map((tensor) => shapeText(tensor.shape)) : [];
	const lines = [
		...(name === undefined && flow === undefined
			? []
			: [[name, flow && shapeText(flow.shape)].filter(Boolean).join(": ")]),
		...(shapes.length > 0 ? [`saved ${shapes.join(", ")}`] : []),
		...gradient,
	];
	return { id, kind: "operation", title: node.name, lines };
}

function resultBox(output: TensorLike, id: string, names: Map<unknown, string>): Box {
	return { id, kind: "result", title: names.get(output) ?? "result", lines: [valueLine(output)] };
}

function valueLine(tensor: TensorLike): string {
	const one = tensor.shape.every((size) => size === 1);
	const value = one ? ` = ${sizeText(detached(tensor))}` : "";
	return tensor.shape.length === 0 && one ? value.slice(3) : `${shapeText(tensor.shape)}${value}`;
}

/** One line for each box, in the order in which values flow, with what it takes. */
function describe(boxes: readonly Box[], arrows: readonly Arrow[], notes: readonly string[]): string {
	const titles = new Map(boxes.map((box) => [box.id, box.title]));
	const operations = boxes.filter((box) => box.kind === "operation").length;
	const lines = boxes.map(({ id, title, lines }) => {
		const takes = arrows.filter(({ to }) => to === id).map(({ from }) => titles.get(from));
		return `${title}${takes.length > 0 ? ` of (${takes.join(", ")})` : ""}${lines.length > 0 ? `: ${lines.join("; ")}` : ""}`;
	});
	const head = `Computation graph of ${operations} ${operations === 1 ? "operation" : "operations"}`;
	return [head, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `(${note})`)].join("\n");
}

function html(svg: string, notes: readonly string[]): string {
	const foot = notes.map((note) => `<p style="margin:4px 0">${escapeHtml(note)}</p>`).join("");
	return `<div class="gradbook-graph" tabindex="0" role="region" aria-label="Computation graph" style="overflow:auto;max-width:100%;max-height:900px;font-family:${css.font};font-size:${css.fontSize};color:${css.text}">${svg}${foot}</div>`;
}
