import { detached, isTensor, type ModuleLike, numbersOf, type TensorLike } from "../engine";
import { kindOf, leavesOf } from "../quiet";
import { momentsOf, sampleOf, sampleOfTensor } from "./histogram";
import { LayerHistograms } from "./recorder";
import { activationKinds, unitStates } from "./units";

export interface LayerHistogramOptions {
	/**
	 * Which layers: names (`"2"`, `"encoder.0"`), or a test. Default: for activations the activation functions, or all
	 * layers where the model has none as modules; for gradients every layer with weights.
	 */
	layers?: readonly string[] | ((name: string, module: ModuleLike) => boolean);
	/**
	 * Looks at every such pass or step, the first among them. Default: 0, 1, 2, 4, … 32 and then every 40th, which keeps the
	 * cost under 2 % of the steps of small networks; 1 looks at all of a short training.
	 */
	every?: number;
	/** Heading. */
	title?: string;
}

/**
 * Watches what each layer gives out, in the first passes in training mode and every 40th, and how many of its units are dead (0 for every
 * sample) or saturated (at an end of the function's range). Call it before training and show it afterwards;
 * `remove()` ends it.
 *
 * @example
 * const activations = activationHistograms(model);
 * // … training …
 * activations
 */
export function activationHistograms(model: ModuleLike, options: LayerHistogramOptions = {}): LayerHistograms {
	const leaves = leavesOf(model);
	const functions = leaves.filter(([, module]) => activationKinds.has(kindOf(module)));
	const layers = chosen("activationHistograms", leaves, options, functions.length > 0 ? functions : leaves);
	const histograms = new LayerHistograms(
		{
			title: options.title ?? "Activations",
			value: "activation",
			step: "pass",
			empty: "run the model in training mode",
		},
		layers.map(([name, module]) => labelOf(name, module)),
		everyOf("activationHistograms", options),
	);
	for (const [name, module] of layers) {
		const label = labelOf(name, module);
		histograms.keep(
			module.registerForwardHook((called: unknown, _args: unknown, output: unknown) => {
				// A copy of the model has copies of its hooks.
				if (called !== module || !module.training || !histograms.wants(label)) return;
				const tensor = firstTensor(output);
				if (tensor === undefined) return;
				const values = numbersOf(detached(tensor));
				const sample = sampleOf(values);
				histograms.add(label, sample, { ...momentsOf(sample), ...unitStates(kindOf(module), tensor.shape, values) });
			}),
		);
	}
	return histograms;
}

/**
 * Watches the gradients that reach each layer's weights, in the first backward passes and every 40th, as powers of ten of their size:
 * gradients that vanish on their way sink from panel to panel, those that explode rise. `remove()` ends it.
 *
 * @example
 * const gradients = gradientHistograms(model);
 * // … training …
 * gradients
 */
export function gradientHistograms(model: ModuleLike, options: LayerHistogramOptions = {}): LayerHistograms {
	const owners = [...model.namedModules()]
		.filter(([, module]) => weightOf(module) !== undefined)
		.map(([name, module]): [string, ModuleLike] => [name, module]);
	const layers = chosen("gradientHistograms", owners, options, owners);
	const histograms = new LayerHistograms(
		{
			title: options.title ?? "Gradients of the weights",
			value: "log₁₀ |gradient|",
			step: "step",
			empty: "call backward()",
		},
		layers.map(([name, module]) => labelOf(name, module)),
		everyOf("gradientHistograms", options),
	);
	for (const [name, module] of layers) {
		const label = labelOf(name, module);
		const weight = weightOf(module) as TensorLike & {
			registerHook(hook: (grad: TensorLike) => void): { remove(): void };
		};
		histograms.keep(
			weight.registerHook((gradient) => {
				if (!histograms.wants(label)) return;
				const values = sampleOfTensor(detached(gradient));
				const powers = new Float64Array(values.length);
				for (let i = 0; i < powers.length; i++) powers[i] = Math.log10(Math.abs(values[i]!));
				histograms.add(label, powers, momentsOf(values));
			}),
		);
	}
	return histograms;
}

/** The trained weight that tells of a layer: the first that is a matrix or more. */
function weightOf(module: ModuleLike): TensorLike | undefined {
	const own = [...module.namedParameters({ recurse: false })].filter(
		([name, parameter]) => name.includes("weight") && parameter.requiresGrad !== false && parameter.shape.length > 1,
	);
	return own[0]?.[1];
}

function everyOf(op: string, { every }: LayerHistogramOptions): { every: number; early: boolean } {
	if (every === undefined) return { every: 40, early: true };
	if (Number.isInteger(every) && every > 0) return { every, early: false };
	throw new RangeError(`[${op}] every: ${every}, expected a whole number of at least 1`);
}

function chosen(
	op: string,
	all: readonly [string, ModuleLike][],
	{ layers }: LayerHistogramOptions,
	otherwise: readonly [string, ModuleLike][],
): readonly [string, ModuleLike][] {
	if (typeof layers === "function") return all.filter(([name, module]) => layers(name, module));
	if (layers === undefined) {
		if (otherwise.length === 0) throw new RangeError(`[${op}] the model has no layer to watch`);
		return otherwise;
	}
	return layers.map((wanted) => {
		const found = all.find(([name]) => name === wanted);
		if (found !== undefined) return found;
		throw new RangeError(`[${op}] no layer "${wanted}"; there are ${all.map(([name]) => `"${name}"`).join(", ")}`);
	});
}

function labelOf(name: string, module: ModuleLike): string {
	return name === "" ? kindOf(module) : `${name} ${kindOf(module)}`;
}

/** The output itself, or the first of several. */
function firstTensor(output: unknown): TensorLike | undefined {
	if (isTensor(output)) return output;
	if (typeof output !== "object" || output === null) return undefined;
	return Object.values(output)
		.map(firstTensor)
		.find((tensor) => tensor !== undefined);
}
