import * as torch from "gradbook";
import { standinEnvironment } from "./standin";

/*
 * The card of a suite: the machine's own in `npm run test:cuda`, else the stand-in. The numbers to compare with are float32's; on a
 * card cuDNN rounds factors to 10 bits otherwise, as in PyTorch.
 */
export function useCard(): void {
	if (process.env.GRADBOOK_TEST_CARD !== "real") Object.assign(process.env, standinEnvironment());
	torch.backends.cudnn.allowTf32 = false;
}
