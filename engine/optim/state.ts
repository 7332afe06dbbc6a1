import { native } from "../core/native";
import { markIntegerKeys } from "../core/pythonDict";
import { quoted } from "../core/signature";
import { Tensor, wrap } from "../core/tensor";
import type { Optimizer } from "./optimizer";

/* An optimiser's state in PyTorch's form, so that checkpoints interchange. */

export interface OptimizerStateDict {
	/** By the parameter's number, counted through all groups. */
	state: Record<string, Record<string, unknown>>;
	param_groups: (Record<string, unknown> & { params: number[] })[];
}

/** PyTorch's names of properties, where underscores do not give them. */
const keys: Record<string, string> = {
	HDiag: "H_diag",
	TMax: "T_max",
	T0: "T_0",
	TI: "T_i",
	TMult: "T_mult",
	TCur: "T_cur",
};
const properties = Object.fromEntries(Object.entries(keys).map(([property, key]) => [key, property]));

/** PyTorch's name of an option or of a part of the state: `maxIter` is `max_iter`, `_lastLr` is `_last_lr`. */
export function keyOf(property: string): string {
	return keys[property] ?? property.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

export function propertyOf(key: string): string {
	return properties[key] ?? key.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function optimizerState(optimizer: Optimizer): OptimizerStateDict {
	const numbers = new Map<Tensor, number>();
	for (const group of optimizer.paramGroups) for (const param of group.params) numbers.set(param, numbers.size);
	const state: OptimizerStateDict["state"] = markIntegerKeys({});
	for (const [param, values] of optimizer.state) {
		const number = numbers.get(param);
		if (number === undefined) continue;
		const entry: Record<string, unknown> = {};
		for (const [property, value] of Object.entries(values)) {
			if (value === undefined) continue;
			// PyTorch counts steps in tensors of no dimensions.
			entry[keyOf(property)] = optimizer._countsInTensors(property) ? count(value as number) : value;
		}
		state[number] = entry;
	}
	const groups = optimizer.paramGroups.map((group) => {
		const entry: Record<string, unknown> = {};
		for (const [property, value] of Object.entries(group)) if (property !== "params") entry[keyOf(property)] = value;
		return { ...entry, params: group.params.map((param) => numbers.get(param)!) };
	});
	return { state, param_groups: groups };
}

function count(value: number): Tensor {
	return wrap(native.full([], value, 6));
}

export function loadOptimizerState(optimizer: Optimizer, dict: OptimizerStateDict): void {
	const name = optimizer.constructor.name;
	if (typeof dict?.state !== "object" || !Array.isArray(dict.param_groups)) {
		throw new TypeError(`[${name}] loadStateDict expects an object with state and param_groups, got ${quoted(dict)}`);
	}
	const groups = optimizer.paramGroups;
	if (dict.param_groups.length !== groups.length) {
		throw new RangeError(`[${name}] loaded state dict has a different number of parameter groups`);
	}
	groups.forEach((group, i) => {
		if (dict.param_groups[i]!.params.length !== group.params.length) {
			throw new RangeError(
				`[${name}] loaded state dict contains a parameter group that doesn't match the size of optimizer's group`,
			);
		}
	});
	const params = new Map<number, Tensor>();
	groups.forEach((group, i) => {
		group.params.forEach((param: Tensor, j: number) => {
			params.set(dict.param_groups[i]!.params[j]!, param);
		});
	});
	optimizer.state.clear();
	for (const [number, values] of Object.entries(dict.state)) {
		const param = params.get(Number(number));
		if (param === undefined) continue;
		const entry: Record<string, unknown> = {};
		for (const [key, value] of Object.entries(values)) {
			const property = propertyOf(key);
			entry[property] = optimizer._countsInTensors(property) ? asNumber(value) : ownCopy(value, param);
		}
		optimizer.state.set(param, entry);
	}
	groups.forEach((group, i) => {
		const { params: _, ...options } = dict.param_groups[i]!;
		for (const [key, value] of Object.entries(options)) {
			const property = propertyOf(key);
			// Hints of newer or older releases mean nothing here.
			if (property in optimizer._specs || property in group || isScheduled(property)) {
				(group as Record<string, unknown>)[property] = value;
			}
		}
	});
}

function isScheduled(property: string): boolean {
	return ["initialLr", "maxLr", "minLr", "maxMomentum", "baseMomentum", "initialMomentum", "swaLr"].includes(property);
}

function asNumber(value: unknown): number {
	return value instanceof Tensor ? value.item() : Number(value);
}

/** A copy in the parameter's dtype, where the parameter is. */
function ownCopy(value: unknown, param: Tensor): unknown {
	if (value instanceof Tensor) {
		const dtype = value.isFloatingPoint() && param.isFloatingPoint() ? param.dtype.code : value.dtype.code;
		return wrap(native.toDevice(native.to(value.handle, dtype), native.device(param.handle), false));
	}
	return Array.isArray(value) ? value.map((item) => ownCopy(item, param)) : value;
}
