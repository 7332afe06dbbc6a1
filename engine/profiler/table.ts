import { quoted } from "../core/signature";
import type { FunctionEvent, FunctionEventAvg } from "./events";
import { formatMemory, formatShapes, formatShare, formatTime } from "./format";

export interface TableOptions {
	/** By what rows are sorted, the largest first: `"self_cpu_time_total"` or `"selfCpuTimeTotal"`. Default: as they came. */
	sortBy?: SortKey | null;
	/** Rows at most. Default 100; −1 for all. */
	rowLimit?: number;
	/** Characters of a source location at most. Default 75. */
	maxSrcColumnWidth?: number;
	/** Characters of a name at most. Default 55. */
	maxNameColumnWidth?: number;
	/** Characters of shapes at most. Default 80. */
	maxShapesColumnWidth?: number;
	/** A line above the table. */
	header?: string | null;
	/** Only events that no other one holds. Default false. */
	topLevelEventsOnly?: boolean;
	/** All times in this unit. Default: each in its own. */
	timeUnit?: "s" | "ms" | "us" | null;
}

const sortKeys = {
	cpu_time: "cpuTime",
	cpu_time_total: "cpuTimeTotal",
	self_cpu_time_total: "selfCpuTimeTotal",
	device_time: "deviceTime",
	device_time_total: "deviceTimeTotal",
	self_device_time_total: "selfDeviceTimeTotal",
	cpu_memory_usage: "cpuMemoryUsage",
	self_cpu_memory_usage: "selfCpuMemoryUsage",
	device_memory_usage: "deviceMemoryUsage",
	self_device_memory_usage: "selfDeviceMemoryUsage",
	count: "count",
} as const;

type Sortable = keyof typeof sortKeys;
type Property = (typeof sortKeys)[Sortable];
type OnCuda<K extends string> = K extends `${infer A}device${infer B}`
	? `${A}cuda${B}`
	: K extends `${infer A}Device${infer B}`
		? `${A}Cuda${B}`
		: never;
/** PyTorch's names, and the properties of an event; `cuda` says the same as `device`. */
export type SortKey = Sortable | Property | OnCuda<Sortable> | OnCuda<Property>;

function propertyOf(sortBy: string): Property {
	const key = sortBy.replace("cuda", "device").replace("Cuda", "Device");
	const found = Object.entries(sortKeys).find(([name, property]) => name === key || property === key);
	if (!found) {
		throw new RangeError(`[table] sortBy must be one of ${Object.keys(sortKeys).join(", ")}, got ${quoted(sortBy)}`);
	}
	return found[1];
}

/** The events, sorted. */
export function sorted<T extends FunctionEvent | FunctionEventAvg>(events: readonly T[], sortBy: SortKey | null): T[] {
	if (sortBy === null) return [...events];
	const property = propertyOf(sortBy);
	return [...events].sort((a, b) => b[property] - a[property]);
}

interface Column {
	title: string;
	width: number;
	left?: boolean;
	text: (event: FunctionEvent | FunctionEventAvg) => string;
}

const WIDTH = 12;

function shortened(name: string, width: number): string {
	return name.length >= width - 3 ? `${name.slice(0, width - 3)}...` : name;
}

/** The end of a path, which says more than its beginning. */
function endOf(path: string, width: number): string {
	return path.length > width ? `...${path.slice(path.length - width + 3)}` : path;
}

/** PyTorch's table of events. */
export function eventTable(
	given: readonly (FunctionEvent | FunctionEventAvg)[],
	profileMemory: boolean,
	options: TableOptions = {},
): string {
	const rowLimit = options.rowLimit ?? 100;
	const maxName = options.maxNameColumnWidth ?? 55;
	const unit = options.timeUnit ?? undefined;
	const events = sorted(given, options.sortBy ?? null);
	if (events.length === 0) return "";
	const onCard = events.some((event) => event.selfDeviceTimeTotal > 0);
	const shapesWidth = Math.min(
		Math.max(...events.map((event) => formatShapes(event.inputShapes).length)) + 4,
		options.maxShapesColumnWidth ?? 80,
	);
	const total = events.reduce((sum, event) => sum + event.selfCpuTimeTotal, 0);
	const totalOnCard = events.reduce((sum, event) => sum + event.selfDeviceTimeTotal, 0);

	const plain = (title: string, text: Column["text"]): Column => ({ title, width: WIDTH, text });
	const columns: Column[] = [
		{
			title: "Name",
			width: Math.min(Math.max(...events.map((event) => event.key.length)) + 4, maxName),
			text: (event) => shortened(event.key, maxName),
		},
		plain("Self CPU %", (event) => formatShare(event.selfCpuTimeTotal, total)),
		plain("Self CPU", (event) => formatTime(event.selfCpuTimeTotal, unit)),
		plain("CPU total %", (event) => formatShare(event.cpuTimeTotal, total)),
		plain("CPU total", (event) => formatTime(event.cpuTimeTotal, unit)),
		plain("CPU time avg", (event) => formatTime(event.cpuTime, unit)),
	];
	if (onCard) {
		columns.push(
			plain("Self CUDA", (event) => formatTime(event.selfDeviceTimeTotal, unit)),
			plain("Self CUDA %", (event) => formatShare(event.selfDeviceTimeTotal, totalOnCard)),
			plain("CUDA total", (event) => formatTime(event.deviceTimeTotal, unit)),
			plain("CUDA time avg", (event) => formatTime(event.deviceTime, unit)),
		);
	}
	if (profileMemory) {
		columns.push(
			plain("CPU Mem", (event) => formatMemory(event.cpuMemoryUsage)),
			plain("Self CPU Mem", (event) => formatMemory(event.selfCpuMemoryUsage)),
		);
		if (events.some((event) => event.selfDeviceMemoryUsage > 0)) {
			columns.push(
				plain("CUDA Mem", (event) => formatMemory(event.deviceMemoryUsage)),
				plain("Self CUDA Mem", (event) => formatMemory(event.selfDeviceMemoryUsage)),
			);
		}
	}
	columns.push(plain("# of Calls", (event) => String(event.count)));
	if (events.some((event) => event.inputShapes !== null && event.inputShapes.length > 0)) {
		columns.push({
			title: "Input Shapes",
			width: shapesWidth,
			text: (event) => formatShapes(event.inputShapes).slice(0, shapesWidth),
		});
	}
	const frames = events.flatMap((event) => event.stack);
	const sourceWidth = Math.min(
		Math.max(0, ...frames.map((frame) => frame.length)) + 4,
		options.maxSrcColumnWidth ?? 75,
	);
	if (frames.length > 0) {
		columns.push({
			title: "Source Location",
			width: sourceWidth,
			left: true,
			text: (event) => endOf(event.stack[0] ?? "", sourceWidth),
		});
	}

	const row = (texts: readonly string[]) =>
		texts
			.map((text, i) => `${columns[i]!.left ? text.padEnd(columns[i]!.width) : text.padStart(columns[i]!.width)}  `)
			.join("");
	const rule = columns.map((column) => `${"-".repeat(column.width)}  `).join("");
	const line = "=".repeat(rule.length - 2);
	const lines: string[] = [];
	if (options.header != null) lines.push(line, options.header);
	if (options.topLevelEventsOnly) lines.push(line, "This report only display top-level ops statistics");
	lines.push(rule, row(columns.map((column) => column.title)), rule);
	let count = 0;
	for (const event of events) {
		if (count === rowLimit) break;
		if (options.topLevelEventsOnly && event.cpuParent !== null) continue;
		count++;
		lines.push(row(columns.map((column) => column.text(event))));
		if (frames.length === 0) continue;
		const empty = columns.slice(1).map(() => "");
		for (const frame of event.stack.slice(1)) lines.push(row([...empty, endOf(frame, sourceWidth)]));
		lines.push(row([...empty, ""]));
	}
	lines.push(rule, `Self CPU time total: ${formatTime(total, unit)}`);
	if (onCard) lines.push(`Self CUDA time total: ${formatTime(totalOnCard, unit)}`);
	return `${lines.join("\n")}\n`;
}
