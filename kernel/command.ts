/**
 * How this Node starts a kernel whose program is `main`, up to the name of its connection file. Without the flag Node ends the
 * process where JavaScript that was stopped has left asynchronous contexts open (session/runtime/async-stack.ts).
 */
export function kernelCommand(main: string): string[] {
	return [process.execPath, "--no-force-async-hooks-checks", main];
}
