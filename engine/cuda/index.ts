/* Cards: `torch.cuda`. Everything here works without a card too: `isAvailable()` is false then, and what needs one says why. */

import "./compileAhead";

export {
	currentDevice,
	type DeviceProperties,
	deviceCount,
	getDeviceCapability,
	getDeviceName,
	getDeviceProperties,
	isAvailable,
	setDevice,
	synchronize,
} from "./device";
export { type GraphedStep, type GraphOptions, graph } from "./graphedStep";
export { CUDAGraph, isCurrentStreamCapturing } from "./graphs";
export {
	emptyCache,
	hostMemoryStats,
	type MemorySegment,
	type MemoryStats,
	maxMemoryAllocated,
	maxMemoryReserved,
	memGetInfo,
	memoryAllocated,
	memoryReserved,
	memorySnapshot,
	memoryStats,
	memorySummary,
	resetPeakMemoryStats,
	setPerProcessMemoryFraction,
} from "./memory";
export { getRngState, initialSeed, manualSeed, manualSeedAll, setRngState } from "./random";
export { currentStream, defaultStream, Event, Stream, setStream, stream } from "./streams";
