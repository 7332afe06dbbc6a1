import { type LooseBundle, registerRenderer, table, type View } from "../display";
import { formatBytes, formatCount } from "../display/numbers";
import { bytesOf, isTensor, type ParamGroupLike, shapeText, sizeOf, type TensorLike } from "./engine";
import { kindOf } from "./quiet";

/** What the views need of an optimiser. */
export interface OptimizerLike {
	readonly paramGroups: ParamGroupLike[];
	readonly state: ReadonlyMap<TensorLike, Readonly<Record<string, unknown>>>;
	step(): unknown;
	zeroGrad(): void;
	toString(): string;
}

export function isOptimizer(value: unknown): value is OptimizerLike {
	if (typeof value !== "object" || value === null) return false;
	const { paramGroups, state, step, zeroGrad } = value as Partial<OptimizerLike>;
	return (
		Array.isArray(paramGroups) && state instanceof Map && typeof step === "function" && typeof zeroGrad === "function"
	);
}

registerRenderer(isOptimizer, optimizerBundle);

/** PyTorch's text; in rich output a table of the groups with their options, and one of what is remembered. */
function optimizerBundle(optimizer: OptimizerLike): LooseBundle {
	const parts = [groupTable(optimizer), ...(optimizer.state.size > 0 ? [stateTable(optimizer)] : [])];
	const html = parts.map((part) => `<div style="margin-bottom:10px">${part.bundle()["text/html"]}</div>`);
	return { "text/plain": String(optimizer), "text/html": html.join("") };
}

function groupTable(optimizer: OptimizerLike): View {
	const rows = optimizer.paramGroups.map(({ params, ...options }, index) => ({
		group: index,
		tensors: params.length,
		parameters: params.reduce((sum, param) => sum + sizeOf(param.shape), 0),
		trained: params.reduce((sum, param) => sum + (param.requiresGrad === false ? 0 : sizeOf(param.shape)), 0),
		...options,
	}));
	const frozen = rows.some((row) => row.trained !== row.parameters);
	const every = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => frozen || key !== "trained");
	// Switches that are off in every group say nothing; the text has them.
	const off: unknown[] = [false, null, undefined];
	const columns = every.filter((key) => rows.some((row) => !off.includes(row[key as keyof typeof row])));
	const count = (value: unknown) => formatCount(value as number);
	return table(rows, {
		caption: kindOf(optimizer),
		columns,
		format: { parameters: count, trained: count },
	});
}

/** One row for each thing that is remembered (`momentumBuffer`, `expAvg`), over all parameters. */
function stateTable(optimizer: OptimizerLike): View {
	const entries = new Map<string, unknown[]>();
	for (const state of optimizer.state.values()) {
		for (const [name, value] of Object.entries(state)) entries.set(name, [...(entries.get(name) ?? []), value]);
	}
	let memory = 0;
	const rows = [...entries].map(([name, values]) => {
		const tensors = values.filter(isTensor);
		const size = bytesOf(tensors);
		memory += size;
		const remembered =
			tensors.length === 0 ? rangeText(values) : `${tensors.length} tensors, as ${shapeText(tensors[0]!.shape)}`;
		return { state: name, parameters: values.length, value: remembered, memory: size > 0 ? formatBytes(size) : "" };
	});
	return table(rows, {
		caption: `State of ${optimizer.state.size} tensors`,
		columns: { state: "remembered", parameters: "tensors", value: "value", memory: "memory" },
		total: { state: "total", memory: formatBytes(memory) },
	});
}

function rangeText(values: readonly unknown[]): string {
	const different = [...new Set(values.map(String))];
	return different.length === 1 ? different[0]! : `${different[0]} … ${different.at(-1)}`;
}
