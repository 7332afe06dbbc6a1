// Every statement under a line "// @ts-error …" must not compile, for the reason named; types.test.ts holds it.

import * as torch from "gradbook";
import { nn } from "gradbook";

const x = torch.ones(1, 2, 8, 8);
const F = nn.functional;

// @ts-error PyTorch's snake_case: kernel_size
new nn.Conv2d({ inChannels: 1, outChannels: 2, kernel_size: 3 });
// @ts-error a misspelt option: paddding
new nn.Conv2d(1, 2, 3, { paddding: 1 });
// @ts-error an unknown padding: "full"
new nn.Conv2d(1, 2, 3, { padding: "full" });
// @ts-error an unknown padding mode: "mirror"
new nn.Conv2d(1, 2, 3, { paddingMode: "mirror" });
// @ts-error a transposed convolution takes no string: padding: string
new nn.ConvTranspose2d(1, 2, 3, { padding: "same" });
// @ts-error a pair is no tensor: relu
new nn.MaxPool2d(2, { returnIndices: true })(x).relu();
// @ts-error an unknown option: returnIndexes
F.maxPool2d(x, 2, { returnIndexes: true });
// @ts-error an unknown mode: "linear2"
F.interpolate(x, { size: 3, mode: "linear2" });
// @ts-error a string where numbers belong: [Tensor, string]
F.pad(x, "1");
