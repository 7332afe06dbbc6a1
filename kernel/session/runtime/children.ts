import { readdirSync, readFileSync } from "node:fs";

/**
 * Sends a signal to what the main thread has started, and to what that has started in turn: as Ctrl-C in a terminal does.
 * `execSync` and its like hold up the main thread in native code until the program ends. On Linux only, where the kernel
 * tells which thread a process was started by; the language server is another thread's and never meant.
 */
export function signalChildren(name: "SIGINT" | "SIGKILL"): void {
	for (const pid of descendants(childrenOf(process.pid, process.pid))) {
		try {
			process.kill(pid, name);
		} catch {
			// It has ended by now.
		}
	}
}

function descendants(pids: number[]): number[] {
	return pids.flatMap((pid) => [pid, ...descendants(threadsOf(pid).flatMap((thread) => childrenOf(pid, thread)))]);
}

function childrenOf(pid: number, thread: number): number[] {
	try {
		return readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number);
	} catch {
		return [];
	}
}

function threadsOf(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [];
	}
}
