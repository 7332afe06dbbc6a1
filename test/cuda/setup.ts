import * as torch from "gradbook";
import { standinEnvironment } from "./standin";

/*
 * Before each file of the project "cuda": new tensors are made on a card. It is a stand-in for one, or, for `npm run test:cuda`, the
 * machine's own.
 */

if (process.env.GRADBOOK_TEST_CARD !== "real") Object.assign(process.env, standinEnvironment());
torch.setDefaultDevice("cuda");
// The numbers to compare with are float32's; on a card cuDNN rounds factors to 10 bits otherwise, as in PyTorch.
torch.backends.cudnn.allowTf32 = false;
