import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect } from "vitest";
import type { Received } from "../../../dist/kernel/runner/client";
import { type KernelOptions, KernelProcess } from "../../../dist/kernel/runner/process";
import { problemOf } from "./schema";

/** The kernel with a compiler that only rewrites declarations: for tests of everything but the compiler. */
export const standIn = join(__dirname, "stand-in/main.cjs");

/** The kernel as users have it. */
export const wholeKernel = join(__dirname, "../../../dist/kernel/main.js");

export interface TestKernel extends KernelProcess {
	/** What the kernel has written to its log. */
	readonly logged: string[];
	/** Every message that it has sent. */
	readonly seen: Received[];
	/** A folder that is gone after the tests: the kernel's working directory. */
	readonly folder: string;
	/** Resolves with the first message, past or to come, that fits. */
	message(fits: (message: Received) => boolean): Promise<Received>;
	/** Resolves when the log has this text. */
	log(text: string): Promise<void>;
	/** Resolves when the kernel has read whatever was sent on shell before: control overtakes it. */
	read(): Promise<void>;
	/** Lets a cell go that waits in `until(name)`. */
	release(name: string): void;
}

/** Cell code that keeps the main thread busy, never yielding, until the test releases it. */
export const until = (name: string) => `while (!require("node:fs").existsSync(${JSON.stringify(name)})) ;`;

const problems: string[] = [];
const kernels: TestKernel[] = [];
const endings: (() => Promise<void>)[] = [];

/** Starts a kernel whose every message is checked; it is stopped after the file's tests. */
export async function startKernel(options: KernelOptions = {}): Promise<TestKernel> {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
	const logged: string[] = [];
	const watchers = new Set<() => void>();
	const changed = () => {
		for (const watcher of [...watchers]) watcher();
	};
	const kernel = await KernelProcess.start({
		main: standIn,
		folder,
		log(text) {
			logged.push(text);
			changed();
		},
		...options,
	});
	const seen: Received[] = [];
	kernel.client.listen((message) => {
		seen.push(message);
		const problem = problemOf(message);
		if (problem !== undefined) problems.push(problem);
		changed();
	});
	const wait = <T>(look: () => T | undefined) =>
		new Promise<T>((resolve) => {
			const watcher = () => {
				const found = look();
				if (found === undefined) return;
				watchers.delete(watcher);
				resolve(found);
			};
			watchers.add(watcher);
			watcher();
		});
	endings.push(async () => {
		kernel.kill();
		await kernel.exited;
		rmSync(folder, { recursive: true, force: true });
	});
	const test = Object.assign(kernel, {
		logged,
		seen,
		folder,
		message: (fits: (message: Received) => boolean) => wait(() => seen.find(fits)),
		log: async (text: string) => {
			await wait(() => (logged.join("").includes(text) ? true : undefined));
		},
		read: async () => {
			await kernel.client.request("kernel_info_request", {}).reply();
		},
		release: (name: string) => writeFileSync(join(folder, name), ""),
	});
	kernels.push(test);
	return test;
}

function lastWords(kernel: TestKernel): string {
	const last = kernel.seen.slice(-20).map((message) => `${message.parent.msg_id}: ${summary([message])[0]}`);
	return [`${kernel.seen.length} messages, the last:`, ...last, "its log:", ...kernel.logged.slice(-20)].join("\n");
}

afterAll(async () => {
	await Promise.all(endings.splice(0).map((end) => end()));
});

afterEach(({ task }) => {
	if (task.result?.state === "fail") for (const kernel of kernels) console.error(lastWords(kernel));
	expect(problems.splice(0)).toEqual([]);
});

/** Types of messages, in order, with the state of a status and the text of a stream. */
export function summary(messages: readonly Received[]): string[] {
	return messages.map(({ header, content }) => {
		if (header.msg_type === "status") return String(content.execution_state);
		if (header.msg_type === "stream") return `${content.name}: ${content.text}`;
		return header.msg_type;
	});
}
