import { Console } from "node:console";
import { writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { currentOutput } from "../../display/output";

type Write = NodeJS.WriteStream["write"];

/**
 * Sends what cells write to `console`, `process.stdout` and `process.stderr` to the output of the cell that writes. Stacks of
 * errors that `console` prints go through `readStacks`.
 */
export function captureStreams(readStacks: (text: string) => string): void {
	const writers = { stdout: captureStream("stdout"), stderr: captureStream("stderr") };
	const sink = (name: "stdout" | "stderr") => {
		const write = (text: string) => writers[name](cellFrame.test(text) ? readStacks(text) : text);
		return { write } as unknown as NodeJS.WritableStream;
	};
	// A Console of our own over the bare functions: through the streams each line would cost several times as much.
	const captured = new Console({
		stdout: sink("stdout"),
		stderr: sink("stderr"),
		ignoreErrors: false,
		colorMode: false,
	});
	Object.assign(globalThis.console, captured);
}

/** A line of a stack, of an error that was printed. */
const cellFrame = /^\s+at .*\bcell-\d[\d.]*\.ts:\d+:\d+/m;

const descriptors = { stdout: 1, stderr: 2 };

function captureStream(name: "stdout" | "stderr"): (text: string) => boolean {
	const stream = process[name];
	// To the descriptor, where nothing knows whose it is: what is read from there belongs to the cell that runs.
	const original = (chunk: string | Uint8Array) => {
		writeSync(descriptors[name], chunk as string);
		return true;
	};
	// Bytes may end in the middle of a character.
	const decoder = new StringDecoder("utf8");
	stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
		const output = currentOutput();
		if (output === undefined) original(chunk);
		else output.stream(name, typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk)));
		const callback = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
		if (callback !== undefined) process.nextTick(callback);
		return true;
	}) as Write;
	return (text) => {
		const output = currentOutput();
		if (output === undefined) return original(text);
		output.stream(name, text);
		return true;
	};
}
