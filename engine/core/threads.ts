import { native } from "./native";

/** Threads that an operation may use. Default: the machine's physical cores. */
export function setNumThreads(threads: number): void {
	if (!(Number.isInteger(threads) && threads > 0)) {
		throw new RangeError(`[setNumThreads] expected a positive number of threads, got ${threads}`);
	}
	native.setNumThreads(threads);
}

/** How many threads an operation on the CPU may use. */
export function getNumThreads(): number {
	return native.getNumThreads();
}
