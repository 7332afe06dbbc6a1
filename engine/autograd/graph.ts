/* `torch.autograd.graph`: looking into the graph. */

export { type SavedTensorsHooks, savedTensorsHooks } from "./savedTensors";
