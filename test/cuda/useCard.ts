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

/**
 * What is queued after it waits for some fifty milliseconds on a real card, so that what nobody waited for is seen not to be done.
 * The stand-in does everything as late as it can anyway.
 */
export function keepBusy(): void {
	if (process.env.GRADBOOK_TEST_CARD !== "real" || process.env.GRADBOOK_STANDIN !== undefined) return;
	const x = torch.ones(4096, 4096, { device: "cuda" });
	for (let i = 0; i < 20; i++) x.matmul(x);
}
