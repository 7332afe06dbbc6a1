import { table, type View } from "../display";
import { formatNumber } from "../display/numbers";
import { detached, isModule, isTensor, type ModuleLike, numbersOf } from "./engine";
import { call, kindOf, quietly } from "./quiet";
import { summarise } from "./statistics";

export interface DropoutStateOptions {
	/**
	 * What the model is called with to see what dropout does: a tensor, or an array of arguments. It is run once with only
	 * its dropout layers in training mode and once in evaluation mode; nothing of it changes.
	 */
	input?: unknown;
	/** Heading. Default: the model's class. */
	caption?: string;
}

/** Whether a module drops at random, by the names of its classes: also an MCDropout, or whatever extends Dropout. */
export function isDropout(module: ModuleLike): boolean {
	let kind: unknown = module.constructor;
	for (; kind !== null && kind !== undefined && kind !== Object.prototype; kind = Object.getPrototypeOf(kind)) {
		if (/dropout/i.test((kind as { name?: string }).name ?? "")) return true;
	}
	return false;
}

/**
 * The dropout layers of a model: rate, mode, what survivors are multiplied by, and with `input` the share that was really
 * dropped and the output's mean and spread in training beside evaluation, which drops nothing.
 *
 * @example dropoutState(model, { input: x })
 */
export function dropoutState(model: ModuleLike, options: DropoutStateOptions = {}): View {
	if (!isModule(model)) throw new TypeError("[dropoutState] expected a module");
	const layers = [...model.namedModules()].filter(([, module]) => isDropout(module));
	if (layers.length === 0) throw new RangeError(`[dropoutState] ${kindOf(model)} has no dropout layer`);
	const { input } = options;
	const passes =
		input === undefined
			? undefined
			: { train: observe(model, layers, input, true), evaluation: observe(model, layers, input, false) };
	const rows = layers.map(([name, module]) => {
		const { p } = module as ModuleLike & { p?: number };
		const train = passes?.train.get(module);
		return {
			layer: name === "" ? "(itself)" : name,
			kind: kindOf(module),
			rate: p,
			mode: module.training ? "train: drops" : "eval: passes on",
			scale: p === undefined || p >= 1 ? undefined : 1 / (1 - p),
			...(train === undefined
				? {}
				: {
						dropped: `${formatNumber(100 * train.zeros, 3)} %`,
						train: train.text,
						evaluation: passes?.evaluation.get(module)?.text,
					}),
		};
	});
	return table(rows, {
		caption: options.caption ?? kindOf(model),
		columns: {
			...{ layer: "layer", kind: "kind", rate: "rate p", mode: "mode", scale: "survivors ×" },
			...(passes === undefined
				? {}
				: { dropped: "dropped", train: "output in train (mean ± std)", evaluation: "output in eval" }),
		},
	});
}

interface Pass {
	/** Share of the values that dropout made 0. */
	zeros: number;
	text: string;
}

function observe(
	model: ModuleLike,
	layers: readonly (readonly [string, ModuleLike])[],
	input: unknown,
	training: boolean,
): Map<ModuleLike, Pass> {
	const seen = new Map<ModuleLike, Pass>();
	const hooks = layers.map(([, module]) =>
		module.registerForwardHook((_module: unknown, [given]: unknown[], output: unknown) => {
			if (!isTensor(output) || !isTensor(given)) return;
			const [before, after] = [numbersOf(detached(given)), numbersOf(detached(output))];
			let dropped = 0;
			let alive = 0;
			for (let i = 0; i < before.length; i++) {
				if (before[i] === 0) continue;
				alive++;
				if (after[i] === 0) dropped++;
			}
			const { mean, std } = summarise([after]);
			const text = `${formatNumber(mean, 2)} ± ${formatNumber(std, 2)}`;
			seen.set(module, { zeros: alive === 0 ? 0 : dropped / alive, text });
		}),
	);
	try {
		quietly(
			model,
			() => void call(model, input),
			(module) => training && isDropout(module),
		);
	} finally {
		for (const hook of hooks) hook.remove();
	}
	return seen;
}
