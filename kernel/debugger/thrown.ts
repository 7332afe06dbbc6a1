import type { Runtime } from "node:inspector";

/** What an evaluation threw. */
export function messageOf({ exception, text }: Runtime.ExceptionDetails): string {
	return exception === undefined ? text : textOf(exception);
}

/** What was thrown, without the stack that an error's description carries. */
export function textOf(thrown: Runtime.RemoteObject): string {
	return thrown.description?.split(/\n\s+at /)[0] ?? String(thrown.value);
}
