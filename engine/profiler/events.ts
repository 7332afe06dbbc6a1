import { inspect } from "node:util";
import { formatTime } from "./format";

/** Microseconds since the profile began. */
export interface Interval {
	readonly start: number;
	readonly end: number;
}

/** What a card did for an operation. */
export interface Kernel {
	readonly name: string;
	/** The card's number. */
	readonly device: number;
	/** Microseconds from the event before the operation's kernels to the one after them. */
	readonly duration: number;
	/** Where it began, on the host's clock. */
	readonly start: number;
}

/** What an event is of; "op" is an operation of the engine. */
export type EventKind = "op" | "user" | "backward" | "optimizer" | "module" | "data" | "step" | "memory";

/** Sums of times and bytes: of one call, or of all calls of one name. Times in microseconds. */
export interface Times {
	/** Calls. */
	readonly count: number;
	/** From beginning to end. */
	readonly cpuTimeTotal: number;
	/** Without what other events within it took. */
	readonly selfCpuTimeTotal: number;
	/** On the card, within this event. */
	readonly deviceTimeTotal: number;
	readonly selfDeviceTimeTotal: number;
	/** Bytes that tensors on the host held more at the end, where `profileMemory` asked for it. */
	readonly cpuMemoryUsage: number;
	readonly selfCpuMemoryUsage: number;
	readonly deviceMemoryUsage: number;
	readonly selfDeviceMemoryUsage: number;
}

/** Tensors that an operation got, in the order of its arguments: sizes; a list of tensors is a list of sizes. */
export type InputShapes = (number[] | number[][])[];

/** @internal What an event is made of. */
export interface EventOptions {
	id: number;
	name: string;
	traceName?: string;
	kind: EventKind;
	timeRange: Interval;
	inputShapes?: InputShapes;
	inputTypes?: string[];
	stack?: string[];
	kernels?: Kernel[];
	cpuMemoryUsage?: number;
	deviceMemoryUsage?: number;
	cpuAllocated?: number;
	deviceAllocated?: number;
}

/** One call: an operation, a block of `recordFunction`, a derivative, a step of an optimiser, a module. */
export class FunctionEvent implements Times {
	readonly id: number;
	readonly name: string;
	/** What it is called in a trace: there steps have their numbers. */
	readonly traceName: string;
	readonly kind: EventKind;
	readonly timeRange: Interval;
	readonly count = 1;
	/** Empty unless `recordShapes` asked for them. */
	readonly inputShapes: InputShapes;
	/** Names of dtypes, as the shapes. */
	readonly inputTypes: readonly string[];
	/** Innermost first, without the engine's own frames; empty unless `withStack` asked for it. */
	readonly stack: readonly string[];
	kernels: Kernel[];
	readonly cpuMemoryUsage: number;
	readonly #deviceMemory: number;
	/** @internal What tensors held at its end. */
	readonly cpuAllocated: number;
	/** @internal */
	readonly deviceAllocated: number;
	/** Events right within it. Those of modules are not among them: PyTorch counts a module's operations for what calls it. */
	cpuChildren: FunctionEvent[] = [];
	cpuParent: FunctionEvent | null = null;

	/** @internal Events come from a profile. */
	constructor(options: EventOptions) {
		this.id = options.id;
		this.name = options.name;
		this.traceName = options.traceName ?? options.name;
		this.kind = options.kind;
		this.timeRange = options.timeRange;
		this.inputShapes = options.inputShapes ?? [];
		this.inputTypes = options.inputTypes ?? [];
		this.stack = options.stack ?? [];
		this.kernels = options.kernels ?? [];
		this.cpuMemoryUsage = options.cpuMemoryUsage ?? 0;
		this.#deviceMemory = options.deviceMemoryUsage ?? 0;
		this.cpuAllocated = options.cpuAllocated ?? 0;
		this.deviceAllocated = options.deviceAllocated ?? 0;
	}

	get key(): string {
		return this.name;
	}

	/** Whether it is a block that somebody named, and no operation. */
	get isUserAnnotation(): boolean {
		return this.kind === "user" || this.kind === "optimizer" || this.kind === "data" || this.kind === "step";
	}

	get cpuTimeTotal(): number {
		return this.timeRange.end - this.timeRange.start;
	}

	get selfCpuTimeTotal(): number {
		return this.cpuTimeTotal - this.#ofChildren("cpuTimeTotal");
	}

	get cpuTime(): number {
		return this.cpuTimeTotal;
	}

	get selfDeviceTimeTotal(): number {
		return this.kernels.reduce((sum, kernel) => sum + kernel.duration, 0);
	}

	get deviceTimeTotal(): number {
		return this.selfDeviceTimeTotal + this.#ofChildren("deviceTimeTotal");
	}

	get deviceTime(): number {
		return this.deviceTimeTotal;
	}

	get selfCpuMemoryUsage(): number {
		return this.cpuMemoryUsage - this.#ofChildren("cpuMemoryUsage");
	}

	get deviceMemoryUsage(): number {
		return this.#deviceMemory + this.#ofChildren("deviceMemoryUsage");
	}

	get selfDeviceMemoryUsage(): number {
		return this.#deviceMemory;
	}

	#ofChildren(what: "cpuTimeTotal" | "deviceTimeTotal" | "cpuMemoryUsage" | "deviceMemoryUsage"): number {
		return this.cpuChildren.reduce((sum, child) => sum + child[what], 0);
	}

	toString(): string {
		return `<FunctionEvent id=${this.id} name=${this.name} cpu_time=${formatTime(this.cpuTime)} start_us=${this.timeRange.start} end_us=${this.timeRange.end}>`;
	}

	[inspect.custom](): string {
		return this.toString();
	}
}

/** All calls of one name, or of one name and one kind of input. */
export class FunctionEventAvg implements Times {
	count = 0;
	cpuTimeTotal = 0;
	selfCpuTimeTotal = 0;
	deviceTimeTotal = 0;
	selfDeviceTimeTotal = 0;
	cpuMemoryUsage = 0;
	selfCpuMemoryUsage = 0;
	deviceMemoryUsage = 0;
	selfDeviceMemoryUsage = 0;
	readonly kind: EventKind;
	readonly cpuParent: FunctionEvent | null;

	/** @internal `inputShapes` and `stack` where events were told apart by them. */
	constructor(
		readonly key: string,
		first: FunctionEvent | null,
		readonly inputShapes: InputShapes | null,
		readonly stack: readonly string[],
	) {
		this.kind = first?.kind ?? "op";
		this.cpuParent = first?.cpuParent ?? null;
	}

	/** Mean time of a call. */
	get cpuTime(): number {
		return this.count === 0 ? 0 : this.cpuTimeTotal / this.count;
	}

	get deviceTime(): number {
		return this.count === 0 ? 0 : this.deviceTimeTotal / this.count;
	}

	get isUserAnnotation(): boolean {
		return this.kind === "user" || this.kind === "optimizer" || this.kind === "data" || this.kind === "step";
	}

	/** @internal */
	_add(event: Times): void {
		this.count += event.count;
		this.cpuTimeTotal += event.cpuTimeTotal;
		this.selfCpuTimeTotal += event.selfCpuTimeTotal;
		this.deviceTimeTotal += event.deviceTimeTotal;
		this.selfDeviceTimeTotal += event.selfDeviceTimeTotal;
		this.cpuMemoryUsage += event.cpuMemoryUsage;
		this.selfCpuMemoryUsage += event.selfCpuMemoryUsage;
		this.deviceMemoryUsage += event.deviceMemoryUsage;
		this.selfDeviceMemoryUsage += event.selfDeviceMemoryUsage;
	}

	toString(): string {
		return `<FunctionEventAvg key=${this.key} self_cpu_time=${formatTime(this.selfCpuTimeTotal)} cpu_time=${formatTime(this.cpuTime)} count=${this.count}>`;
	}

	[inspect.custom](): string {
		return this.toString();
	}
}
