import { dirname, sep } from "node:path";

/* Where operations were called, in PyTorch's form: `train.ts(12): step`. */

const engineFolder = dirname(__dirname) + sep;

/** A notebook's kernel says here how a stack is read in lines of cells. */
const reader = Symbol.for("gradbook.readableStacks");

/** Frames of a V8 stack, innermost first, without the engine's own and Node's. */
export function stackFrames(stack: string): string[] {
	const read = (globalThis as Record<symbol, unknown>)[reader];
	if (typeof read === "function") {
		const lines = String(read(stack)).split("\n");
		return lines.flatMap((line) => /^\s+at (.*)$/.exec(line)?.[1] ?? []);
	}
	const frames: string[] = [];
	for (const line of stack.split("\n").slice(1)) {
		const parts = /^\s*at (?:(.*?) \()?(.*?):(\d+):\d+\)?$/.exec(line);
		if (!parts) continue;
		const [, name, file, row] = parts;
		if (file!.includes(engineFolder) || file!.startsWith("node:")) continue;
		frames.push(`${file!.replace(/^file:\/\//, "")}(${row}): ${name ?? "<anonymous>"}`);
	}
	return frames;
}
