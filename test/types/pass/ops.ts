// What must compile: parameters of ops and functions in place and by name.

import * as torch from "gradbook";

const { F } = { F: torch.nn.functional };
const x: torch.Tensor = torch.ones(2, 3);
const index = torch.zeros({ size: [2, 1], dtype: torch.int64 });

export const turned: torch.Tensor = x.transpose({ dim0: 0, dim1: 1 });
export const mixed: torch.Tensor = x.transpose(0, { dim1: 1 });
export const part: torch.Tensor = torch.narrow(x, { dim: 1, start: 0, length: 2 });
export const whole: torch.Tensor = torch.narrow({ input: x, dim: 1, start: 0, length: 2 });
export const sum: torch.Tensor = x.add({ other: 1, alpha: 2 });
export const mask: torch.Tensor = x.gt({ other: x });
export const power: torch.Tensor = torch.pow(x, { exponent: 2 });
export const shaped: torch.Tensor = x.reshape({ shape: [3, 2] }).permute({ dims: [1, 0] });
export const picked: torch.Tensor = x.gather(1, { index });
export const written: torch.Tensor = x.clone().scatter_({ dim: 1, index, src: 2, reduce: "add" });
export const pieces: torch.Tensor[] = torch.chunk(x, { chunks: 3, dim: 1 });
export const larger: torch.Tensor = x.max({ other: x });
export const range: torch.Tensor = torch.arange(1, { end: 4 });
export const filled: torch.Tensor = torch.full({ size: [2], fillValue: 3, dtype: torch.float64 });
export const either: torch.Tensor = torch.where({ condition: x.gt(0), input: x, other: 0 });
export const bent: torch.Tensor = F.elu(x, 0.5);
export const dropped: torch.Tensor = F.dropout(x, 0.5, true, { inplace: false });
export const convolved: torch.Tensor = F.conv1d(torch.ones(1, 1, 4), { weight: torch.ones(1, 1, 2), stride: 2 });
export const pooled: torch.Tensor = F.maxPool2d(torch.ones(1, 1, 4, 4), { kernelSize: 2 });
export const loss: torch.Tensor = F.crossEntropy(x, torch.zeros(2).long(), torch.ones(3), { labelSmoothing: 0.1 });
export const alike: torch.Tensor = F.cosineSimilarity({ x1: x, x2: x, dim: 0 });

// Who knows how many dimensions there are says so.
const flat: number[] = torch.ones(3).tolist<number[]>();
const nested: number[][] = torch.eye(2).tolist<number[][]>();
export const largest: number = Math.max(...flat, ...nested[0]!);
