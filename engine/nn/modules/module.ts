import { inspect } from "node:util";
import { Device, type DeviceLike, placeOf } from "../../core/device";
import { bfloat16, type DType, float16, float32, float64, isDType } from "../../core/dtype";
import { noGrad } from "../../core/gradMode";
import { native } from "../../core/native";
import { indented } from "../../core/pythonText";
import { checkOptionNames, quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { Buffer, Parameter } from "../parameter";
import { type Copier, copyWith, deepcopy } from "./copy";
import {
	addHook,
	type BackwardHook,
	type BackwardPreHook,
	callsWatched,
	callWithHooks,
	copyHooks,
	type ForwardHook,
	type ForwardPreHook,
	type Hooks,
	noHooks,
	type RemovableHandle,
} from "./hooks";
import { keyOf, propertyOf } from "./names";
import {
	copyStateHooks,
	type IncompatibleKeys,
	type LoadOptions,
	loadStateDict,
	type StateDict,
	type StateDictOptions,
	type StateHooks,
	stateDict,
} from "./state";

/** @internal What a module knows of itself beside its properties. */
export interface ModuleState {
	hooks: Hooks | null;
	stateHooks: StateHooks | null;
	/** Properties that are buffers, and whether they are saved. */
	buffers: Map<string, boolean>;
}

/** Instances are functions: `model(x)` runs hooks and `forward`. */
class Callable {
	constructor() {
		const self = ((...args: unknown[]) => {
			const hooks = self._state.hooks;
			return hooks === null && !callsWatched() ? self.forward(...args) : callWithHooks(self, hooks, args);
		}) as unknown as Module;
		Object.setPrototypeOf(self, new.target.prototype);
		// A function's own; they would hide a module's.
		delete (self as { name?: unknown }).name;
		delete (self as { length?: unknown }).length;
		const state: ModuleState = { hooks: null, stateHooks: null, buffers: new Map() };
		Object.defineProperty(self, "_state", { value: state });
		// biome-ignore lint/correctness/noConstructorReturn: the function is the instance that subclasses build on
		return self;
	}
}

export interface MemberOptions {
	/** Put before every name, with a dot. */
	prefix?: string;
	/** Look into submodules too. Default true. */
	recurse?: boolean;
	/** Give what occurs several times only once. Default true. */
	removeDuplicate?: boolean;
}

export interface ToOptions {
	dtype?: DType;
	device?: DeviceLike;
}

function toOptions(target: DType | DeviceLike | Tensor | ToOptions): ToOptions {
	if (target instanceof Tensor) return { dtype: target.dtype, device: target.device };
	if (isDType(target)) return { dtype: target };
	if (target instanceof Device || typeof target === "string") return { device: target };
	checkOptionNames("to", ["dtype", "device"], target);
	return target;
}

export interface Module {
	/** Runs the hooks and `forward`. */
	(...args: Parameters<this["forward"]>): ReturnType<this["forward"]>;
	/**
	 * What a class keeps beside tensors: one that defines this and `setExtraState` has it in its state dict, as `_extra_state`.
	 */
	getExtraState?(): unknown;
	/** Takes over what `getExtraState` gave, when a state dict is loaded. */
	setExtraState?(state: any): void;
}

/**
 * Base class of all layers and networks. A subclass assigns parameters and submodules to properties and defines
 * `forward`; calling the module runs it.
 *
 * ```ts
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(784, 100);
 *   out = new nn.Linear(100, 10);
 *   forward(x: Tensor) { return this.out(this.hidden(x).relu()); }
 * }
 * ```
 *
 * Parameters, buffers and submodules are found among the module's own properties, in the order in which they were first
 * assigned. Their names in `stateDict()` and the like are PyTorch's: `runningMean` is `running_mean`.
 */
export abstract class Module extends Callable {
	/** @internal */
	declare readonly _state: ModuleState;
	/** True while training; dropout and batch normalisation behave by it. Set by `train()` and `eval()`. */
	training = true;

	/** What the module computes. Call the module itself, which runs the hooks too. */
	abstract forward(...args: any[]): any;

	/** PyTorch's name of a property of this module. Containers keep the user's names as they are. @internal */
	_keyOf(property: string): string {
		return keyOf(property);
	}

	/** The property with this PyTorch name; undefined where there is none. @internal */
	_propertyOf(key: string): string | undefined {
		for (const property of Object.keys(this)) if (this._keyOf(property) === key) return property;
		return undefined;
	}

	/** Own members of one kind with their PyTorch names. @internal */
	_members<T>(is: (value: unknown, property: string) => value is T): [key: string, value: T, property: string][] {
		const found: [string, T, string][] = [];
		for (const property of Object.keys(this)) {
			const value = (this as unknown as Record<string, unknown>)[property];
			if (!is(value, property)) continue;
			const key = this._keyOf(property);
			const other = found.find(([name]) => name === key);
			if (other) {
				throw new Error(
					`[${this.constructor.name}] the properties ${other[2]} and ${property} have the same name ${key}`,
				);
			}
			found.push([key, value, property]);
		}
		return found;
	}

	/** @internal */
	_parameters(): [key: string, value: Parameter, property: string][] {
		return this._members((value): value is Parameter => value instanceof Parameter);
	}

	/** Puts another parameter under a property. @internal */
	_setParameter(property: string, parameter: Parameter): void {
		(this as unknown as Record<string, unknown>)[property] = parameter;
	}

	/** @internal */
	_buffers(): [key: string, value: Tensor, property: string][] {
		return this._members(
			(value, property): value is Tensor =>
				value instanceof Buffer || (value instanceof Tensor && this._state.buffers.has(property)),
		);
	}

	/** @internal Adds what checkpoints of earlier versions lack. */
	_completeState(_state: Record<string, Tensor>, _prefix: string): void {}

	/** @internal */
	_isPersistent(property: string): boolean {
		const value = (this as unknown as Record<string, unknown>)[property];
		return value instanceof Buffer ? value.persistent : (this._state.buffers.get(property) ?? false);
	}

	/** @internal */
	_modules(): [key: string, value: Module, property: string][] {
		return this._members((value): value is Module => value instanceof Module);
	}

	/**
	 * Makes `tensor` (or null, for later) a buffer: part of the state that is not learned. It is the property `name`, in
	 * camelCase or in PyTorch's form. Not saved with `{persistent: false}`.
	 */
	registerBuffer(name: string, tensor: Tensor | null, options: { persistent?: boolean } = {}): void {
		if (tensor !== null && !(tensor instanceof Tensor)) {
			throw new TypeError(`[registerBuffer] ${JSON.stringify(name)} must be a tensor or null, got ${quoted(tensor)}`);
		}
		const property = this.#newProperty(
			"registerBuffer",
			name,
			(present, own) => present instanceof Buffer || (present instanceof Tensor && this._state.buffers.has(own)),
		);
		this._state.buffers.set(property, options.persistent ?? true);
		(this as unknown as Record<string, unknown>)[property] = tensor;
	}

	/** Makes `parameter` (or null) the property `name`. */
	registerParameter(name: string, parameter: Parameter | null): void {
		if (parameter !== null && !(parameter instanceof Parameter)) {
			throw new TypeError(
				`[registerParameter] ${JSON.stringify(name)} must be a Parameter or null, got ${quoted(parameter)}`,
			);
		}
		const property = this.#newProperty("registerParameter", name, (present) => present instanceof Parameter);
		(this as unknown as Record<string, unknown>)[property] = parameter;
	}

	/** Makes `module` (or null) the property `name`. */
	registerModule(name: string, module: Module | null): void {
		if (module !== null && !(module instanceof Module)) {
			throw new TypeError(`[registerModule] ${JSON.stringify(name)} must be a Module or null, got ${quoted(module)}`);
		}
		const property = this.#newProperty("registerModule", name, (present) => present instanceof Module);
		(this as unknown as Record<string, unknown>)[property] = module;
	}

	/** Adds a submodule under a name that need not be a property's. */
	addModule(name: string, module: Module | null): void {
		this.registerModule(name, module);
	}

	/** The property of this name; `replaces` says what may be there already. */
	#newProperty(op: string, name: string, replaces: (present: unknown, property: string) => boolean): string {
		if (typeof name !== "string") throw new TypeError(`[${op}] the name must be a string, got ${quoted(name)}`);
		if (name === "" || name.includes(".")) {
			throw new RangeError(`[${op}] the name must not be empty or contain a dot, got ${JSON.stringify(name)}`);
		}
		// A name in PyTorch's form becomes the property that has this key; another name is a property already.
		const property = this._keyOf(name) === name ? propertyOf(name) : name;
		const present = (this as unknown as Record<string, unknown>)[property];
		const fresh = present === undefined || present === null || replaces(present, property);
		if (!fresh || property in Module.prototype) {
			throw new Error(`[${op}] attribute '${name}' already exists`);
		}
		return property;
	}

	/** All parameters, each once. */
	parameters(options: { recurse?: boolean } = {}): Parameter[] {
		return this.namedParameters(options).map(([, parameter]) => parameter);
	}

	/** All parameters with their PyTorch names (`0.weight`), each once. */
	namedParameters(options: MemberOptions = {}): [name: string, parameter: Parameter][] {
		return this.#named(options, (module) => module._parameters());
	}

	/** All buffers, each once. */
	buffers(options: { recurse?: boolean } = {}): Tensor[] {
		return this.namedBuffers(options).map(([, buffer]) => buffer);
	}

	/** All buffers with their PyTorch names (`1.running_mean`), each once. */
	namedBuffers(options: MemberOptions = {}): [name: string, buffer: Tensor][] {
		return this.#named(options, (module) => module._buffers());
	}

	#named<T extends Tensor>(
		{ prefix = "", recurse = true, removeDuplicate = true }: MemberOptions,
		members: (module: Module) => [string, T, string][],
	): [string, T][] {
		const seen = new Set<T>();
		const found: [string, T][] = [];
		const modules: [string, Module][] = recurse
			? this.namedModules({ prefix, removeDuplicate })
			: [[prefix, this as Module]];
		for (const [path, module] of modules) {
			for (const [key, value] of members(module)) {
				if (removeDuplicate && seen.has(value)) continue;
				seen.add(value);
				found.push([path ? `${path}.${key}` : key, value]);
			}
		}
		return found;
	}

	/** The modules right inside this one, each once. */
	children(): Module[] {
		return this.namedChildren().map(([, module]) => module);
	}

	/** The direct submodules with their names. */
	namedChildren(): [name: string, module: Module][] {
		const seen = new Set<Module>();
		return this._modules().flatMap(([key, module]) => {
			if (seen.has(module)) return [];
			seen.add(module);
			return [[key, module] as [string, Module]];
		});
	}

	/** This module and all inside it, each once, outer ones first. */
	modules(): Module[] {
		return this.namedModules().map(([, module]) => module);
	}

	/** This module (under the name "") and all inside it with their PyTorch names (`0.1`). */
	namedModules(
		options: { prefix?: string; removeDuplicate?: boolean; memo?: Set<Module> } = {},
	): [name: string, module: Module][] {
		const { prefix = "", removeDuplicate = true, memo = new Set<Module>() } = options;
		if (memo.has(this as Module)) return [];
		if (removeDuplicate) memo.add(this as Module);
		const found: [string, Module][] = [[prefix, this as Module]];
		for (const [key, module] of this._modules()) {
			found.push(...module.namedModules({ prefix: prefix ? `${prefix}.${key}` : key, removeDuplicate, memo }));
		}
		return found;
	}

	/** The module with this PyTorch name, `"layers.0"`; "" is this one. */
	getSubmodule(target: string): Module {
		let module: Module = this as Module;
		if (target === "") return module;
		for (const key of target.split(".")) {
			const next: Module | undefined = module._modules().find(([name]) => name === key)?.[1];
			if (next === undefined) {
				throw module._propertyOf(key) === undefined
					? new Error(`[getSubmodule] ${module.constructor.name} has no attribute \`${key}\``)
					: new TypeError(`[getSubmodule] \`${key}\` is not an nn.Module`);
			}
			module = next;
		}
		return module;
	}

	/**
	 * Puts a module in the place of the one with this PyTorch name, `"layers.0"`, or under a new name of the module above.
	 * `{strict: true}` refuses new names.
	 */
	setSubmodule(target: string, module: Module, options: { strict?: boolean } = {}): void {
		if (target === "") throw new RangeError("[setSubmodule] cannot set the submodule without a target name");
		if (!(module instanceof Module)) {
			throw new TypeError(`[setSubmodule] \`module\` is not an nn.Module, got ${quoted(module)}`);
		}
		const dot = target.lastIndexOf(".");
		const parent = this.getSubmodule(dot < 0 ? "" : target.slice(0, dot));
		const key = target.slice(dot + 1);
		if (!parent._modules().some(([name]) => name === key)) {
			if (parent._propertyOf(key) !== undefined) throw new TypeError(`[setSubmodule] \`${key}\` is not an nn.Module`);
			if (options.strict) throw new Error(`[setSubmodule] ${parent.constructor.name} has no attribute \`${key}\``);
		}
		parent.registerModule(key, module);
	}

	/** The parameter with this PyTorch name, `"0.weight"`. */
	getParameter(target: string): Parameter {
		const value = this.#get("getParameter", target);
		if (!(value instanceof Parameter)) throw new TypeError(`[getParameter] \`${target}\` is not an nn.Parameter`);
		return value;
	}

	/** The buffer with this PyTorch name, `"1.running_mean"`. */
	getBuffer(target: string): Tensor {
		const found = this.namedBuffers({ removeDuplicate: false }).find(([name]) => name === target);
		if (found) return found[1];
		this.#get("getBuffer", target);
		throw new TypeError(`[getBuffer] \`${target}\` is not a buffer`);
	}

	#get(op: string, target: string): unknown {
		const dot = target.lastIndexOf(".");
		const module = this.getSubmodule(dot < 0 ? "" : target.slice(0, dot));
		const key = target.slice(dot + 1);
		const property = module._propertyOf(key);
		if (property === undefined) throw new Error(`[${op}] ${module.constructor.name} has no attribute \`${key}\``);
		return (module as unknown as Record<string, unknown>)[property];
	}

	/** Calls `fn` with every module inside, innermost first, then with this one: for initialisation by class. */
	apply(fn: (module: Module) => void): this {
		for (const child of this.children()) child.apply(fn);
		fn(this as Module);
		return this;
	}

	/** Sets training mode here and inside. */
	train(mode = true): this {
		if (typeof mode !== "boolean") throw new TypeError(`[train] mode must be true or false, got ${quoted(mode)}`);
		this.training = mode;
		for (const child of this.children()) child.train(mode);
		return this;
	}

	/** Sets evaluation mode here and inside. */
	eval(): this {
		return this.train(false);
	}

	/** Sets whether the parameters want gradients: `false` freezes them. */
	requiresGrad_(requiresGrad = true): this {
		for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
		return this;
	}

	/** Clears all gradients; `{setToNone: false}` fills them with zeros instead. */
	zeroGrad(options: { setToNone?: boolean } = {}): void {
		for (const parameter of this.parameters()) {
			const grad = parameter._grad;
			if (grad === null) continue;
			if (options.setToNone ?? true) parameter.grad = null;
			else parameter.grad = noGrad(() => grad.detach().zero_());
		}
	}

	/** Replaces the data of every parameter, gradient and buffer by `fn` of it. @internal */
	_apply(fn: (tensor: Tensor) => Tensor, recurse = true): this {
		noGrad(() => {
			for (const parameter of this.parameters({ recurse })) {
				const grad = parameter.grad;
				parameter.grad = null;
				parameter.data = fn(parameter.data);
				if (grad !== null) parameter.grad = fn(grad.data);
			}
			for (const module of recurse ? this.modules() : [this]) {
				for (const [, buffer, property] of module._buffers()) {
					if (buffer instanceof Buffer) buffer.data = fn(buffer.data);
					else (module as unknown as Record<string, unknown>)[property] = fn(buffer);
				}
				module._moved();
			}
		});
		return this;
	}

	/** What a layer does when its parameters have got new memory. @internal */
	_moved(): void {}

	/** Casts the floating point parameters and buffers, or moves all to a device, in place. */
	to(target: DType | DeviceLike | Tensor | ToOptions): this {
		const { dtype, device } = toOptions(target);
		if (dtype !== undefined && !dtype.isFloatingPoint) {
			throw new TypeError(`[to] a module only accepts floating point dtypes, got ${dtype}`);
		}
		return this._apply((tensor) => {
			const options = { ...(device && { device }), ...(dtype && tensor.isFloatingPoint() && { dtype }) };
			return tensor.to(options);
		});
	}

	/** Gives parameters and buffers new memory on a device, whose contents are not set. `recurse`: in submodules too. Default true. */
	toEmpty(options: { device: DeviceLike; recurse?: boolean }): this {
		checkOptionNames("toEmpty", ["device", "recurse"], options ?? {});
		const { device, recurse = true } = options ?? {};
		if (device === undefined) throw new TypeError('[toEmpty] device is missing: { device: "cuda" }');
		const place = placeOf("toEmpty", device);
		return this._apply((tensor) => wrap(native.empty(tensor.shape, tensor.dtype.code, place)), recurse);
	}

	/** Moves parameters and buffers to the CPU. */
	cpu(): this {
		return this.to("cpu");
	}

	/** Moves parameters and buffers to a GPU. */
	cuda(index?: number): this {
		return this.to(new Device("cuda", index ?? null));
	}

	/** Casts the floating point parameters and buffers to float32, in place. */
	float(): this {
		return this.to(float32);
	}

	/** Casts the floating point parameters and buffers to float64, in place. */
	double(): this {
		return this.to(float64);
	}

	/** Casts the floating point parameters and buffers to float16, in place. */
	half(): this {
		return this.to(float16);
	}

	/** Casts the floating point parameters and buffers to bfloat16, in place. */
	bfloat16(): this {
		return this.to(bfloat16);
	}

	/** A copy that shares nothing with this module: parameters, buffers and submodules are copied, gradients are not. */
	clone(): this {
		return deepcopy(this);
	}

	/** Runs no constructor but Module's own: the properties come from the original. @internal */
	[copyWith]({ copy, remember }: Copier): this {
		const made = remember(this, Reflect.construct(Module, [], this.constructor as new () => Module) as this);
		for (const property of Object.keys(this)) {
			const descriptor = Object.getOwnPropertyDescriptor(this, property)!;
			if ("value" in descriptor) descriptor.value = copy(descriptor.value);
			Object.defineProperty(made, property, descriptor);
		}
		for (const [property, persistent] of this._state.buffers) made._state.buffers.set(property, persistent);
		if (this._state.hooks) made._state.hooks = copyHooks(this._state.hooks);
		if (this._state.stateHooks) made._state.stateHooks = copyStateHooks(this._state.stateHooks);
		made._moved();
		return made;
	}

	/** Parameters and saved buffers by their PyTorch names. The tensors share memory with the module's. */
	stateDict(options: StateDictOptions = {}): StateDict {
		return stateDict(this as Module, options);
	}

	/** What JSON has of a module: its state dict, tensors as nested numbers. */
	toJSON(): StateDict {
		return this.stateDict();
	}

	/**
	 * Copies the tensors of a state dict into this module's. Throws (after loading what fits) where keys are missing or
	 * unexpected, unless `{strict: false}`, and where a shape differs; `{assign: true}` takes over the given tensors.
	 */
	loadStateDict(state: StateDict, options: LoadOptions = {}): IncompatibleKeys {
		return loadStateDict(this as Module, state, options);
	}

	#hooks(): Hooks {
		this._state.hooks ??= noHooks();
		return this._state.hooks;
	}

	/** `hook(module, args)` runs before forward; what it returns (an array, or one value) replaces the arguments. */
	registerForwardPreHook(hook: ForwardPreHook, options: { prepend?: boolean } = {}): RemovableHandle {
		return addHook(this.#hooks().pre, hook, options.prepend);
	}

	/** `hook(module, args, output)` runs after forward; what it returns replaces the output. */
	registerForwardHook(
		hook: ForwardHook,
		options: { prepend?: boolean /** Also when forward threw. */; alwaysCall?: boolean } = {},
	): RemovableHandle {
		const hooks = this.#hooks();
		const handle = addHook(hooks.forward, hook, options.prepend);
		if (options.alwaysCall) hooks.always.add(hook);
		return handle;
	}

	/** `hook(module, gradInput, gradOutput)` runs when the gradients of the inputs are known, and may replace them. */
	registerFullBackwardHook(hook: BackwardHook, options: { prepend?: boolean } = {}): RemovableHandle {
		return addHook(this.#hooks().backward, hook, options.prepend);
	}

	/** `hook(module, gradOutput)` runs when the gradients of the outputs are known, and may replace them. */
	registerFullBackwardPreHook(hook: BackwardPreHook, options: { prepend?: boolean } = {}): RemovableHandle {
		return addHook(this.#hooks().backwardPre, hook, options.prepend);
	}

	#stateHooks(): StateHooks {
		this._state.stateHooks ??= { before: [], save: [], load: [], loaded: [] };
		return this._state.stateHooks;
	}

	/** `hook(module, prefix, keepVars)` runs before this module's part of a state dict is made. */
	registerStateDictPreHook(hook: StateHooks["before"][number]): RemovableHandle {
		return addHook(this.#stateHooks().before, hook);
	}

	/** `hook(module, state, prefix)` runs when this module's part of a state dict is complete, and may change it. */
	registerStateDictPostHook(hook: StateHooks["save"][number]): RemovableHandle {
		return addHook(this.#stateHooks().save, hook);
	}

	/** `hook(module, state, prefix)` runs before this module's part is loaded: to rename old keys, for instance. */
	registerLoadStateDictPreHook(hook: StateHooks["load"][number]): RemovableHandle {
		return addHook(this.#stateHooks().load, hook);
	}

	/** `hook(module, {missingKeys, unexpectedKeys})` runs after loading, and may change the lists. */
	registerLoadStateDictPostHook(hook: StateHooks["loaded"][number]): RemovableHandle {
		return addHook(this.#stateHooks().loaded, hook);
	}

	/** What stands between the parentheses when the module is printed. */
	extraRepr(): string {
		return "";
	}

	/** The lines of submodules when the module is printed. @internal */
	_childLines(): string[] {
		return this._modules().map(([key, module]) => `(${key}): ${indented(String(module), 2)}`);
	}

	/** PyTorch's text. */
	override toString(): string {
		const extra = this.extraRepr();
		const children = this._childLines();
		const name = this.constructor.name;
		if (children.length === 0 && !extra.includes("\n")) return `${name}(${extra})`;
		const lines = [...(extra ? extra.split("\n") : []), ...children];
		return `${name}(\n  ${lines.join("\n  ")}\n)`;
	}

	[inspect.custom](): string {
		return this.toString();
	}
}

// The compiler asks every subclass for its forward; where nothing was compiled the call says what is missing.
Object.defineProperty(Module.prototype, "forward", {
	value(this: Module) {
		throw new Error(`Module [${this.constructor.name}] is missing the required "forward" function`);
	},
	writable: true,
	configurable: true,
});
