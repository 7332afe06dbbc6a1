import { fixed } from "../core/pythonText";
import type { InputShapes } from "./events";

/* Times, shares, bytes and shapes as PyTorch's profiler writes them. */

/** Microseconds: `1.234us`, `1.234ms`, `1.234s`. */
export function formatTime(us: number, unit?: "s" | "ms" | "us"): string {
	if (unit === "s" || (unit === undefined && us >= 1e6)) return `${fixed(us / 1e6, 3)}s`;
	if (unit === "ms" || (unit === undefined && us >= 1e3)) return `${fixed(us / 1e3, 3)}ms`;
	return `${fixed(us, 3)}us`;
}

export function formatShare(us: number, total: number): string {
	return total === 0 ? "NaN" : `${fixed((us * 100) / total, 2)}%`;
}

export function formatMemory(bytes: number): string {
	const size = Math.abs(bytes);
	for (const [unit, power] of [
		["GB", 30],
		["MB", 20],
		["KB", 10],
	] as const) {
		if (size >= 2 ** power) return `${fixed(bytes / 2 ** power, 2)} ${unit}`;
	}
	return `${bytes} B`;
}

/** Python's text of the shapes; a list of tensors stands as an empty one, as in PyTorch's table. */
export function formatShapes(shapes: InputShapes | null): string {
	if (shapes === null) return "";
	return `[${shapes.map((shape) => (Array.isArray(shape[0]) ? "[]" : `[${shape.join(", ")}]`)).join(", ")}]`;
}
