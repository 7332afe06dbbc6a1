import type { Handle } from "./types";

/* Memory, threads, cards. */

export interface SystemOps {
	/** Names of all rows of the addon's table. */
	table: () => string[];
	/** Names of the kernels that the host (0) or cards (1) have. */
	kernels: (device: number) => string[];
	setNumThreads: (threads: number) => void;
	getNumThreads: () => number;
	/**
	 * What a row does with an argument that it cannot read, and that may be a handle of another kind: called with the row's name
	 * and arguments, it returns [result], or null where nothing is its own.
	 */
	setOtherHandles: (handler: (row: string, args: unknown[]) => [unknown] | null) => void;
	memoryStats: () => {
		allocatedBytes: number;
		peakBytes: number;
		cachedBytes: number;
		liveTensors: number;
		minorCollections: number;
		majorCollections: number;
	};
	/** The garbage collector, asked when the byte budget is reached. */
	setCollector: (collect: (major: boolean) => void) => void;
	/** Bytes after which collection is asked for, and the hard limit after which an allocation fails. */
	setMemoryLimits: (budgetBytes: number, limitBytes: number) => void;
	emptyCache: () => void;
	/** What was found at run time. */
	buildInfo: () => { simd: string; blas: string | null; blasPath: string | null; compiler: string };
	/** A shared Int32 that long kernels poll: non-zero makes them stop with an error. */
	setInterruptFlag: (flag: Int32Array) => void;
	/** Rows that are called from now on are recorded, until `profilerStop`. */
	profilerStart: (inputs: boolean, memory: boolean, stacks: boolean, cuda: boolean) => void;
	/** Opens a span of a kind of JavaScript's own, from 1; its number, or -1 while nothing is recorded. */
	profilerEnter: (name: string, kind: number) => number;
	profilerLeave: (span: number) => void;
	profilerStop: () => ProfilerRecord;
}

/** What was recorded. Times in microseconds since the beginning. */
export interface ProfilerRecord {
	names: string[];
	duration: number;
	/**
	 * Fifteen numbers for each event: name, kind (0 for a row), the event around it or -1, begin, end, whether it was in place,
	 * where its inputs begin or -1, stack (a name) or -1, bytes that tensors hold more than before, bytes they hold, card or -1,
	 * begin on the card, time of the card, bytes that tensors on the card hold more, and hold.
	 */
	events: Float64Array;
	/**
	 * Inputs of an event: their number, and for each 0 (no tensor), or 1 and a tensor, or 2, a number and so many tensors; a tensor
	 * is its rank, its sizes and its dtype's code.
	 */
	inputs: Float64Array;
	/** Pairs: the host (-1) or a card, and bytes that garbage collection freed. */
	collected: Float64Array;
}

/** Cards by number; streams and events by the numbers that making them gave (stream 0: the card's default one). */
export interface CudaOps {
	/** What was found, or one sentence that says why there is no CUDA; null where nothing is to be said. */
	cudaInfo: () => {
		problem: string | null;
		driverPath: string | null;
		driverProblem: string | null;
		/** 12040 for CUDA 12.4 */
		driverVersion: number;
		devices: number;
		compilerPath: string | null;
		/** 12.9 */
		compilerVersion: string | null;
		compilerProblem: string | null;
		/** NVIDIA's libraries of kernels: each with what follows from its absence and, where it is not used, why. */
		libraries: {
			title: string;
			purpose: string;
			path: string | null;
			version: string | null;
			problem: string | null;
		}[];
	};
	/** Every card; `problem` alone where it cannot be used, none without NVRTC. Makes their contexts, which takes a moment. */
	cudaCards: () => {
		cards: ({ name: string; capability: string; freeBytes: number; totalBytes: number } | { problem: string })[];
	};
	/** A switch of torch.backends, by the number that engine/backends/switches.ts gives it. */
	cudaSwitch: (which: number) => boolean;
	cudaSetSwitch: (which: number, on: boolean) => void;
	/** 0 where there is no CUDA. */
	cudaDeviceCount: () => number;
	cudaCurrentDevice: () => number;
	cudaSetDevice: (index: number) => void;
	cudaSynchronize: (index: number) => void;
	cudaProperties: (index: number) => {
		name: string;
		major: number;
		minor: number;
		totalMemory: number;
		multiProcessorCount: number;
		maxThreadsPerMultiProcessor: number;
		warpSize: number;
		sharedMemoryPerBlock: number;
		sharedMemoryPerBlockOptin: number;
	};
	cudaMemoryStats: (index: number) => {
		allocatedBytes: number;
		allocatedPeakBytes: number;
		reservedBytes: number;
		reservedPeakBytes: number;
		segments: number;
		activeBlocks: number;
		cachedBlocks: number;
		collections: number;
		freeBytes: number;
		totalBytes: number;
	};
	/** Pinned memory of the host. */
	cudaPinnedStats: () => { allocatedBytes: number; reservedBytes: number };
	/** Current, peak, allocated, freed of nine metrics in three groups of pools; then errors and retries (allocator.h). */
	cudaMemoryCounts: (index: number) => number[];
	/** What was taken from the driver; blocks by their bytes, negative where they are free. Pool 0 is everybody's. */
	cudaSegments: (index: number) => {
		address: number;
		bytes: number;
		stream: number;
		pool: number;
		small: number;
		blocks: number[];
	}[];
	cudaResetPeak: (index: number) => void;
	/** Bytes that the engine may take of a card; 0 for all. */
	cudaSetLimit: (index: number, bytes: number) => void;
	cudaEmptyCache: () => void;
	cudaManualSeed: (index: number, seed: number | bigint) => void;
	cudaInitialSeed: (index: number) => bigint;
	/** Kernels compiled, taken from the cache on disk, and launched. */
	cudaCompileStats: () => { compiled: number; found: number; launched: number };
	/** For tests: elements of a launch at most. What has more takes several launches, which otherwise takes 2³¹. */
	cudaSetLaunchLimit: (elements: number) => void;
	/**
	 * For tests: matrices of so many elements at least are factored in blocks, writing at so many indices at least sorts them all, and
	 * several blocks take a row of so many elements at least. Otherwise 2¹⁶, 2¹⁶ and 2¹⁸.
	 */
	cudaSetLargeFrom: (matrix: number, positions: number, row: number) => void;
	/** For tests: calls that the launch thread has made. */
	cudaCallsByThread: () => number;
	/** PyTorch's 16 bytes: seed and offset. */
	cudaGetState: (index: number) => Uint8Array;
	cudaSetState: (index: number, state: Uint8Array) => void;
	/** File and macros of everything that kernels are compiled from. */
	cudaUnits: () => [file: string, macros: string][];
	/** Those of them that most networks use, the most common first. */
	cudaCommonUnits: () => [file: string, macros: string][];
	/** Places in that list of what is not on the disk for a compute capability. */
	cudaMissingUnits: (capability: number) => number[];
	/** Compiles the unit at a place of that list, and keeps it on the disk. */
	cudaCompileCommon: (place: number, capability: number) => void;
	/** Compiles the unit at a place of `cudaUnits()` unless it is on the disk, and keeps it there. */
	cudaCompileKept: (unit: number, capability: number) => void;
	/** Compiles the unit at a place of that list for a compute capability (90 for 9.0); the compiler's report. */
	cudaCompile: (unit: number, capability: number) => string;
	cudaNewStream: (index: number, priority: number) => number;
	cudaSetStream: (index: number, stream: number) => void;
	/** Whether all that was queued is done. */
	cudaStreamQuery: (index: number, stream: number) => boolean;
	cudaStreamSynchronize: (index: number, stream: number) => void;
	cudaNewEvent: (index: number, timing: boolean) => number;
	cudaFreeEvent: (event: number) => void;
	cudaRecordEvent: (event: number, stream: number) => void;
	cudaWaitEvent: (index: number, stream: number, event: number) => void;
	cudaEventQuery: (event: number) => boolean;
	cudaEventSynchronize: (event: number) => void;
	/** Milliseconds between two events. */
	cudaElapsed: (start: number, end: number) => number;
	/** The tensor is used on that stream too. */
	cudaRecordStream: (x: Handle, stream: number) => void;
	/* Captured steps (engine/native/cuda/runtime/capture.h), by numbers too. */
	/** Pool 0: memory of its own. */
	cudaNewGraph: (index: number, pool: number) => number;
	/** To be held as long as the graph is wanted. */
	cudaGraphOwner: (graph: number) => object;
	cudaFreeGraph: (graph: number) => void;
	/** Makes the stream the current one; what is queued on it is the graph's from now on. `join`: runs of pointwise ops become one kernel. */
	cudaGraphBegin: (graph: number, stream: number, join: boolean) => void;
	cudaGraphEnd: (graph: number) => void;
	cudaGraphAbandon: (graph: number) => void;
	cudaGraphReplay: (graph: number) => void;
	cudaGraphInfo: (graph: number) => { nodes: number; pool: number };
	cudaCapturing: () => boolean;
	/** What the next step of an optimiser reads while a step is captured; the number that the values go by. */
	cudaGraphNumbers: (numbers: Float64Array) => number;
	/** Values for the next replays. */
	cudaGraphSetNumbers: (graph: number, id: number, numbers: Float64Array) => void;
}
