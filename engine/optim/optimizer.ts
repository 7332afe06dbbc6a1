import { inspect } from "node:util";
import { isCapturing, runUpdate } from "../core/capture";
import { enableGrad, noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { profiling, spanKind, spanned } from "../core/profiling";
import { boolean, float, number, tuple } from "../core/pythonText";
import { quoted } from "../core/signature";
import { Tensor } from "../core/tensor";
import { checkOptions, type OptionSpecs, type OptionsOf } from "./options";
import { keyOf, loadOptimizerState, type OptimizerStateDict, optimizerState } from "./state";

/** Parameters that are updated with the same options. */
export type ParamGroup<O extends object = Record<string, unknown>> = O & {
	params: Tensor[];
	/** The learning rate before any schedule; set by a scheduler. */
	initialLr?: number;
};

/** Parameters with options of their own; what is not given is the optimiser's. */
export type ParamGroupOptions<O extends object> = Partial<O> & {
	params: Tensor | Iterable<Tensor> | Iterable<readonly [name: string, parameter: Tensor]>;
};

/** What an optimiser takes: parameters, named parameters, or groups of them. */
export type Params<O extends object> =
	| Iterable<Tensor>
	| Iterable<readonly [name: string, parameter: Tensor]>
	| Iterable<ParamGroupOptions<O>>;

/** What an optimiser remembers of one parameter: tensors and numbers by name. */
export type ParamState = Record<string, unknown>;

export type StepHook = (optimizer: any) => void;

/**
 * Base of all optimisers. A subclass states its options and updates one group at a time:
 *
 * ```ts
 * const specs = { lr: atLeast(0, 1e-3) };
 * class Plain extends Optimizer<typeof specs> {
 *   constructor(params: Params<OptionsOf<typeof specs>>, options = {}) { super(specs, params, options); }
 *   update(group, params) { for (const p of params) p.sub_(p.grad, {alpha: group.lr}); }
 * }
 * ```
 */
export abstract class Optimizer<S extends OptionSpecs = any> {
	/** Options of groups that say nothing else. */
	readonly defaults: OptionsOf<S>;
	/** Change an option here and the next step uses it: `optimizer.paramGroups[0].lr *= 0.1`. */
	readonly paramGroups: ParamGroup<OptionsOf<S>>[] = [];
	/** By parameter. */
	readonly state = new Map<Tensor, ParamState>();
	/** @internal */
	readonly _specs: S;
	/** @internal Whether a step was taken: schedules ask. */
	_stepped = false;
	readonly #pre: StepHook[] = [];
	readonly #post: StepHook[] = [];

	constructor(specs: S, params: Params<OptionsOf<S>>, options: Partial<OptionsOf<S>>) {
		const name = this.constructor.name;
		this._specs = specs;
		this.defaults = checkOptions(name, specs, options);
		if (params instanceof Tensor || typeof (params as Iterable<unknown> | null)?.[Symbol.iterator] !== "function") {
			throw new TypeError(
				`[${name}] params must be parameters or groups of them, such as model.parameters(), got ${quoted(params)}`,
			);
		}
		const list = [...(params as Iterable<unknown>)];
		if (list.length === 0)
			throw new RangeError(
				`[${name}] got an empty parameter list (layers in a plain array are not found: nn.ModuleList keeps them)`,
			);
		const first = list[0];
		if (first instanceof Tensor || Array.isArray(first)) {
			this.addParamGroup({ params: list } as unknown as ParamGroupOptions<OptionsOf<S>>);
		} else for (const group of list) this.addParamGroup(group as ParamGroupOptions<OptionsOf<S>>);
	}

	/** Updates the parameters of one group, which all have a gradient. Recording is off. */
	abstract update(group: ParamGroup<OptionsOf<S>>, params: readonly Tensor[]): void;

	/** Checks that go beyond a single option. @internal */
	_checkGroup(_group: OptionsOf<S>): void {}

	/** Adds parameters, with options of their own: for layers that are unfrozen later. */
	addParamGroup(group: ParamGroupOptions<OptionsOf<S>>): void {
		const name = this.constructor.name;
		if (typeof group !== "object" || group === null || !("params" in group)) {
			throw new TypeError(`[${name}] a parameter group must be an object with params, got ${quoted(group)}`);
		}
		const { params: given, initialLr, ...options } = group as ParamGroupOptions<OptionsOf<S>> & { initialLr?: number };
		const params = parametersOf(name, given);
		const present = new Set(this.paramGroups.flatMap((other) => other.params));
		for (const param of params) {
			if (present.has(param)) throw new RangeError(`[${name}] some parameters appear in more than one parameter group`);
		}
		const bound = checkOptions(name, this._specs, { ...this.defaults, ...options } as Partial<OptionsOf<S>>);
		this._checkGroup(bound);
		const added = { ...bound, params } as ParamGroup<OptionsOf<S>>;
		if (initialLr !== undefined) added.initialLr = initialLr;
		this.paramGroups.push(added);
	}

	/** Clears the gradients of all parameters; `{setToNone: false}` fills them with zeros instead. */
	zeroGrad(options: { setToNone?: boolean } = {}): void {
		this._profiled("zero_grad", () => this.#zeroGrad(options));
	}

	/** Runs a method, which a running profile sees by PyTorch's name. @internal */
	_profiled<T>(method: string, body: () => T): T {
		if (!profiling.active) return body();
		return spanned(`Optimizer.${method}#${this.constructor.name}.${method}`, spanKind.optimizer, body);
	}

	#zeroGrad(options: { setToNone?: boolean }): void {
		const toNone = options.setToNone ?? true;
		for (const group of this.paramGroups) {
			for (const param of group.params) {
				const grad = param._grad;
				if (grad === null) continue;
				if (toNone) param.grad = null;
				else param.grad = noGrad(() => grad.detach().zero_());
			}
		}
	}

	/**
	 * Updates all parameters that have a gradient. `closure`, where given, computes the loss and its gradients first; its
	 * result is given back.
	 */
	step(): undefined;
	step<T>(closure: () => T): T;
	step<T>(closure?: () => T): T | undefined {
		return this._profiled("step", () => this.#step(closure));
	}

	#step<T>(closure?: () => T): T | undefined {
		this._stepped = true;
		for (const hook of this.#pre) hook(this);
		const loss = closure && enableGrad(closure);
		using _ = noGrad();
		for (const group of this.paramGroups) {
			const params: Tensor[] = [];
			for (const param of group.params) if (param._grad !== null) params.push(param);
			if (params.length > 0) {
				runUpdate(
					this.constructor.name,
					() => this.update(group, params),
					() => this.#counts(params),
					() => JSON.stringify({ ...group, params: null }),
				);
			}
		}
		for (const hook of this.#post) hook(this);
		return loss;
	}

	/** Puts the numbers of the parameters' states back to what they are now. */
	#counts(params: readonly Tensor[]): () => void {
		const numbers = params.map((param) => {
			const entries = Object.entries(this.state.get(param) ?? {});
			return entries.filter(([, value]) => typeof value === "number");
		});
		return () => {
			params.forEach((param, i) => {
				const state = this.state.get(param);
				if (state !== undefined) Object.assign(state, Object.fromEntries(numbers[i]!));
			});
		};
	}

	/** @internal Whether a number of the state is a tensor of no dimensions in PyTorch. */
	_countsInTensors(property: string): boolean {
		return property === "step";
	}

	/** @internal What is remembered of a parameter; empty at first. */
	_stateOf<T extends object>(param: Tensor): Partial<T> {
		let state = this.state.get(param);
		if (state === undefined) {
			state = {};
			this.state.set(param, state);
		}
		return state as Partial<T>;
	}

	/** `hook(optimizer)` runs before every step. */
	registerStepPreHook(hook: StepHook): { remove(): void } {
		return addHook(this.#pre, hook);
	}

	/** `hook(optimizer)` runs after every step. */
	registerStepPostHook(hook: StepHook): { remove(): void } {
		return addHook(this.#post, hook);
	}

	/** The state in PyTorch's form and names: `{state: {0: {momentum_buffer}}, param_groups: [{lr, params: [0]}]}`. */
	stateDict(): OptimizerStateDict {
		return optimizerState(this);
	}

	/** Takes over a state made by `stateDict()`, here or in PyTorch, of an optimiser with the same groups. */
	loadStateDict(state: OptimizerStateDict): void {
		loadOptimizerState(this, state);
	}

	/** PyTorch's text. */
	toString(): string {
		const groups = this.paramGroups.map((group, i) => {
			const lines = groupEntries(this._specs, group)
				.map(([key, text]) => `    ${key}: ${text}\n`)
				.sort();
			return `Parameter Group ${i}\n${lines.join("")}`;
		});
		return `${this.constructor.name} (\n${groups.join("\n")})`;
	}

	[inspect.custom](): string {
		return this.toString();
	}
}

function addHook(list: StepHook[], hook: StepHook): { remove(): void } {
	list.push(hook);
	return {
		remove() {
			const at = list.indexOf(hook);
			if (at >= 0) list.splice(at, 1);
		},
	};
}

function parametersOf(name: string, given: unknown): Tensor[] {
	const list = given instanceof Tensor ? [given] : [...(given as Iterable<unknown>)];
	const params = list.map((item) => {
		const param = Array.isArray(item) && item.length === 2 && typeof item[0] === "string" ? item[1] : item;
		if (!(param instanceof Tensor)) {
			throw new TypeError(`[${name}] optimizer can only optimize Tensors, but one of the params is ${quoted(param)}`);
		}
		if (!param.isLeaf) throw new Error(`[${name}] can't optimize a non-leaf Tensor`);
		return param;
	});
	if (new Set(params).size !== params.length) {
		throw new RangeError(`[${name}] a parameter group contains the same parameter twice`);
	}
	return params;
}

/** A group's options as PyTorch names and prints them. */
function groupEntries(specs: OptionSpecs, group: Record<string, unknown>): [key: string, text: string][] {
	return Object.entries(group).flatMap(([property, value]) => {
		if (property === "params") return [];
		const spec = specs[property];
		return [[keyOf(property), (spec?.text ?? textOf)(value)]];
	});
}

/** What schedulers add to groups is learning rates and momenta: floats. */
function textOf(value: unknown): string {
	if (typeof value === "number") return float(value);
	if (typeof value === "boolean") return boolean(value);
	if (value === null) return "None";
	if (Array.isArray(value)) return tuple(value as number[], number);
	return String(value);
}

/** @internal Says that an optimiser wrote to these parameters: whoever saved them for a gradient must not use them. */
export function written(params: readonly Tensor[]): void {
	for (const param of params) param._version.count++;
}

/** @internal State is made on a parameter's first step; a captured one would make it anew with each replay. */
export function refuseFirstStep(optimizer: Optimizer): void {
	if (isCapturing()) {
		throw new Error(
			`[${optimizer.constructor.name}] the first step, which makes the optimiser's state, cannot be captured: take a step before`,
		);
	}
}

/** @internal A new tensor like `param`, of zeros (or `value`), for an optimiser's state. */
export function stateTensor(param: Tensor, value = 0): Tensor {
	return new Tensor(native.full(param.shape, value, param.dtype.code, param.handle));
}
