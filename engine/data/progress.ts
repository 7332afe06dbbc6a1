/*
 * How the engine tells of work that one waits for (a download, a conversion). It only says what happens; who shows it is
 * set from outside: the notebook's views put a bar under the cell, a program at a terminal gets a line of text.
 */

/** What is being done. */
export interface ProgressTask {
	/** Stands before the bar: "FashionMNIST: train-images". */
	label: string;
	/** How much there is to do, where that is known. */
	total?: number;
	/** What is counted. */
	unit: "bytes" | "images";
}

/** One bar on its way. */
export interface ProgressHandle {
	/** So much more is done. */
	advance(amount: number): void;
	/** Nothing more comes; also called after a failure. */
	end(): void;
}

/** Shows a task's progress. */
export type ProgressReporter = (task: ProgressTask) => ProgressHandle;

let reporter: ProgressReporter | null = null;

/**
 * Sets who shows progress from now on, and returns who did before. `null` goes back to text on the standard error
 * stream.
 */
export function setProgressReporter(next: ProgressReporter | null): ProgressReporter | null {
	const before = reporter;
	reporter = next;
	return before;
}

/** Shows nothing. */
export const silentProgress: ProgressReporter = () => ({ advance() {}, end() {} });

/** Begins a bar with whoever shows progress now. `choice` false: nobody; a function: that one. */
export function reporterFor(choice: boolean | ProgressReporter | undefined): ProgressReporter {
	if (typeof choice === "function") return choice;
	return choice === false ? silentProgress : (reporter ?? textProgress());
}

/** Where text goes: `process.stderr`, or a stand-in. */
export interface TextStream {
	write(text: string): unknown;
	readonly isTTY?: boolean;
}

const redrawMilliseconds = 100;

/** A line of text that is drawn over and over at a terminal; elsewhere a line when the work ends. */
export function textProgress(stream: TextStream = process.stderr): ProgressReporter {
	return (task) => {
		const started = performance.now();
		let done = 0;
		let drawn = Number.NEGATIVE_INFINITY;
		let ended = false;
		const line = () => describe(task, done, (performance.now() - started) / 1000);
		return {
			advance(amount) {
				done += amount;
				const now = performance.now();
				if (!stream.isTTY || ended || now - drawn < redrawMilliseconds) return;
				drawn = now;
				stream.write(`\r\x1b[2K${line()}`);
			},
			end() {
				if (ended) return;
				ended = true;
				stream.write(stream.isTTY ? `\r\x1b[2K${line()}\n` : `${line()}\n`);
			},
		};
	};
}

function describe(task: ProgressTask, done: number, seconds: number): string {
	const { total } = task;
	const amount = (value: number) => (task.unit === "bytes" ? bytesText(value) : `${value} ${task.unit}`);
	const counted = total === undefined ? (done > 0 ? amount(done) : "") : `${amount(done)} of ${amount(total)}`;
	const share = total ? `${String(Math.floor((100 * done) / total)).padStart(3)}%` : "";
	const rate = done > 0 && seconds > 0.2 ? `${amount(Math.round(done / seconds))}/s` : "";
	return [task.label, share, counted, `${seconds.toFixed(1)} s`, rate].filter((part) => part !== "").join("  ");
}

/** As a person reads it: "26.4 MB". */
export function bytesText(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	const units = ["kB", "MB", "GB", "TB"];
	let value = bytes / 1000;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}
