import { constants } from "node:os";

/** Signals that end no process by themselves. SIGINT is the stop button. */
const harmless = new Set([0, "SIGINT", "SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH"].map(signalNumber));

function signalNumber(signal: string | number | undefined = "SIGTERM"): number | undefined {
	return typeof signal === "number" ? signal : constants.signals[signal as NodeJS.Signals];
}

/**
 * Code of cells cannot end the process, and with it the session: what would do so throws and says what to do instead.
 * Returns what does end it.
 */
export function keepProcess(): (code: number) => never {
	const { exit, reallyExit, kill } = process as NodeJS.Process & { reallyExit(code: number): never };
	const refuse = (call: string): never => {
		throw new Error(`${call} would end the session; restart or shut it down from the notebook`);
	};
	Object.assign(process, {
		exit: (code?: number) => refuse(`process.exit(${code ?? ""})`),
		reallyExit: (code?: number) => refuse(`process.reallyExit(${code ?? ""})`),
		abort: () => refuse("process.abort()"),
		kill(id: number, signal?: string | number) {
			// 0 and a negative number are groups, -1 is everybody.
			const meant = id === process.pid || id === 0 || id === -process.pid || id === -1;
			const handled = typeof signal === "string" && process.listenerCount(signal) > 0;
			if (meant && !handled && !harmless.has(signalNumber(signal)))
				refuse(`process.kill(${id}, ${signal ?? "SIGTERM"})`);
			return kill.call(process, id, signal);
		},
	});
	return (code) => {
		// Node's own looks it up.
		Object.assign(process, { reallyExit });
		return exit.call(process, code);
	};
}

/**
 * Listens to events of the process for as long as it is there, also where a cell removes all listeners: without these the
 * next error that nobody catches would end the session.
 */
export function keepListening(listeners: Record<string, (value: unknown) => void>): void {
	const { removeAllListeners } = process;
	const listen = () => {
		for (const [event, listener] of Object.entries(listeners)) {
			if (!process.listeners(event as "exit").includes(listener)) process.on(event, listener);
		}
	};
	process.removeAllListeners = (...events) => {
		removeAllListeners.apply(process, events);
		listen();
		return process;
	};
	listen();
}
