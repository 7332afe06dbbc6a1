import { describe } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { Tensor as TensorClass } from "../core/tensor";
import type { Module } from "../nn/modules/module";
import type { Parameter } from "../nn/parameter";
import { stack } from "../ops";

/** Tensors by the names that `namedParameters()` and `namedBuffers()` give. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

interface Place {
	owner: Module;
	property: string;
	buffer: boolean;
	value: Tensor;
}

function placesOf(module: Module, prefix: string, found: Map<string, Place>): Map<string, Place> {
	for (const [key, value, property] of module._parameters()) {
		found.set(prefix + key, { owner: module, property, buffer: false, value });
	}
	for (const [key, value, property] of module._buffers()) {
		found.set(prefix + key, { owner: module, property, buffer: true, value });
	}
	for (const [key, child] of module._modules()) placesOf(child, `${prefix}${key}.`, found);
	return found;
}

export interface FunctionalCallOptions {
	/** Refuse names that the module has not, and ask for all that it has. Default false: names that it has not are an error. */
	strict?: boolean;
	/** Tensors that are one in the module are replaced together. Default true. */
	tieWeights?: boolean;
}

/**
 * What `module(...args)` would give with other parameters and buffers: those of `tensors` (one object or several), the
 * module's own where none is given. The module is not changed, and gradients flow to the given tensors.
 *
 * @param args the module's arguments; one that is no array is the only one
 */
export function functionalCall(
	module: Module,
	tensors: NamedTensors | readonly NamedTensors[],
	args: unknown = [],
	{ strict = false, tieWeights = true }: FunctionalCallOptions = {},
): any {
	const given = Object.entries(Object.assign({}, ...([tensors].flat() as object[])) as NamedTensors);
	const places = placesOf(module, "", new Map());
	const unknown = given.filter(([name]) => !places.has(name)).map(([name]) => name);
	if (unknown.length > 0) throw new Error(`[functionalCall] the module has no ${unknown.join(", ")}`);
	if (strict) {
		const missing = [...places.keys()].filter((name) => !given.some(([own]) => own === name));
		if (missing.length > 0) throw new Error(`[functionalCall] strict: ${missing.join(", ")} missing`);
	}
	const replaced: Place[] = [];
	try {
		for (const [name, tensor] of given) {
			if (!(tensor instanceof TensorClass)) {
				throw new TypeError(`[functionalCall] ${name} must be a tensor, got ${describe(tensor)}`);
			}
			const { value } = places.get(name)!;
			for (const place of places.values()) {
				if (place !== places.get(name) && !(tieWeights && place.value === value)) continue;
				replaced.push(place);
				put(place, tensor);
			}
		}
		return (module as unknown as (...args: unknown[]) => unknown)(...(Array.isArray(args) ? args : [args]));
	} finally {
		for (const place of replaced) put(place, place.value);
	}
}

function put({ owner, property, buffer }: Place, tensor: Tensor): void {
	if (buffer) (owner as unknown as Record<string, unknown>)[property] = tensor;
	else owner._setParameter(property, tensor as Parameter);
}

/** Parameters and buffers of modules of one kind, each stacked: for `vmap` over an ensemble by way of `functionalCall`. */
export function stackModuleState(
	models: readonly Module[],
): [parameters: Record<string, Tensor>, buffers: Record<string, Tensor>] {
	if (models.length === 0) throw new RangeError("[stackModuleState] expected at least one model, got 0");
	const kind = models[0]!.constructor;
	if (models.some((model) => model.constructor !== kind)) {
		throw new TypeError("[stackModuleState] expected all models to be of the same class");
	}
	const stacked = (list: (model: Module) => Iterable<[string, Tensor]>, wants: boolean) => {
		const tables = models.map((model) => new Map(list(model)));
		return Object.fromEntries(
			[...tables[0]!.keys()].map((name) => {
				const whole = stack(tables.map((table) => table.get(name)!.detach()));
				return [name, wants ? whole.requiresGrad_() : whole];
			}),
		);
	};
	return [stacked((model) => model.namedParameters(), true), stacked((model) => model.namedBuffers(), false)];
}
