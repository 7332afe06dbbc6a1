import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { type Comm, type CommMessage, openComm } from "../comm";
import { currentHost, ofThisCell } from "../host";
import { inspectText } from "../inspect";
import { flushAtEnd } from "../live";
import { currentOutput } from "../output";
import { putBuffers, separateBuffers } from "./buffers";
import { findModel, register, unregister, widgetProtocol } from "./registry";
import { isPlainObject, type Referred, same, snakeCase, type Traits } from "./trait";

/** What a class of widgets is. */
export interface ModelKind {
	/** The class's name. */
	readonly name: string;
	/** Names in ipywidgets' front end. */
	readonly model: string;
	readonly view: string | null;
	readonly module: string;
	readonly version: string;
	readonly viewModule: string;
	readonly viewVersion: string;
	readonly traits: Traits;
	/** The property that may stand before the options. */
	readonly lead?: string;
}

/** What an observer gets. */
export interface Change<V = unknown, W = unknown> {
	name: string;
	old: V;
	new: V;
	owner: W;
}

type Observer = (change: Change) => void;

/** Shortest time between two updates of one widget, in milliseconds; what comes faster is sent together. */
const pause = 33;

/** Names of the properties that a widget's class gives it, without its methods. */
export type PropertyOf<W> = {
	[K in Exclude<keyof W, keyof Model>]: W[K] extends (...given: never[]) => unknown ? never : K;
}[Exclude<keyof W, keyof Model>] &
	string;

/**
 * What all widgets have: properties that pages show and change. A property is checked when it is set; pages get the
 * change at once, or, in a loop, up to thirty times a second and always before the cell ends.
 */
export class Model implements Referred {
	/** The kind of its class. @internal */
	declare readonly kind: ModelKind;
	/** Names the widget on pages. */
	readonly modelId = randomUUID().replaceAll("-", "");
	#state: Record<string, unknown>;
	#comm: Comm | undefined;
	readonly #observers = new Map<string, Map<unknown, Observer>>();
	readonly #attached = new Set<Model>();
	readonly #dirty = new Set<string>();
	#sent = Number.NEGATIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined;
	#forget: (() => void) | undefined;

	constructor(given: Record<string, unknown>) {
		const { traits } = this.kind;
		this.#state = Object.fromEntries(
			Object.entries(traits).map(([name, trait]) => [name, given[name] === undefined ? trait.initial() : undefined]),
		);
		this.#state = this.#checked(given, true);
	}

	/** Whether pages know the widget. They do when it has been shown, or is a part of something shown. */
	get isOpen(): boolean {
		return this.#comm !== undefined;
	}

	/** Sets several properties at once: they are checked together, and observers see them all changed. */
	set(values: { [K in PropertyOf<this>]?: this[K] }): void {
		this.#change(this.#checked(values));
	}

	/**
	 * Calls `handler` whenever the property changes, in the kernel or on a page; without a name, whenever any does. The
	 * handler belongs to the cell that calls `observe`: its output and errors stand there.
	 */
	observe<K extends PropertyOf<this>>(
		handler: (change: Change<this[K], this>) => unknown,
		name: K | readonly K[],
	): void;
	observe(handler: (change: Change<unknown, this>) => unknown): void;
	observe(handler: (change: Change<any, this>) => unknown, names: string | readonly string[] = everything): void {
		const bound = ofThisCell(handler as Observer);
		for (const name of [names].flat() as string[]) {
			if (name !== everything) this.#trait(name);
			let observers = this.#observers.get(name);
			if (observers === undefined) {
				observers = new Map();
				this.#observers.set(name, observers);
			}
			observers.set(handler, bound);
		}
	}

	/** Takes `observe` back: of one property, or of all. */
	unobserve(handler: (change: never) => unknown, name?: PropertyOf<this> | readonly PropertyOf<this>[]): void {
		const names = name === undefined ? [...this.#observers.keys()] : ([name].flat() as string[]);
		for (const one of names) this.#observers.get(one)?.delete(handler);
	}

	/** Sends a message of the widget's own kind to its views. */
	send(content: Record<string, unknown>, buffers: readonly Uint8Array[] = []): void {
		this.flush();
		this.#comm?.send({ method: "custom", content }, { buffers });
	}

	/** Makes the widget known to pages. Showing it does so by itself. */
	open(): void {
		if (this.#comm !== undefined || currentHost() === undefined) return;
		// Parts first: a page makes the widgets in the order in which it hears of them.
		const { state, paths, buffers } = separateBuffers(this.modelState((part) => (part as Model).open()));
		this.#comm = openComm(
			"jupyter.widget",
			{ state, buffer_paths: paths },
			{ id: this.modelId, buffers, metadata: { version: widgetProtocol } },
		);
		this.#dirty.clear();
		this.#comm.onMessageDirectly((message) => this.#receive(message));
		this.#comm.onClose(() => this.#ended());
		register(this);
	}

	/** Takes the widget from all pages, with what belongs to it alone. */
	close(): void {
		const comm = this.#comm;
		if (comm === undefined) return;
		this.flush();
		this.#ended();
		comm.close();
		for (const part of [...this.#attached, ...this.ownParts()]) part.close();
	}

	/** Sends changes that wait. @internal */
	flush(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#forget?.();
		this.#forget = undefined;
		if (this.#comm === undefined || this.#dirty.size === 0) return;
		this.#sendState([...this.#dirty]);
		// Not before: the stop button may end this in between, and what is still marked goes out next time.
		this.#dirty.clear();
		this.#sent = performance.now();
	}

	/** All that pages know of it, by the keys of messages. `refer` is called for every widget that it names. @internal */
	modelState(refer: (model: Referred) => void = () => {}): Record<string, unknown> {
		const { kind } = this;
		const state: Record<string, unknown> = {
			_model_module: kind.module,
			_model_module_version: kind.version,
			_model_name: kind.model,
			_view_count: null,
			_view_module: kind.viewModule,
			_view_module_version: kind.viewVersion,
			_view_name: kind.view,
		};
		for (const name of Object.keys(kind.traits)) {
			if (kind.traits[name]!.synced !== false) state[this.#key(name)] = this.#json(name, refer);
		}
		return state;
	}

	/** As ipywidgets writes it: the value, and what is not as it is by default. */
	toString(): string {
		const { name, traits } = this.kind;
		const value = "value" in traits ? ["value"] : [];
		const others = Object.keys(traits)
			.filter((key) => key !== "value" && !traits[key]!.derived && !(this.#state[key] instanceof Model))
			.filter((key) => !same(this.#state[key], traits[key]!.initial()))
			.sort();
		const shown = [...value, ...others].map((key) => `${key}=${inspectText(this.#state[key])}`).join(", ");
		return `${name}(${shown.length > longestText ? `${shown.slice(0, longestText)}…` : shown})`;
	}

	[inspect.custom](): string {
		return this.toString();
	}

	/** A property as it is. @internal */
	property(name: string): unknown {
		return this.#state[name];
	}

	/**
	 * Brings properties that depend on one another into agreement, in place, before a change is made. Throws where they
	 * cannot be.
	 * @param given the names that are set
	 * @param first whether the widget is being made
	 */
	protected settle(_next: Record<string, any>, _given: ReadonlySet<string>, _first: boolean): void {}

	/** Widgets that go with this one when it is closed. */
	protected ownParts(): Model[] {
		return [];
	}

	/** Closes `other` when this widget is closed: it would make no sense without it. @internal */
	attach(other: Model): void {
		this.#attached.add(other);
	}

	/** A message of the view's own kind. */
	protected receiveCustom(_content: Record<string, unknown>, _buffers: readonly Uint8Array[]): void {}

	/** When the next update may be sent, by the clock of `performance.now()`, the latest having been sent at `sent`. */
	protected nextUpdate(sent: number): number {
		return sent + pause;
	}

	/** Puts a value in place, unchecked: pages are told, observers are not. For what changes often and is large. */
	protected replaceProperty(name: string, value: unknown): void {
		this.#state[name] = value;
		this.#sync([name]);
	}

	#trait(name: string) {
		const trait = Object.hasOwn(this.kind.traits, name) ? this.kind.traits[name] : undefined;
		if (trait !== undefined) return trait;
		const names = Object.keys(this.kind.traits).filter((one) => !one.startsWith("_"));
		throw new TypeError(`[${this.kind.name}] there is no property "${name}"; it has ${names.join(", ")}`);
	}

	#key(name: string): string {
		return this.kind.traits[name]!.key ?? snakeCase(name);
	}

	#json(name: string, refer: (model: Referred) => void): unknown {
		const value = this.#state[name];
		const { toJson } = this.kind.traits[name]!;
		return toJson === undefined ? value : toJson(value, refer);
	}

	#checked(given: Record<string, unknown>, first = false): Record<string, unknown> {
		const next = { ...this.#state };
		const names = new Set<string>();
		for (const [name, value] of Object.entries(given)) {
			if (value === undefined) continue;
			next[name] = this.#trait(name).check(value, `[${this.kind.name}] ${name}`);
			names.add(name);
		}
		this.settle(next, names, first);
		return next;
	}

	/** @param fromPage what a page has sent and so knows, by property, in its JSON form */
	#change(next: Record<string, unknown>, fromPage?: ReadonlyMap<string, unknown>): void {
		const before = this.#state;
		const changed = Object.keys(next).filter((name) => !same(next[name], before[name]));
		this.#state = next;
		const toSend = new Set(changed);
		for (const [name, json] of fromPage ?? []) {
			// What was put right (a value beyond its limits) the page must hear, also where nothing changed here.
			if (
				same(
					this.#json(name, () => {}),
					json,
				)
			)
				toSend.delete(name);
			else toSend.add(name);
		}
		this.#sync([...toSend].filter((name) => this.kind.traits[name]!.synced !== false));
		for (const name of changed) {
			const change = { name, old: before[name], new: next[name], owner: this };
			for (const observed of [name, everything])
				for (const observer of [...(this.#observers.get(observed)?.values() ?? [])]) observer(change);
		}
	}

	#sync(names: string[]): void {
		if (this.#comm === undefined || names.length === 0) return;
		for (const name of names) this.#dirty.add(name);
		const wait = this.nextUpdate(this.#sent) - performance.now();
		if (wait <= 0) {
			this.flush();
			return;
		}
		const output = currentOutput();
		if (output !== undefined) this.#forget ??= flushAtEnd(output, this);
		this.#timer ??= setTimeout(() => this.flush(), wait).unref();
	}

	#sendState(names: readonly string[]): void {
		const state: Record<string, unknown> = {};
		for (const name of names) state[this.#key(name)] = this.#json(name, (part) => (part as Model).open());
		this.#sendUpdate("update", state);
	}

	#sendUpdate(method: "update" | "echo_update", whole: Record<string, unknown>): void {
		const { state, paths, buffers } = separateBuffers(whole);
		this.#comm?.send({ method, state, buffer_paths: paths }, { buffers });
	}

	#receive({ data, buffers }: CommMessage): void {
		switch (data.method) {
			case "update":
				this.#receiveState(data, buffers);
				break;
			case "request_state":
				this.#dirty.clear();
				this.#sendState(Object.keys(this.kind.traits).filter((name) => this.kind.traits[name]!.synced !== false));
				break;
			case "custom":
				if (isPlainObject(data.content)) this.receiveCustom(data.content, buffers);
				break;
			default:
				throw new Error(`[${this.kind.name}] unknown method ${JSON.stringify(data.method)}`);
		}
	}

	#receiveState({ state: given, buffer_paths: paths }: Record<string, unknown>, buffers: readonly Uint8Array[]): void {
		if (!isPlainObject(given)) throw new Error(`[${this.kind.name}] an update without a state`);
		putBuffers(given, paths, buffers);
		const known = new Map<string, unknown>();
		for (const [name, trait] of Object.entries(this.kind.traits)) {
			const key = this.#key(name);
			if (trait.synced !== false && Object.hasOwn(given, key)) known.set(name, given[key]);
		}
		if (known.size === 0) return;
		// First of all: a page holds its own later changes back until it has heard this one again.
		this.#sendUpdate("echo_update", Object.fromEntries([...known].map(([name, json]) => [this.#key(name), json])));
		try {
			const values = [...known].map(([name, json]) => {
				const { fromJson } = this.kind.traits[name]!;
				return [name, fromJson === undefined ? json : fromJson(json, findModel)] as const;
			});
			this.#change(this.#checked(Object.fromEntries(values)), known);
		} catch (error) {
			// The page shows what is not so: it is told how things are.
			this.#sendState([...known.keys()]);
			throw error;
		}
	}

	#ended(): void {
		unregister(this);
		this.#comm = undefined;
	}
}

const everything = "*";
const longestText = 200;
