/* What the libraries below the engine may do: `torch.backends`. */

import { isBuilt, matmul } from "./cuda";

export { type CudnnSwitches, cudnn } from "./cudnn";
export const cuda = { matmul, isBuilt };

/** Apple's cards, which programs ask for on their way to the host: there is nothing for them here. */
export const mps = { isAvailable: () => false, isBuilt: () => false };
