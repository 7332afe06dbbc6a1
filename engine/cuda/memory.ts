import { native } from "../core/native";
import { type Card, cardOf } from "./device";

/* The memory of cards, as the engine's allocator sees it. All numbers are bytes. */

export type MemoryStats = ReturnType<typeof native.cudaMemoryStats>;

/** Everything that the allocator counts, and what the driver says of the whole card. */
export function memoryStats(card?: Card): MemoryStats {
	return native.cudaMemoryStats(cardOf("memoryStats", card));
}

/** What tensors hold, or held and was not collected yet. */
export function memoryAllocated(card?: Card): number {
	return memoryStats(card).allocatedBytes;
}

/** The most that `memoryAllocated` was since the start, or since `resetPeakMemoryStats`. */
export function maxMemoryAllocated(card?: Card): number {
	return memoryStats(card).allocatedPeakBytes;
}

/** What was taken from the driver: held by tensors, or kept for the next ones. */
export function memoryReserved(card?: Card): number {
	return memoryStats(card).reservedBytes;
}

/** The most bytes that the allocator has held at once since `resetPeakMemoryStats`. */
export function maxMemoryReserved(card?: Card): number {
	return memoryStats(card).reservedPeakBytes;
}

/** Starts the maxima anew. */
export function resetPeakMemoryStats(card?: Card): void {
	native.cudaResetPeak(cardOf("resetPeakMemoryStats", card));
}

/** What the driver says of the whole card, other programs included. */
export function memGetInfo(card?: Card): [free: number, total: number] {
	const { freeBytes, totalBytes } = memoryStats(card);
	return [freeBytes, totalBytes];
}

/** Pinned memory of the host: what tensors hold, and what was taken from the driver for them and for later ones. */
export function hostMemoryStats(): { allocatedBytes: number; reservedBytes: number } {
	return native.cudaPinnedStats();
}

/** Gives memory that no tensor holds back to the driver, for other programs. */
export function emptyCache(): void {
	native.cudaEmptyCache();
}

/** An allocation beyond this part of a card's memory fails: 0.5 leaves the other half to other programs. */
export function setPerProcessMemoryFraction(fraction: number, card?: Card): void {
	if (!(fraction >= 0 && fraction <= 1)) {
		throw new RangeError(`[setPerProcessMemoryFraction] expected a fraction between 0 and 1, got ${fraction}`);
	}
	const index = cardOf("setPerProcessMemoryFraction", card);
	const { totalMemory } = native.cudaProperties(index);
	native.cudaSetLimit(index, fraction === 1 ? 0 : Math.max(1, Math.floor(totalMemory * fraction)));
}

/** PyTorch's rows of `memory_summary`, in the order of the addon's counts. */
const metrics: readonly (readonly [name: string, format: (n: number, unit: number) => string])[] = [
	["Allocated memory", formatSize],
	["Active memory", formatSize],
	["Requested memory", formatSize],
	["GPU reserved memory", formatSize],
	["Non-releasable memory", formatSize],
	["Allocations", formatCount],
	["Active allocs", formatCount],
	["GPU reserved segments", formatCount],
	["Non-releasable allocs", formatCount],
];

/** `n` in the unit that suits `preferred`: the rows of one metric have one unit. */
function formatSize(n: number, preferred: number): string {
	const units = ["B  ", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let at = 0;
	for (let rest = preferred; rest >= 768 * 1024 && at < units.length - 1; rest /= 1024) at++;
	return `${String(Math.floor(n / 1024 ** at)).padStart(6)} ${units[at]}`;
}

function formatCount(n: number, preferred: number): string {
	const units = [" ", "K", "M"];
	let at = 0;
	for (let rest = preferred; rest >= 750_000 && at < units.length - 1; rest /= 1000) at++;
	return `${String(Math.floor(n / 1000 ** at)).padStart(7)} ${units[at]} `;
}

/**
 * A table of a card's memory, for people: PyTorch's. "Active" counts what tensors hold and what other streams still use,
 * "non-releasable" the free parts of pieces that are in use elsewhere. `abbreviated`: without the rows of the pools.
 */
export function memorySummary(card?: Card, options: { abbreviated?: boolean } = {}): string {
	const index = cardOf("memorySummary", card);
	const counts = native.cudaMemoryCounts(index);
	const rule = "-".repeat(75);
	const double = "=".repeat(75);
	const [errors, retries] = counts.slice(-2).map((n, i) => String(n).padEnd(i === 0 ? 12 : 8));
	const lines = [
		double,
		` ${" ".repeat(16)} PyTorch CUDA memory summary, device ID ${String(index).padEnd(17)} `,
		rule,
		`  ${" ".repeat(9)} CUDA OOMs: ${errors} | ${" ".repeat(6)} cudaMalloc retries: ${retries}  `,
		double,
		"        Metric         | Cur Usage  | Peak Usage | Tot Alloc  | Tot Freed  ",
	];
	const row = (name: string, format: (n: number, unit: number) => string, values: number[], units: number[]) =>
		` ${name.padEnd(21)} | ${values.map((n, i) => format(n, units[i]!)).join(" | ")} `;
	metrics.forEach(([name, format], m) => {
		lines.push(rule);
		const groups = [0, 1, 2].map((group) => counts.slice((m * 3 + group) * 4, (m * 3 + group + 1) * 4));
		lines.push(row(name, format, groups[0]!, groups[0]!));
		if (options.abbreviated) return;
		lines.push(row("      from large pool", format, groups[1]!, groups[0]!));
		lines.push(row("      from small pool", format, groups[2]!, groups[0]!));
	});
	// PyTorch's allocator can set a limit from which on blocks are not split; there is none here.
	for (const name of ["Oversize allocations", "Oversize GPU segments"]) {
		lines.push(rule, row(name, formatCount, [0, 0, 0, 0], [0, 0, 0, 0]));
	}
	lines.push(double);
	return `${lines.map((line) => `|${line}|`).join("\n")}\n`;
}

/** A piece of memory that was taken from the driver. */
export interface MemorySegment {
	readonly address: number;
	/** Bytes. */
	readonly totalSize: number;
	/** Bytes that tensors hold. */
	readonly allocatedSize: number;
	/** Which pool it serves: requests of up to 1 MB, or larger ones. */
	readonly segmentType: "small" | "large";
	/** The graph's memory that it belongs to (its `pool()`); 0: everybody's. */
	readonly segmentPoolId: number;
	readonly blocks: readonly { readonly size: number; readonly state: "active_allocated" | "inactive" }[];
}

/** Every piece that was taken from the driver, with its blocks in order: PyTorch's `memory_snapshot`. */
export function memorySnapshot(card?: Card): MemorySegment[] {
	return native.cudaSegments(cardOf("memorySnapshot", card)).map(({ address, bytes, pool, small, blocks }) => ({
		address,
		totalSize: bytes,
		allocatedSize: blocks.reduce((sum, n) => sum + Math.max(0, n), 0),
		segmentType: small ? "small" : "large",
		segmentPoolId: pool,
		blocks: blocks.map((n) => ({ size: Math.abs(n), state: n > 0 ? "active_allocated" : "inactive" })),
	}));
}
