import { dtypeOf } from "../core/dtype";
import type { ProfilerRecord } from "../core/native";
import { spanKind } from "../core/profiling";
import { asTree } from "./eventList";
import { type EventKind, FunctionEvent, type InputShapes } from "./events";
import { opName } from "./opNames";
import { stackFrames } from "./stacks";

/* From what the addon recorded to events. */

/** Numbers of an event, in the addon's order. */
const FIELDS = 15;

const kinds = new Map<number, EventKind>(
	Object.entries(spanKind).map(([kind, code]) => [code, kind as keyof typeof spanKind]),
);

/** Inputs that begin at a place of the list. */
function inputsAt(list: Float64Array, start: number): { shapes: InputShapes; types: string[] } {
	let at = start;
	const tensor = (): { shape: number[]; type: string } => {
		const rank = list[at++]!;
		const shape = Array.from(list.subarray(at, at + rank));
		at += rank;
		return { shape, type: dtypeOf(list[at++]!).name };
	};
	const shapes: InputShapes = [];
	const types: string[] = [];
	for (let left = list[at++]!; left > 0; left--) {
		const kind = list[at++]!;
		if (kind === 1) {
			const { shape, type } = tensor();
			shapes.push(shape);
			types.push(type);
		} else if (kind === 2) {
			const tensors = Array.from({ length: list[at++]! }, tensor);
			shapes.push(tensors.map(({ shape }) => shape));
			types.push("TensorList");
		} else {
			shapes.push([]);
			types.push("");
		}
	}
	return { shapes, types };
}

/** The events of a record; `cpu`: those of the host are wanted, and not only what cards did. */
export function eventsOf(record: ProfilerRecord, cpu: boolean): FunctionEvent[] {
	const around: number[] = [];
	const events: FunctionEvent[] = [];
	for (let id = 0; id * FIELDS < record.events.length; id++) {
		const [
			name,
			kind,
			parent,
			start,
			end,
			inPlace,
			inputs,
			stack,
			bytes,
			held,
			card,
			cardStart,
			cardTime,
			cardBytes,
			cardHeld,
		] = record.events.subarray(id * FIELDS, (id + 1) * FIELDS) as unknown as number[];
		around.push(parent!);
		if (!cpu && card! < 0) continue;
		const given = record.names[name!]!;
		const { shapes, types } = inputs! < 0 ? { shapes: [], types: [] } : inputsAt(record.inputs, inputs!);
		const title = kind === 0 ? opName(given, inPlace === 1) : given;
		events.push(
			new FunctionEvent({
				id,
				name: title.replace(/^ProfilerStep#.*/, "ProfilerStep*"),
				traceName: title,
				kind: kinds.get(kind!) ?? "op",
				timeRange: { start: start!, end: cpu ? end! : start! },
				inputShapes: shapes,
				inputTypes: types,
				stack: stack! < 0 ? [] : stackFrames(record.names[stack!]!),
				kernels: card! < 0 ? [] : [{ name: title, device: card!, start: cardStart!, duration: cardTime! }],
				cpuMemoryUsage: bytes!,
				cpuAllocated: held!,
				deviceMemoryUsage: cardBytes!,
				deviceAllocated: cardHeld!,
			}),
		);
	}
	const tree = asTree(events, around);
	for (let i = 0; i < record.collected.length; i += 2) {
		const [place, bytes] = [record.collected[i]!, record.collected[i + 1]!];
		if (bytes === 0) continue;
		// What garbage collection freed belongs to no operation: PyTorch's name for memory that goes outside of all.
		tree.push(
			new FunctionEvent({
				id: around.length + i,
				name: "[memory]",
				kind: "memory",
				timeRange: { start: record.duration, end: record.duration },
				...(place < 0 ? { cpuMemoryUsage: -bytes } : { deviceMemoryUsage: -bytes }),
			}),
		);
	}
	return tree;
}
