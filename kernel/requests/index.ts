import { commClose } from "./comm-close";
import { commInfo } from "./comm-info";
import { commMsg } from "./comm-msg";
import { commOpen } from "./comm-open";
import { complete } from "./complete";
import { createSubshell } from "./create-subshell";
import { debug } from "./debug";
import { deleteSubshell } from "./delete-subshell";
import { execute } from "./execute";
import type { Handler } from "./handler";
import { history } from "./history";
import { inspect } from "./inspect";
import { interrupt } from "./interrupt";
import { isComplete } from "./is-complete";
import { kernelInfo } from "./kernel-info";
import { listSubshell } from "./list-subshell";
import { shutdown } from "./shutdown";

/** Every message that the kernel acts on. */
export const handlers: readonly Handler[] = [
	kernelInfo,
	execute,
	isComplete,
	complete,
	inspect,
	history,
	commInfo,
	commOpen,
	commMsg,
	commClose,
	createSubshell,
	deleteSubshell,
	listSubshell,
	interrupt,
	debug,
	shutdown,
];
