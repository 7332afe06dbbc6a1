import type { Tensor } from "../../engine";
import { table, type View } from "../display";
import { inspectText } from "../display/inspect";
import { formatNumber } from "../display/numbers";
import { detached, isModule, type ModuleLike, numbersOf, shapeText, sizeOf } from "./engine";
import { engine } from "./lazy";
import { keepingRandomNumbers, kindOf } from "./quiet";
import { summarise } from "./statistics";

/** Fills a weight, out × in, in place: `(w) => nn.init.xavierUniform_(w)`. */
export type Initializer = (weight: Tensor) => unknown;

export interface InitializerTableOptions {
	/** Units of every layer. Default 256. */
	width?: number;
	/** Layers that a signal runs through. Default 20. */
	depth?: number;
	/** What stands between the layers: "relu" (default), "tanh", "sigmoid", "selu", "identity", or a function. */
	activation?: "relu" | "tanh" | "sigmoid" | "selu" | "identity" | ((x: Tensor) => Tensor);
	/** Further initialisers, by name, in place of the usual ones. */
	initializers?: Readonly<Record<string, Initializer>>;
	/** Seed of the weights and inputs. Default 0: the same table every time. */
	seed?: number;
}

/**
 * What an initialiser does to signals: the variance of its weights, and the spread of activations and of gradients
 * through a deep network without biases whose layers are all as wide. A good one keeps both near 1 from end to end; a
 * bad one lets them vanish or explode. Random numbers stay as they were.
 *
 * @example initializerTable({ depth: 50, activation: "tanh" })
 */
export function initializerTable(options: InitializerTableOptions = {}): View {
	const { width = 256, depth = 20, activation = "relu", seed = 0, initializers = usual(width) } = options;
	for (const [name, value] of Object.entries({ width, depth })) {
		if (!(Number.isInteger(value) && value > 0)) {
			throw new RangeError(`[initializerTable] ${name}: ${value}, expected a whole number of at least 1`);
		}
	}
	const between = activationOf(activation);
	const rows = keepingRandomNumbers(() =>
		Object.entries(initializers).map(([name, initialize]) => {
			engine().manualSeed(seed);
			return { initialiser: name, ...measure(initialize, between, width, depth) };
		}),
	);
	const text = typeof activation === "string" ? activation : "own function";
	return table(rows, {
		caption: `${depth} layers of ${width} units, ${text}`,
		digits: 3,
		columns: {
			initialiser: "initialiser",
			variance: "variance of weights",
			times: "variance × fan in",
			first: "signal after layer 1 (std)",
			middle: `layer ${Math.ceil(depth / 2)}`,
			last: `layer ${depth}`,
			gradient: "gradient at layer 1 ÷ at the end",
		},
	});
}

function activationOf(activation: InitializerTableOptions["activation"]): (x: Tensor) => Tensor {
	if (typeof activation === "function") return activation;
	const { nn } = engine();
	const known = {
		relu: nn.functional.relu,
		tanh: nn.functional.tanh,
		sigmoid: nn.functional.sigmoid,
		selu: nn.functional.selu,
		identity: (x: Tensor) => x,
	};
	const found = known[activation ?? "relu"];
	if (found !== undefined) return found as (x: Tensor) => Tensor;
	throw new RangeError(
		`[initializerTable] activation: ${inspectText(activation)}, expected one of ${Object.keys(known).join(", ")} or a function`,
	);
}

function usual(width: number): Record<string, Initializer> {
	const { init } = engine().nn;
	return {
		"PyTorch's default for Linear": (w) => init.kaimingUniform_(w, { a: Math.sqrt(5) }),
		xavierUniform_: (w) => init.xavierUniform_(w),
		xavierNormal_: (w) => init.xavierNormal_(w),
		"kaimingUniform_ (relu)": (w) => init.kaimingUniform_(w, { nonlinearity: "relu" }),
		"kaimingNormal_ (relu)": (w) => init.kaimingNormal_(w, { nonlinearity: "relu" }),
		"LeCun: normal_, variance 1 / fan in": (w) => init.normal_(w, 0, 1 / Math.sqrt(width)),
		orthogonal_: (w) => init.orthogonal_(w),
		"normal_, std 0.01": (w) => init.normal_(w, 0, 0.01),
		"normal_, std 1": (w) => init.normal_(w, 0, 1),
	};
}

function measure(initialize: Initializer, activation: (x: Tensor) => Tensor, width: number, depth: number) {
	const { autograd, empty, enableGrad, noGrad, randn } = engine();
	const weights = noGrad(() =>
		Array.from({ length: depth }, () => {
			const weight = empty([width, width]);
			initialize(weight);
			return weight;
		}),
	);
	const variance = spreadOf(weights[0]!) ** 2;
	return enableGrad(() => {
		const signals: Tensor[] = [];
		let x = randn([128, width]).requiresGrad_();
		for (const weight of weights) {
			x = activation(x.matmul(weight.t()));
			signals.push(x);
		}
		const end = signals.at(-1)!;
		const [gradient] = autograd.grad([end], [signals[0]!], { gradOutputs: [randn([128, width])] });
		const middle = signals[Math.ceil(depth / 2) - 1]!;
		return {
			variance,
			times: variance * width,
			first: spreadOf(signals[0]!),
			middle: spreadOf(middle),
			last: spreadOf(end),
			gradient: spreadOf(gradient!),
		};
	});
}

function spreadOf(tensor: Tensor): number {
	return summarise([numbersOf(tensor.detach())]).std;
}

/**
 * The variance of every weight of a model beside what the usual initialisers would have given it: LeCun's 1 / fan in,
 * Xavier's 2 / (fan in + fan out), Kaiming's 2 / fan in, and PyTorch's own default of 1 / (3 fan in).
 *
 * @example weightVariance(model)
 */
export function weightVariance(model: ModuleLike): View {
	if (!isModule(model)) throw new TypeError("[weightVariance] expected a module");
	const kinds = new Map([...model.namedModules()].map(([name, module]) => [name, kindOf(module)]));
	const rows = [...model.namedParameters()].flatMap(([name, weight]) => {
		if (weight.shape.length < 2) return [];
		const [out, into] = weight.shape as [number, number];
		const field = sizeOf(weight.shape.slice(2));
		const [fanIn, fanOut] = [into * field, out * field];
		const { std } = summarise([numbersOf(detached(weight))]);
		return [
			{
				weight: name,
				kind: kinds.get(name.slice(0, Math.max(0, name.lastIndexOf(".")))),
				shape: shapeText(weight.shape),
				fanIn,
				fanOut,
				variance: std ** 2,
				standard: 1 / (3 * fanIn),
				lecun: 1 / fanIn,
				xavier: 2 / (fanIn + fanOut),
				kaiming: 2 / fanIn,
			},
		];
	});
	return table(rows, {
		caption: `Variance of the weights of ${kindOf(model)}`,
		digits: 3,
		columns: {
			...{ weight: "weight", kind: "kind", shape: "shape", fanIn: "fan in", fanOut: "fan out", variance: "variance" },
			...{
				standard: "PyTorch's 1/(3 in)",
				lecun: "LeCun 1/in",
				xavier: "Xavier 2/(in + out)",
				kaiming: "Kaiming 2/in",
			},
		},
		format: Object.fromEntries(
			["variance", "standard", "lecun", "xavier", "kaiming"].map((key) => [
				key,
				(value: unknown) => formatNumber(value as number, 3),
			]),
		),
	});
}
