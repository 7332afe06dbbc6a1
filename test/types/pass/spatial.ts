// Convolution and pooling: what must compile, with the types it must have.

import type { Tensor } from "gradbook";
import * as torch from "gradbook";
import { nn } from "gradbook";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};
const F = nn.functional;

const x = torch.ones(1, 2, 8, 8);
const conv = new nn.Conv2d(2, 4, 3, { padding: "same", paddingMode: "reflect", bias: false });
new nn.Conv2d(2, 4, [3, 1], 1, [1, 0], { groups: 2 });
new nn.Conv1d({ inChannels: 2, outChannels: 4, kernelSize: 3, stride: 2 });
new nn.ConvTranspose2d(2, 4, 3, { stride: 2, outputPadding: 1 })(x, [17, 17]);
const plain = new nn.MaxPool2d(2)(conv(x));
same<typeof plain, Tensor>(true);
const both = new nn.MaxPool2d(2, { stride: 1, returnIndices: true })(x);
same<typeof both, [values: Tensor, indices: Tensor]>(true);
const maybe = F.maxPool2d(x, 2, { stride: 2 });
same<typeof maybe, Tensor>(true);
const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true });
const back: Tensor = F.maxUnpool2d(values, indices, 2, { outputSize: [8, 8] });
const resized: Tensor = F.interpolate(x, { scaleFactor: 2, mode: "bilinear", alignCorners: true });
const padded: Tensor = F.pad(x, [1, 1], { mode: "circular" });
const y: Tensor = F.conv2d(x, conv.weight, null, { padding: "valid", stride: [1, 2] });
new nn.AdaptiveAvgPool2d([null, 3]);
const fused: nn.Conv2d = nn.utils.fuseConvBnEval(conv.eval(), new nn.BatchNorm2d(4).eval());
const model: Tensor = new nn.Sequential(
	conv,
	new nn.BatchNorm2d(4),
	new nn.ReLU(),
	new nn.MaxPool2d(2),
	new nn.Flatten(),
)(x);
export const all = [back, resized, padded, y, fused, model];
