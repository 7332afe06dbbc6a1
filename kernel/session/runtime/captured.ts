import { StringDecoder } from "node:string_decoder";
import { kernelAddon, type Written } from "./descriptors";
import type { StreamName } from "./protocol";

/**
 * What was written to descriptors 1 and 2, by child processes, native code and threads, as text. The main thread takes it
 * before it sends something of its own, so that the order is kept; this thread takes it as soon as it is there.
 */
export class CapturedText {
	/** Bytes may end in the middle of a character. */
	readonly #decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
	readonly #show: (name: StreamName, text: string) => void;

	constructor(show: (name: StreamName, text: string) => void) {
		this.#show = show;
	}

	/** @param found called with what this thread has taken: it belongs before what the main thread has sent with a higher order */
	watch(found: (written: Written) => void): void {
		kernelAddon().watchOutput(() => this.take(found));
	}

	/** Takes what is there. */
	take(found: (written: Written) => void): void {
		const written = kernelAddon().take(0);
		if (typeof written !== "number") found(written);
	}

	receive(written: Written): void {
		for (const name of ["stdout", "stderr"] as const) {
			const bytes = written[name];
			if (bytes === undefined) continue;
			const text = this.#decoders[name].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
			if (text !== "") this.#show(name, text);
		}
	}
}
