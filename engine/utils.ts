/* `torch.utils`: data loading, checkpoints of the backward pass, and how long things take. */

export * as checkpoint from "./autograd/checkpoint";
export * as benchmark from "./benchmark";
export * as data from "./data";
