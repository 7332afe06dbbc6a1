import { inspect } from "node:util";
import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";
import { asTree, EventList } from "../../../dist/engine/profiler/eventList";
import { FunctionEvent } from "../../../dist/engine/profiler/events";
import { opName } from "../../../dist/engine/profiler/opNames";
import { camelCase, optionsOf, readReference } from "../../support/reference";

/* What is made of events: the texts are PyTorch's of the same events, test/reference/make_profiler.py. */

interface Known {
	shapes?: number[][];
	cpu?: number;
	device?: number;
	kernels?: number[];
	stack?: string[];
}
type Row = [name: string, start: number, end: number, known: Known];
const { tables, schedules, operations } = readReference<{
	tables: {
		events: Row[];
		memory: boolean;
		averages: Record<string, unknown> | null;
		table: Record<string, unknown>;
		text: string;
	}[];
	schedules: { options: Record<string, number>; actions: number[] }[];
	operations: string[];
}>("profiler.json");

/** Parents by time, as PyTorch finds them; a profile here knows them. */
function listOf(rows: Row[], memory: boolean): EventList<FunctionEvent> {
	const events = rows.map(
		([name, start, end, known], id) =>
			new FunctionEvent({
				id,
				name,
				kind: "op",
				timeRange: { start, end },
				inputShapes: known.shapes ?? [],
				stack: known.stack ?? [],
				kernels: (known.kernels ?? []).map((duration) => ({ name, device: 0, duration, start })),
				cpuMemoryUsage: known.cpu ?? 0,
				deviceMemoryUsage: known.device ?? 0,
			}),
	);
	const around = rows.map(([, start, end], id) =>
		rows.findLastIndex(([, from, to], other) => other < id && from <= start && end <= to),
	);
	return new EventList(asTree(events, around), memory);
}

describe("the table is PyTorch's", () => {
	test.each(tables.map((row, i) => [i, JSON.stringify([row.averages, row.table]), row] as const))(
		"%i: %s",
		(_, __, { events, memory, averages, table, text }) => {
			const list = listOf(events, memory);
			const asked =
				averages === null
					? list
					: list.keyAverages({
							groupByInputShape: (averages.group_by_input_shapes as boolean) ?? false,
							groupByStackN: (averages.group_by_stack_n as number) ?? 0,
						});
			expect(asked.table(optionsOf(table))).toBe(text);
			if (typeof table.sort_by === "string") {
				expect(asked.table(optionsOf({ ...table, sort_by: camelCase(table.sort_by) }))).toBe(text);
			}
		},
	);

	test("of no events there is none; unknown keys and options are refused", () => {
		const list = new EventList<FunctionEvent>();
		expect(list.table()).toBe("");
		const shown = listOf(tables[0]!.events, false).keyAverages();
		expect(inspect(shown)).toBe(shown.table());
		expect(`${shown}`).toBe(shown.table());
		expect(() => list.table({ sortBy: "time" as "cpu_time" })).toThrow(
			'[table] sortBy must be one of cpu_time, cpu_time_total, self_cpu_time_total, device_time, device_time_total, self_device_time_total, cpu_memory_usage, self_cpu_memory_usage, device_memory_usage, self_device_memory_usage, count, got "time"',
		);
		// @ts-expect-error
		expect(() => list.table({ sort: "cpuTime" })).toThrow('[table] unknown option "sort"');
	});
});

describe("a schedule says what PyTorch's says", () => {
	test.each(schedules.map((row) => [JSON.stringify(row.options), row] as const))("%s", (_, { options, actions }) => {
		const act = torch.profiler.schedule(optionsOf(options) as unknown as torch.profiler.ScheduleOptions);
		expect(actions.map((_, step) => act(step))).toEqual(actions);
	});

	test("of no active steps there is none", () => {
		expect(() => torch.profiler.schedule({ wait: 1, warmup: 1, active: 0 })).toThrow(
			"[schedule] active must be an integer of at least 1, got 0",
		);
	});
});

test("operations have PyTorch's names, where it has them, or the engine's own", () => {
	const aten = new Set(operations);
	const notRecorded =
		/^(cuda|profiler|set(?!Data_)|getNum|is|storage)|^(table|kernels|memoryStats|emptyCache|buildInfo|getState|generator|manualSeed|initialSeed|random63|shape|strides|offset|dim|numel|dtype|device|alike|giveBack|resultType)$/;
	const wrong = native
		.table()
		.filter((row) => !notRecorded.test(row) || /^is(nan|inf|finite)$/.test(row))
		.map((row) => opName(row, false))
		.filter((name) => name.startsWith("aten::") !== aten.has(name));
	expect(wrong).toEqual([]);
	expect(opName("add", false)).toBe("aten::add");
	expect(opName("add", true)).toBe("aten::add_");
	expect(opName("copy_", true)).toBe("aten::copy_");
	expect(opName("rnnStack", false)).toBe("gradbook::rnn_stack");
});
