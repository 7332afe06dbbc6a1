/* What the libraries below the engine may do: `torch.backends`. */

import { isBuilt, matmul } from "./cuda";

export const cuda = { matmul, isBuilt };
