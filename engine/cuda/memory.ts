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

function readable(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let at = 0;
	let size = bytes;
	for (; size >= 1024 && at < units.length - 1; at++) size /= 1024;
	return `${at === 0 ? size : size.toFixed(2)} ${units[at]}`;
}

/** A table of a card's memory, for people. */
export function memorySummary(card?: Card): string {
	const index = cardOf("memorySummary", card);
	const stats = native.cudaMemoryStats(index);
	const rows: [string, string, string][] = [
		["Allocated memory", readable(stats.allocatedBytes), readable(stats.allocatedPeakBytes)],
		["Reserved memory", readable(stats.reservedBytes), readable(stats.reservedPeakBytes)],
		["Cached memory", readable(stats.reservedBytes - stats.allocatedBytes), ""],
		["Active blocks", String(stats.activeBlocks), ""],
		["Cached blocks", String(stats.cachedBlocks), ""],
		["Segments", String(stats.segments), ""],
		["Free on the card", readable(stats.freeBytes), ""],
		["Total on the card", readable(stats.totalBytes), ""],
	];
	const line = (cells: readonly string[]) =>
		`| ${cells[0]!.padEnd(18)} | ${cells[1]!.padStart(12)} | ${cells[2]!.padStart(12)} |`;
	const rule = `|${"-".repeat(20)}|${"-".repeat(14)}|${"-".repeat(14)}|`;
	const title = `CUDA memory, device ${index}: ${native.cudaProperties(index).name}`;
	return [title, line(["", "now", "peak"]), rule, ...rows.map(line)].join("\n");
}
