import { type LooseBundle, registerRenderer, table, type View } from "../display";
import { formatBytes, formatCount } from "../display/numbers";
import {
	bytesOf,
	detached,
	isModule,
	isTensor,
	type ModuleLike,
	numbersOf,
	shapeText,
	sizeOf,
	type TensorLike,
} from "./engine";
import { call, kindOf, modulesOf, quietly } from "./quiet";
import { summarise, summaryCell } from "./statistics";

export interface ParameterTableOptions {
	/**
	 * What the model is called with to learn each layer's output shape: a tensor, or an array of arguments. The pass runs
	 * without gradients and in evaluation mode, so that running statistics and random numbers stay as they are.
	 */
	input?: unknown;
	/** Heading. Default: the model's class. */
	caption?: string;
	/** Means, spreads and small histograms of weights and gradients. Default true. */
	statistics?: boolean;
}

registerRenderer(isModule, moduleBundle);

/** PyTorch's text; in rich output the parameter table. */
function moduleBundle(module: ModuleLike): LooseBundle {
	return { "text/plain": String(module), "text/html": parameterTable(module).bundle()["text/html"] };
}

/**
 * A table of a module's layers: kind, output shape (with `input`), number of parameters, whether they are trained, mean
 * and spread of weights and gradients, with totals and the memory they take. A parameter shared by several layers is
 * counted once.
 *
 * @example parameterTable(model, { input: torch.zeros(1, 784) })
 */
export function parameterTable(model: ModuleLike, options: ParameterTableOptions = {}): View {
	if (!isModule(model)) throw new TypeError("[parameterTable] expected a module");
	const shapes = options.input === undefined ? undefined : outputShapes(model, options.input);
	const seen = new Set<TensorLike>();
	const rows = layersOf(model).map((layer) => rowOf(layer, shapes, seen, options.statistics ?? true));
	const parameters = [...seen];
	const trained = parameters.filter((parameter) => parameter.requiresGrad !== false);
	const buffers = [...(model.namedBuffers?.() ?? [])].map(([, buffer]) => buffer);
	const total = count(parameters);
	const memory = bytesOf([...parameters, ...buffers]);
	const frozen = total - count(trained);
	const facts = [
		`${formatCount(count(trained))} trained`,
		...(frozen > 0 ? [`${formatCount(frozen)} frozen`] : []),
		`${formatBytes(memory)}${buffers.length > 0 ? " with buffers" : ""}`,
		...[...model.namedModules()].flatMap(([name, module]) => unseenIn(module, name)),
	];
	const hasGradients = rows.some((row) => row.gradients !== undefined);
	const hasWeights = rows.some((row) => row.weights !== undefined);
	return table(rows, {
		caption: options.caption ?? kindOf(model),
		limit: 500,
		columns: {
			layer: "layer",
			kind: "kind",
			...(shapes === undefined ? {} : { output: "output" }),
			parameters: "parameters",
			trained: "trained",
			...(hasWeights ? { weights: "weights (mean ± std)" } : {}),
			...(hasGradients ? { gradients: "gradients (mean ± std)" } : {}),
		},
		format: { parameters: (value) => formatCount(value as number) },
		total: { layer: "total", parameters: total },
		note: facts.join(", "),
	});
}

/** Modules in a plain array belong to no module, which is easily overlooked: nothing trains them, nothing saves them. */
function unseenIn(module: ModuleLike, name: string): string[] {
	return Object.entries(module).flatMap(([property, value]) => {
		const unseen = Array.isArray(value) ? value.filter(isModule).length : 0;
		if (unseen === 0) return [];
		const place = name === "" ? property : `${name}.${property}`;
		return [`not seen: ${unseen} in the plain array ${place} (nn.ModuleList keeps them)`];
	});
}

interface Layer {
	name: string;
	module: ModuleLike;
	parameters: [string, TensorLike][];
}

/** Modules with parameters of their own, and those without children; in the order of their definition. */
function layersOf(model: ModuleLike): Layer[] {
	return [...model.namedModules()]
		.map(([name, module]) => ({ name, module, parameters: [...module.namedParameters({ recurse: false })] }))
		.filter(({ module, parameters }) => parameters.length > 0 || [...module.namedModules()].length === 1)
		.map(({ name, module, parameters }) => ({
			name,
			module,
			parameters: parameters.map(([key, value]) => [key, value]),
		}));
}

function rowOf(
	{ name, module, parameters }: Layer,
	shapes: Map<ModuleLike, string> | undefined,
	seen: Set<TensorLike>,
	statistics: boolean,
): Record<string, unknown> {
	const own = parameters.map(([, parameter]) => parameter);
	const fresh = own.filter((parameter) => !seen.has(parameter));
	for (const parameter of fresh) seen.add(parameter);
	const row: Record<string, unknown> = {
		layer: name === "" ? "(itself)" : name,
		kind: kindOf(module),
		output: shapes?.get(module) ?? "",
		parameters: count(fresh),
		trained: trainedText(own, fresh),
	};
	// Biases begin at zero and have a spread of their own: the weights are what tells of a layer.
	const named = parameters.filter(([key]) => key.includes("weight")).map(([, parameter]) => parameter);
	const weights = named.length > 0 ? named : own;
	if (!statistics || weights.length === 0) return row;
	row.weights = summaryCell(summarise(weights.map((weight) => numbersOf(detached(weight)))));
	const gradients = weights.flatMap((weight) => (isTensor(weight.grad) ? [numbersOf(detached(weight.grad))] : []));
	if (gradients.length > 0) row.gradients = summaryCell(summarise(gradients));
	return row;
}

function trainedText(own: TensorLike[], fresh: TensorLike[]): string {
	if (own.length === 0) return "";
	if (fresh.length === 0) return "shared";
	const trained = own.filter((parameter) => parameter.requiresGrad !== false).length;
	return trained === own.length ? "yes" : trained === 0 ? "frozen" : `${trained} of ${own.length}`;
}

/** The shape of what each module returns in one pass. */
function outputShapes(model: ModuleLike, input: unknown): Map<ModuleLike, string> {
	const shapes = new Map<ModuleLike, string>();
	const hooks = modulesOf(model).map((module) =>
		module.registerForwardHook((_module: unknown, _args: unknown, output: unknown) => {
			shapes.set(module, outputText(output));
		}),
	);
	try {
		quietly(model, () => void call(model, input));
	} finally {
		for (const hook of hooks) hook.remove();
	}
	return shapes;
}

function outputText(output: unknown): string {
	if (isTensor(output)) return shapeText(output.shape);
	if (Array.isArray(output)) return `(${output.map(outputText).join(", ")})`;
	if (typeof output === "object" && output !== null) return `(${Object.values(output).map(outputText).join(", ")})`;
	return typeof output;
}

function count(tensors: TensorLike[]): number {
	return tensors.reduce((sum, tensor) => sum + sizeOf(tensor.shape), 0);
}
