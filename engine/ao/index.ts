/* `torch.ao`: models made smaller. */

export * as nn from "./nn";
export * as quantization from "./quantization";
