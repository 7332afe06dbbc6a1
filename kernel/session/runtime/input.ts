import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { type InputAnswer, signal, type ToTransport } from "./protocol";
import { currentRun, Stopped } from "./run-output";

/** What a cell may ask the reader. Each waits, with the whole session, until the reader has answered. */
export interface InputFunctions {
	/** A line of text; `fallback` where the reader enters nothing. */
	prompt(message?: string, fallback?: string): string;
	/** Yes or no. Asks again until the answer is one of y, yes, n, no (nothing means no). */
	confirm(message?: string): boolean;
	/** A line of text that is not shown as it is typed. */
	password(message?: string): string;
}

/**
 * @param isRunning whether the transport thread knows a run to be under way; only such a one may ask, since nobody looks
 * at the input box of a cell that has ended.
 */
export function inputFunctions(
	signals: Int32Array,
	answers: MessagePort,
	post: (message: ToTransport) => void,
	isRunning: (run: number) => boolean,
): InputFunctions {
	const ask = (name: string, prompt: string, password: boolean): string => {
		const output = currentRun();
		if (output === undefined || !isRunning(output.run)) {
			throw new Error(`${name}: only a cell that is running can ask for input`);
		}
		if (output.stopped) throw new Stopped();
		Atomics.store(signals, signal.input, 0);
		post({ kind: "input", run: output.run, prompt, password });
		Atomics.wait(signals, signal.input, 0);
		const answer = receiveMessageOnPort(answers)?.message as InputAnswer | undefined;
		if (answer === undefined || "interrupted" in answer) throw new Stopped();
		if ("refused" in answer) throw new Error(`${name}: ${answer.refused}`);
		return answer.value;
	};
	return {
		prompt(message = "", fallback = "") {
			const text = fallback === "" ? message : `${message} [${fallback}] `;
			const answer = ask("prompt", text, false);
			return answer === "" ? fallback : answer;
		},
		confirm(message = "") {
			for (;;) {
				const answer = ask("confirm", `${message} [y/N] `, false).trim().toLowerCase();
				if (answer === "y" || answer === "yes") return true;
				if (answer === "n" || answer === "no" || answer === "") return false;
			}
		},
		password(message = "") {
			return ask("password", message, true);
		},
	};
}
