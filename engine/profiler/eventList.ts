import { inspect } from "node:util";
import { checkOptionNames } from "../core/signature";
import { type FunctionEvent, FunctionEventAvg } from "./events";
import { formatShapes } from "./format";
import { eventTable, type TableOptions } from "./table";

export interface KeyAveragesOptions {
	/** Tell calls with inputs of other shapes apart; wants `recordShapes`. Default false. */
	groupByInputShape?: boolean;
	/** Tell calls from other places apart, by so many frames; wants `withStack`. Default 0. */
	groupByStackN?: number;
	/** With the events of modules, which otherwise stand in the trace only. Default false. */
	includePythonFunctions?: boolean;
}

/** Events, or the sums of those of one name. `table()` is PyTorch's text, and so is the list's own. */
export class EventList<T extends FunctionEvent | FunctionEventAvg = FunctionEvent> extends Array<T> {
	readonly #profileMemory: boolean;

	/** @internal */
	constructor(events: readonly T[] = [], profileMemory = false) {
		super();
		// One of many must not become a length.
		for (const event of events) this.push(event);
		this.#profileMemory = profileMemory;
	}

	/** What `map` and its like give is a plain array. */
	static override get [Symbol.species](): ArrayConstructor {
		return Array;
	}

	/** Microseconds of all events, each without what others within it took. */
	get selfCpuTimeTotal(): number {
		return this.reduce((sum, event) => sum + event.selfCpuTimeTotal, 0);
	}

	/**
	 * PyTorch's table: names, times of the host, those of the card where one was used, bytes with `profileMemory`, calls, shapes
	 * where they were asked for. Shares are of the sum of all times.
	 */
	table(options: TableOptions = {}): string {
		checkOptionNames("table", tableOptions, options);
		return eventTable(this, this.#profileMemory, options);
	}

	/** Sums over all events of one name, in the order in which the names came. */
	keyAverages(options: KeyAveragesOptions = {}): EventList<FunctionEventAvg> {
		checkOptionNames("keyAverages", ["groupByInputShape", "groupByStackN", "includePythonFunctions"], options);
		const byShape = options.groupByInputShape ?? false;
		const frames = options.groupByStackN ?? 0;
		const found = new Map<string, FunctionEventAvg>();
		for (const event of this as unknown as EventList<FunctionEvent>) {
			if (event.kind === "module" && !options.includePythonFunctions) continue;
			const stack = event.stack.slice(0, frames);
			const key = JSON.stringify([
				event.key,
				event.isUserAnnotation,
				byShape ? formatShapes(event.inputShapes) : "",
				...stack,
			]);
			let sum = found.get(key);
			if (sum === undefined) {
				sum = new FunctionEventAvg(event.key, event, byShape ? event.inputShapes : null, stack);
				found.set(key, sum);
			}
			sum._add(event);
		}
		return new EventList([...found.values()], this.#profileMemory);
	}

	/** The sum of all events, whatever their name. */
	totalAverage(): FunctionEventAvg {
		const total = new FunctionEventAvg("Total", null, null, []);
		for (const event of this) total._add(event);
		return total;
	}

	override toString(): string {
		return this.table();
	}

	[inspect.custom](): string {
		return this.table();
	}
}

const tableOptions = [
	"sortBy",
	"rowLimit",
	"maxSrcColumnWidth",
	"maxNameColumnWidth",
	"maxShapesColumnWidth",
	"header",
	"topLevelEventsOnly",
	"timeUnit",
];

/**
 * Sets parents and children: `around[event.id]` is the event around it, or −1. Modules stand beside the tree that the sums go by:
 * what they call counts for whoever called them. An event that is all that another one of its name holds is left out, as in PyTorch.
 */
export function asTree(events: readonly FunctionEvent[], around: readonly number[]): FunctionEvent[] {
	const byId = new Map(events.map((event) => [event.id, event]));
	for (const event of events) {
		let parent = byId.get(around[event.id]!);
		if (parent?.kind === "module" && event.kind !== "module") {
			parent.cpuChildren.push(event);
			while (parent?.kind === "module") parent = byId.get(around[parent.id]!);
		}
		event.cpuParent = parent ?? null;
		if (parent && (event.kind !== "module" || parent.kind === "module")) parent.cpuChildren.push(event);
	}
	return events.filter((event) => {
		const parent = event.cpuParent;
		if (parent === null || parent.name !== event.name || parent.cpuChildren.length !== 1) return true;
		parent.cpuChildren = event.cpuChildren;
		parent.kernels = event.kernels;
		for (const child of parent.cpuChildren) child.cpuParent = parent;
		return false;
	});
}
