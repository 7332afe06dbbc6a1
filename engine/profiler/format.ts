import type { InputShapes } from "./events";

/* Times, shares, bytes and shapes as PyTorch's profiler writes them. */

/** Microseconds: `1.234us`, `1.234ms`, `1.234s`. */
export function formatTime(us: number, unit?: "s" | "ms" | "us"): string {
	if (unit === "s" || (unit === undefined && us >= 1e6)) return `${(us / 1e6).toFixed(3)}s`;
	if (unit === "ms" || (unit === undefined && us >= 1e3)) return `${(us / 1e3).toFixed(3)}ms`;
	return `${us.toFixed(3)}us`;
}

export function formatShare(us: number, total: number): string {
	return total === 0 ? "NaN" : `${((us * 100) / total).toFixed(2)}%`;
}

export function formatMemory(bytes: number): string {
	const size = Math.abs(bytes);
	for (const [unit, power] of [
		["GB", 30],
		["MB", 20],
		["KB", 10],
	] as const) {
		if (size >= 2 ** power) return `${(bytes / 2 ** power).toFixed(2)} ${unit}`;
	}
	return `${bytes} B`;
}

/** Python's text of the shapes; a list of tensors stands as an empty one, as in PyTorch's table. */
export function formatShapes(shapes: InputShapes | null): string {
	if (shapes === null) return "";
	return `[${shapes.map((shape) => (Array.isArray(shape[0]) ? "[]" : `[${shape.join(", ")}]`)).join(", ")}]`;
}
