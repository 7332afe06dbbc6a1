import { noGrad } from "../../core/gradMode";
import { setEntry } from "../../core/pythonDict";
import { size } from "../../core/pythonText";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { Parameter } from "../parameter";
import { isUninitialized, refuseShape } from "../uninitialized";
import type { Module } from "./module";

/* Saving and loading a module's state by PyTorch's keys. */

/** Tensors by PyTorch's keys, in PyTorch's order. */
export type StateDict = Record<string, Tensor>;

export interface StateDictOptions {
	/** Put before every key (with its dot, if one is wanted). */
	prefix?: string;
	/** Give the parameters themselves instead of tensors cut off from the graph. Default false. */
	keepVars?: boolean;
}

export interface LoadOptions {
	/** Whether missing and unexpected keys are errors. Default true. */
	strict?: boolean;
	/** Take over the given tensors (their dtype, too) instead of copying their values. Default false. */
	assign?: boolean;
}

/** What did not fit; prints as PyTorch does. */
export class IncompatibleKeys {
	constructor(
		readonly missingKeys: string[],
		readonly unexpectedKeys: string[],
	) {}

	toString(): string {
		if (this.missingKeys.length + this.unexpectedKeys.length === 0) return "<All keys matched successfully>";
		const list = (keys: string[]) => `[${keys.map((key) => `'${key}'`).join(", ")}]`;
		return `_IncompatibleKeys(missing_keys=${list(this.missingKeys)}, unexpected_keys=${list(this.unexpectedKeys)})`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

export interface StateHooks {
	before: ((module: any, prefix: string, keepVars: boolean) => void)[];
	save: ((module: any, state: StateDict, prefix: string) => void)[];
	load: ((module: any, state: StateDict, prefix: string) => void)[];
	loaded: ((module: any, keys: IncompatibleKeys) => void)[];
}

export function copyStateHooks({ before, save, load, loaded }: StateHooks): StateHooks {
	return { before: [...before], save: [...save], load: [...load], loaded: [...loaded] };
}

const extraKey = "_extra_state";

export function stateDict(module: Module, options: StateDictOptions): StateDict {
	const state: StateDict = {};
	save(module, state, options.prefix ?? "", options.keepVars ?? false);
	return state;
}

function save(module: Module, state: StateDict, prefix: string, keep: boolean): void {
	for (const hook of module._state.stateHooks?.before ?? []) hook(module, prefix, keep);
	const keepOrDetach = (tensor: Tensor) => (keep || isUninitialized(tensor) ? tensor : tensor.detach());
	for (const [key, parameter] of module._parameters()) setEntry(state, prefix + key, keepOrDetach(parameter));
	for (const [key, buffer, property] of module._buffers()) {
		if (module._isPersistent(property)) setEntry(state, prefix + key, keepOrDetach(buffer));
	}
	// Types know tensors only: what else a class keeps is its own.
	if (module.getExtraState) setEntry(state, prefix + extraKey, module.getExtraState() as Tensor);
	for (const [key, child] of module._modules()) save(child, state, `${prefix}${key}.`, keep);
	for (const hook of module._state.stateHooks?.save ?? []) hook(module, state, prefix);
}

export function loadStateDict(module: Module, given: StateDict, options: LoadOptions): IncompatibleKeys {
	if (typeof given !== "object" || given === null || given instanceof Tensor) {
		throw new TypeError(`[loadStateDict] expected a state dict (an object of tensors by name), got ${quoted(given)}`);
	}
	// Hooks may rename entries; the caller's object stays as it is.
	const state: StateDict = {};
	for (const [key, value] of Object.entries(given)) setEntry(state, key, value);
	const unexpected: string[] = [];
	const load: Load = { state, assign: options.assign ?? false, missing: [], unexpected, errors: [], visited: [] };
	loadInto(module, "", load);
	const keys = new IncompatibleKeys(load.missing, unexpected);
	for (const visited of load.visited.reverse()) {
		for (const hook of visited._state.stateHooks?.loaded ?? []) hook(visited, keys);
	}
	const messages = [...load.errors];
	if (options.strict ?? true) {
		const list = (names: string[]) => names.map((name) => `"${name}"`).join(", ");
		if (unexpected.length > 0) messages.unshift(`Unexpected key(s) in state_dict: ${list(unexpected)}. `);
		if (load.missing.length > 0) messages.unshift(`Missing key(s) in state_dict: ${list(load.missing)}. `);
	}
	if (messages.length > 0) {
		throw new Error(`Error(s) in loading state_dict for ${module.constructor.name}:\n\t${messages.join("\n\t")}`);
	}
	return keys;
}

interface Load {
	state: StateDict;
	assign: boolean;
	missing: string[];
	unexpected: string[];
	errors: string[];
	visited: Module[];
}

function loadInto(module: Module, prefix: string, load: Load): void {
	load.visited.push(module);
	for (const hook of module._state.stateHooks?.load ?? []) hook(module, load.state, prefix);
	module._completeState(load.state, prefix);
	const buffers = module._buffers().filter(([, , property]) => module._isPersistent(property));
	const own = [...module._parameters(), ...buffers];
	const children = [...module._modules()];
	for (const [key, tensor, property] of own) loadTensor(module, prefix + key, tensor, property, load);
	const known = new Set([...own.map(([key]) => key), ...children.map(([key]) => `${key}.`)]);
	if (module.setExtraState) {
		known.add(extraKey);
		const key = prefix + extraKey;
		if (Object.hasOwn(load.state, key)) module.setExtraState(load.state[key]);
		else load.missing.push(key);
	}
	for (const key of Object.keys(load.state)) {
		if (!key.startsWith(prefix)) continue;
		const rest = key.slice(prefix.length);
		if (!known.has(rest.slice(0, rest.indexOf(".") + 1) || rest)) load.unexpected.push(key);
	}
	for (const [key, child] of children) loadInto(child, `${prefix}${key}.`, load);
}

function loadTensor(module: Module, key: string, tensor: Tensor, property: string, load: Load): void {
	if (!Object.hasOwn(load.state, key)) {
		load.missing.push(key);
		return;
	}
	let value: unknown = load.state[key];
	if (!(value instanceof Tensor)) {
		load.errors.push(
			`While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but received ${quoted(value)}`,
		);
		return;
	}
	// A lazy layer takes the shape of what it loads; two without a shape have nothing to tell each other.
	if (isUninitialized(tensor)) {
		if (isUninitialized(value)) return;
		tensor.materialize(value.shape);
	}
	if (isUninitialized(value)) refuseShape();
	if (tensor.ndim === 0 && value.ndim === 1 && value.numel() === 1) value = value.reshape([]);
	const source = value as Tensor;
	if (`${source.shape}` !== `${tensor.shape}`) {
		load.errors.push(
			`size mismatch for ${key}: copying a param with shape ${size(source.shape)} from checkpoint, the shape in current model is ${size(tensor.shape)}.`,
		);
		return;
	}
	noGrad(() => {
		if (!load.assign) tensor.copy_(source);
		else assign(module, property, tensor, source);
	});
}

function assign(module: Module, property: string, present: Tensor, source: Tensor): void {
	const slot = module as unknown as Record<string, Tensor>;
	if (!(present instanceof Parameter)) slot[property] = source;
	else if (source instanceof Parameter) module._setParameter(property, source.requiresGrad_(present.requiresGrad));
	else module._setParameter(property, new Parameter(source, { requiresGrad: present.requiresGrad }));
}
