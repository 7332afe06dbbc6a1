import { IOPub } from "../wire/iopub";
import type { Sockets } from "../wire/sockets";
import { Comms } from "./comms";
import type { CellCompiler, CellDebugger, CellRunner } from "./contract";
import { History } from "./history";
import { Stdin } from "./stdin";
import { Subshells } from "./subshells";

/** A request that is being executed. */
export interface Execution {
	/** When it came, by the clock of `process.hrtime.bigint()`. */
	readonly arrived: bigint;
	/** The stop button for what is not on the main thread. */
	readonly stop: AbortController;
}

/** What every request handler may use. */
export interface Kernel {
	/** Identifies this run of the kernel in headers. */
	readonly session: string;
	readonly iopub: IOPub;
	readonly stdin: Stdin;
	readonly compiler: CellCompiler;
	readonly runner: CellRunner;
	readonly comms: Comms;
	readonly history: History;
	/** Number that the next cell gets. */
	executionCount: number;
	/** Requests that are being executed, one of each subshell at most. */
	readonly executions: Set<Execution>;
	readonly subshells: Subshells;
	/** Loaded with the first debug request. */
	debugger(): CellDebugger;
	/**
	 * Aborts what waits and stops what runs.
	 * @param at when that was asked for, by the clock of `process.hrtime.bigint()`. It does not concern what came later: a
	 * signal and a request take different ways here. Default: now.
	 */
	interrupt(at?: bigint): void;
	/** Ends the process once everything is sent. */
	shutdown(): void;
}

/** A kernel over these sockets. */
export function createKernel(
	session: string,
	sockets: Pick<Sockets, "send">,
	parts: {
		compiler: CellCompiler;
		runner: CellRunner;
		debugger: () => CellDebugger;
		historyFolder: string | undefined;
		shutdown: () => void;
	},
): Kernel {
	const iopub = new IOPub(sockets, session);
	return {
		session,
		iopub,
		stdin: new Stdin(sockets, session),
		compiler: parts.compiler,
		runner: parts.runner,
		comms: new Comms(iopub, parts.runner),
		history: new History(parts.historyFolder),
		executionCount: 1,
		executions: new Set(),
		subshells: new Subshells(),
		debugger: parts.debugger,
		interrupt(at) {
			const executions = [...this.executions];
			const meant = executions.filter(({ arrived }) => at === undefined || arrived <= at);
			if (executions.length > 0 && meant.length === 0) return;
			for (const { stop } of meant) stop.abort();
			this.stdin.cancel();
			void this.runner.interrupt();
		},
		shutdown: parts.shutdown,
	};
}
