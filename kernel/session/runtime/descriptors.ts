import { join } from "node:path";
import { log } from "../../wire/log";

/** What was written to descriptors 1 and 2, and when: after what has a lower order, before what has a higher. */
export interface Written {
	order: number;
	stdout?: Uint8Array;
	stderr?: Uint8Array;
}

/** The kernel's addon (kernel/native). One for all threads of the process. */
export interface KernelAddon {
	/**
	 * From now on descriptors 1 and 2 are pipes that this process reads. Gives the descriptor of the standard error as it
	 * was: what is in the pipes when the process aborts goes there.
	 */
	capture(): number;
	/** Takes what was written since the last call; the order alone where that is nothing. `step` is added to it. */
	take(step: 0 | 1): Written | number;
	/** Calls back when something was written, and again after the next `take(0)`. */
	watchOutput(callback: () => void): void;
	/**
	 * A descriptor that gives a record (`wakes`) for each SIGINT, which kills no more: `wake.stop`. `wake.dying`: the process
	 * ends, an assertion of Node's or a fault of native code. It waits some time for `lastWordsTold`.
	 */
	watchInterrupts(): number;
	lastWordsTold(): void;
	/**
	 * From now on JavaScript of this thread is terminated where its heap is full, and more is given to the heap so that it
	 * comes to its end; the descriptor of `watchInterrupts` gives `wake.heapFull`. Before a termination the elements `places`
	 * of `fields` are set to zero. False where V8 does not offer that.
	 */
	watchHeap(fields?: Uint32Array, places?: number[]): boolean;
	/** What the heap was given for that it has no more, or a quarter more than it holds. */
	takeHeapBack(): void;
}

/** What the records of the descriptor of `watchInterrupts` say. */
export const wake = { stop: 0n, heapFull: 1n, dying: 2n } as const;

/** The records in what was read from that descriptor: what happened, and when, by the clock of `process.hrtime.bigint()`. */
export function wakes(bytes: Buffer): { what: bigint; at: bigint }[] {
	return Array.from({ length: bytes.length / 16 }, (_, i) => ({
		what: bytes.readBigInt64LE(16 * i),
		at: bytes.readBigInt64LE(16 * i + 8),
	}));
}

/** Throws where the addon does not load. */
export function kernelAddon(): KernelAddon {
	return require(join(__dirname, "../../../../build/Release/gradbook_kernel.node")) as KernelAddon;
}

/** Undefined where the addon does not load: then the log says so, and what it is for is missing. */
export function loadKernelAddon(): KernelAddon | undefined {
	try {
		return kernelAddon();
	} catch (error) {
		log(
			`output of child processes goes to this log and SIGINT ends the kernel, since its addon does not load: ${(error as Error).message}`,
		);
		return undefined;
	}
}
