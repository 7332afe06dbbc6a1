import * as torch from "gradbook";
import { expect } from "vitest";
import { useCard } from "./useCard";

/*
 * Before each file of the project "cuda": new tensors are made on a card. On the stand-in, where every result that goes waits for the
 * launch thread, it is used by the suites for cards alone; by all of them with GRADBOOK_TEST_LAUNCH_THREAD=always, as .ci/nightly does.
 */

useCard();
if (process.env.GRADBOOK_TEST_CARD !== "real" && !expect.getState().testPath?.includes("/cuda/card/"))
	process.env.GRADBOOK_LAUNCH_THREAD = process.env.GRADBOOK_TEST_LAUNCH_THREAD ?? "off";
torch.setDefaultDevice("cuda");
