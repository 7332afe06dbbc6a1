/* `torch.utils`: where PyTorch has its data loading. */

export * as data from "./data";
