/*
 * The part of the Debug Adapter Protocol that is spoken here, with Jupyter's additions:
 * https://microsoft.github.io/debug-adapter-protocol and Jupyter's messaging, "Debug request". Lines and columns count
 * from 1.
 */

/** There is one thread that is debugged: the notebook's. */
export const threadId = 1;

export interface Source {
	name?: string;
	path: string;
}

/** A breakpoint as a front end asks for it. */
export interface SourceBreakpoint {
	line: number;
	condition?: string;
}

/** A breakpoint as it stands: its line may be a later one than was asked for. */
export interface Breakpoint {
	id: number;
	verified: boolean;
	line: number;
	source: Source;
	message?: string;
}

export interface StackFrame {
	id: number;
	name: string;
	source: Source;
	line: number;
	column: number;
}

export type StopReason = "breakpoint" | "step" | "pause" | "exception";

/** What the debugger can do, in answer to `initialize`. */
export const capabilities = {
	supportsConfigurationDoneRequest: true,
	supportsConditionalBreakpoints: true,
	supportsEvaluateForHovers: true,
	supportsExceptionInfoRequest: true,
	supportsModulesRequest: true,
	supportsSetVariable: false,
	exceptionBreakpointFilters: [
		{
			filter: "caught",
			label: "Caught exceptions",
			description: "Pause where an error is thrown that a catch deals with",
		},
		{
			filter: "uncaught",
			label: "Uncaught exceptions",
			description: "Pause where an error is thrown that ends the cell",
		},
	],
};

export type ExceptionFilter = "caught" | "uncaught";
