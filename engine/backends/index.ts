/* What the libraries below the engine may do: `torch.backends`. */

import { isBuilt, matmul } from "./cuda";

export { type CudnnSwitches, cudnn } from "./cudnn";
export const cuda = { matmul, isBuilt };
