/* `torch.autograd.graph`: looking into the graph. */

export { type MultiGradHook, registerMultiGradHook } from "./multiGradHook";
export {
	disableSavedTensorsHooks,
	type SavedTensorsHooks,
	type SaveOnCpuOptions,
	savedTensorsHooks,
	saveOnCpu,
} from "./savedTensors";
