import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import type { FunctionEvent } from "./events";

/* The trace that chrome://tracing and Perfetto draw: the JSON of Chrome's Trace Event Format, as PyTorch writes it. */

export interface TraceOptions {
	recordShapes: boolean;
	profileMemory: boolean;
	withStack: boolean;
	withModules: boolean;
	/** Microseconds since 1970 at which the profile began. */
	began: number;
	duration: number;
	metadata: ReadonlyMap<string, unknown>;
}

const categories = {
	op: "cpu_op",
	backward: "cpu_op",
	user: "user_annotation",
	optimizer: "user_annotation",
	step: "user_annotation",
	data: "user_annotation",
	module: "python_function",
	memory: "cpu_instant_event",
} as const;

type TraceEvent = Record<string, unknown>;

function named(what: string, pid: number, tid: number, args: object): TraceEvent {
	return { ph: "M", name: what, pid, tid, ts: 0, args };
}

function argumentsOf(event: FunctionEvent): Record<string, unknown> {
	const args: Record<string, unknown> = { "External id": event.id + 1 };
	if (event.inputShapes.length > 0) {
		args["Input Dims"] = event.inputShapes;
		args["Input type"] = event.inputTypes;
	}
	if (event.stack.length > 0) args["Call stack"] = event.stack.join(";");
	return args;
}

/** The trace as text. Times are in microseconds. */
export function chromeTrace(events: readonly FunctionEvent[], options: TraceOptions): string {
	const pid = process.pid;
	const tid = threadId || pid;
	const list: TraceEvent[] = [
		named("process_name", pid, 0, { name: "node" }),
		named("process_labels", pid, 0, { labels: "CPU" }),
		named("thread_name", pid, tid, { name: `thread ${tid} (JavaScript)` }),
	];
	const cards = new Set(events.flatMap((event) => event.kernels.map((kernel) => kernel.device)));
	for (const card of cards) {
		// As processes of their own, as PyTorch has them: small numbers, which no process of a user has.
		list.push(
			named("process_name", card, 0, { name: "node" }),
			named("process_labels", card, 0, { labels: `GPU ${card}` }),
		);
		list.push(named("thread_name", card, 0, { name: "kernels" }));
	}
	// Microseconds since 1970 would leave a double no room for parts of them.
	const at = (us: number) => Math.round(us * 1000) / 1000;
	for (const event of events) {
		const { start, end } = event.timeRange;
		if (event.kind !== "memory") {
			list.push({
				ph: "X",
				cat: categories[event.kind],
				name: event.traceName,
				pid,
				tid,
				ts: at(start),
				dur: at(end - start),
				args: argumentsOf(event),
			});
		}
		for (const kernel of event.kernels) {
			list.push({
				ph: "X",
				cat: "kernel",
				name: kernel.name,
				pid: kernel.device,
				tid: 0,
				ts: at(kernel.start),
				dur: at(kernel.duration),
				args: { device: kernel.device, "External id": event.id + 1 },
			});
			const flow = { id: event.id + 1, cat: "ac2g", name: "ac2g" };
			list.push({ ph: "s", ...flow, pid, tid, ts: at(start) });
			list.push({ ph: "f", bp: "e", ...flow, pid: kernel.device, tid: 0, ts: at(kernel.start) });
		}
		const changes = [[event.selfCpuMemoryUsage, event.cpuAllocated, 0, -1]];
		for (const { device } of event.kernels)
			changes.push([event.selfDeviceMemoryUsage, event.deviceAllocated, 1, device]);
		for (const [bytes, allocated, type, device] of changes) {
			if (bytes === 0 || event.kind !== "op") continue;
			list.push({
				ph: "i",
				cat: "cpu_instant_event",
				s: "t",
				name: "[memory]",
				pid,
				tid,
				ts: at(end),
				args: { Bytes: bytes, "Total Allocated": allocated, "Device Type": type, "Device Id": device },
			});
		}
	}
	list.push({
		ph: "X",
		cat: "Trace",
		name: "gradbook profiler",
		pid,
		tid: "profiler",
		ts: 0,
		dur: at(options.duration),
	});
	const head = {
		schemaVersion: 1,
		deviceProperties: [],
		...(options.recordShapes && { record_shapes: 1 }),
		...(options.profileMemory && { profile_memory: 1 }),
		...(options.withStack && { with_stack: 1 }),
		...(options.withModules && { with_modules: 1 }),
		host_name: hostname(),
		displayTimeUnit: "ms",
		baseTimeNanoseconds: Math.round(options.began * 1000),
		...Object.fromEntries(options.metadata),
	};
	// A line for each event: files of a few megabytes stay readable.
	const lines = list.map((event) => JSON.stringify(event)).join(",\n");
	return `${JSON.stringify(head).slice(0, -1)},"traceEvents":[\n${lines}\n]}\n`;
}
