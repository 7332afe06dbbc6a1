/* `torch.ao.nn`: layers of quantized models, in PyTorch's places. */

export * as quantized from "./quantized";
