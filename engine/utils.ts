/* `torch.utils`: data loading, and checkpoints of the backward pass. */

export * as checkpoint from "./autograd/checkpoint";
export * as data from "./data";
