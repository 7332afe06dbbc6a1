import v8 from "node:v8";
import vm from "node:vm";
import { native } from "./native";

/*
 * Garbage collection on demand. JavaScript's collector sees a tensor as a few bytes; the allocator counts the memory
 * behind it and asks here when its budget is reached, from inside an operation: basic finalizers run inside the
 * collection, so the memory is there when the operation goes on. The flag gives this realm a `gc` without exposing it
 * to user code.
 */

type Collect = (options?: { type: "minor" | "major" }) => void;

/** Flags belong to the process: a thread that starts at the same moment may have taken this one away again. */
function collector(): Collect {
	for (let tries = 0; tries < 1000; tries++) {
		v8.setFlagsFromString("--expose-gc");
		const found = vm.runInNewContext("globalThis.gc") as Collect | undefined;
		v8.setFlagsFromString("--no-expose-gc");
		if (found) return found;
	}
	throw new Error("gradbook: this JavaScript engine offers no garbage collection on demand (V8's --expose-gc)");
}

const collect = collector();
native.setCollector((major) => collect(major ? undefined : { type: "minor" }));

export interface MemoryStats {
	/** Bytes held by tensors that are alive, or not yet collected. */
	allocatedBytes: number;
	/** The most that `allocatedBytes` was. */
	peakBytes: number;
	/** Bytes kept for the next tensors. */
	cachedBytes: number;
	liveTensors: number;
	/** Collections that the allocator asked for. */
	minorCollections: number;
	majorCollections: number;
}

/** What the engine's allocator holds at this moment. */
export function memoryStats(): MemoryStats {
	return native.memoryStats();
}

/**
 * Limits of the memory for tensors, in bytes. `budget`: how much may be allocated before garbage collection is asked for
 * (0: chosen by the allocator). `limit`: an allocation beyond it throws, after a collection did not help (0: the memory
 * of the machine).
 */
export function setMemoryLimits({ budget = 0, limit = 0 }: { budget?: number; limit?: number }): void {
	for (const [name, value] of Object.entries({ budget, limit })) {
		if (!(Number.isFinite(value) && value >= 0)) {
			throw new RangeError(`[setMemoryLimits] ${name} must be a number of bytes, got ${value}`);
		}
	}
	native.setMemoryLimits(budget, limit);
}

/** Gives the memory kept for the next tensors back to the system. */
export function emptyCache(): void {
	native.emptyCache();
}
