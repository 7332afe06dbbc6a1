// Every statement under a line "// @ts-error …" must not compile, for the reason named; types.test.ts holds it.

import * as torch from "gradbook";

const F = torch.nn.functional;
const x = torch.ones(2, 3);

// @ts-error a misspelt name
x.transpose({ dim0: 0, dim2: 1 });
// @ts-error a name that is missing
x.narrow({ dim: 0, start: 1 });
// @ts-error PyTorch's snake_case
torch.full({ size: [2], fill_value: 3 });
// @ts-error a string where a number belongs
x.select({ dim: "0", index: 1 });
// @ts-error a number where a tensor belongs
x.gather({ dim: 0, index: 1 });
// @ts-error in place and by name
x.transpose(0, 1, { dim1: 1 });
// @ts-error no tensor, but the other operand's name is another
x.mul({ exponent: 2 });
// @ts-error sizes are a list
x.reshape({ shape: "2, 3" });
// @ts-error a misspelt option of a function
F.elu(x, { alhpa: 1 });
// @ts-error a string in place
F.leakyRelu(x, "0.1");
// @ts-error a flag where a number belongs
F.dropout(x, true);
// @ts-error a kernel is missing
F.maxPool2d(x, { stride: 2 });
