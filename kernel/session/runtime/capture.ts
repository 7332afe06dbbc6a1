import { Console } from "node:console";
import { writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { currentOutput } from "../../display/output";
import { CursorLine, cursorMethods } from "./cursor";

type Write = NodeJS.WriteStream["write"];

interface Captured {
	/** `console.group` ends with its cell, also where an error left it open. */
	endGroups(): void;
}

/**
 * Sends what cells write to `console`, `process.stdout` and `process.stderr` to the output of the cell that writes. Stacks of
 * errors that `console` prints go through `readStacks`.
 */
export function captureStreams(readStacks: (text: string) => string): Captured {
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
	// Groups that are open, counted here: where Node keeps its indentation differs from one version to the next.
	let open = 0;
	const { group, groupEnd } = captured;
	captured.group = captured.groupCollapsed = (...label: unknown[]) => {
		open++;
		group.apply(captured, label);
	};
	captured.groupEnd = () => {
		open = Math.max(0, open - 1);
		groupEnd.call(captured);
	};
	Object.assign(globalThis.console, captured);
	return {
		endGroups() {
			while (open > 0) captured.groupEnd();
		},
	};
}

/** A line of a stack, of an error that was printed. */
const cellFrame = /^\s+at .*\bcell-\d[\d.]*\.ts:\d+:\d+/m;

const isUtf8 = /^utf-?8$/i;

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
	const line = new CursorLine();
	const write = (text: string): boolean => {
		const output = currentOutput();
		if (output === undefined) return original(text);
		output.stream(name, text);
		line.wrote(text);
		return true;
	};
	stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
		const [encoding] = rest as [BufferEncoding | (() => void) | undefined];
		const isText = typeof chunk === "string" && (typeof encoding !== "string" || isUtf8.test(encoding));
		if (isText) write(chunk);
		else {
			const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding as BufferEncoding) : Buffer.from(chunk);
			if (currentOutput() === undefined) original(bytes);
			else write(decoder.write(bytes));
		}
		const callback = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
		if (callback !== undefined) process.nextTick(callback);
		return true;
	}) as Write;
	Object.assign(stream, cursorMethods(line, write));
	return write;
}
