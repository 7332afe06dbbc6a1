import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Profile } from "./profile";

/**
 * For `onTraceReady`: writes the trace of each cycle into a folder, as `worker.time.pt.trace.json`, the names that TensorBoard's
 * plugin looks for. `workerName` is by default the host's name and the process's number.
 */
export function tensorboardTraceHandler(
	folder: string,
	workerName: string | null = null,
	options: { useGzip?: boolean } = {},
): (profile: Profile) => void {
	return (profile) => {
		mkdirSync(folder, { recursive: true });
		const worker = workerName ?? `${hostname()}_${process.pid}`;
		const time = process.hrtime.bigint();
		profile.exportChromeTrace(join(folder, `${worker}.${time}.pt.trace.json${options.useGzip ? ".gz" : ""}`));
	};
}
