import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stripAnsi } from "../display/escape";
import { formatSeconds } from "../display/numbers";
import type { Screen } from "../display/terminal";
import { KernelGone, type Received } from "./client";
import { firstLine, RunConsole } from "./console";
import { type CodeCell, type Notebook, NotebookError, notebookText, readNotebook } from "./notebook";
import { NotebookOutputs } from "./outputs";
import { notebookPage } from "./page/page";
import { type Parameters, withParameters } from "./parameters";
import { addPictures } from "./pictures";
import { KernelProcess } from "./process";
import { type NotebookKernel, type Pending, remoteKernel } from "./remote";
import { WidgetStates } from "./widgets";

export interface RunOptions {
	/** Folder for the executed notebook and its page. Default: `output/<the notebook's name>` here. */
	out?: string;
	/** Write the page too. Default true. */
	html?: boolean;
	/** Values for the variables of the cell tagged `parameters`. */
	params?: Parameters;
	/** Seconds that one cell may take. Default: as long as it needs. */
	timeout?: number;
	/** Give the notebook a PNG of every plot, so that it is seen where nothing of a notebook runs. Default false. */
	images?: boolean;
	/** The Chromium that draws them. Where there is none, a line says so. */
	chromium?: string;
	/** Where progress is shown. Default: this process's terminal. */
	screen?: Screen;
	/** Ends the run as the stop button would. */
	signal?: AbortSignal;
	/** The script that is the kernel. Default: this package's. */
	kernelMain?: string;
	/** A Jupyter server whose gradbook kernel runs the cells, in the server's folder. Default: a kernel here. */
	server?: { url: string; token?: string };
}

export interface RunResult {
	/** Whether every cell ran. */
	ok: boolean;
	/** What went wrong, in one sentence. */
	problem?: string;
	/** Files written. */
	files: string[];
	notebook: Notebook;
}

/** How long a cell that was stopped may take to end before its kernel is ended. */
const graceSeconds = 5;

/**
 * Runs a notebook's code cells in order, in the notebook's folder, by a kernel of its own and without any server. Writes
 * the executed notebook and a page that needs no network. A cell that fails ends the run; what was done until then is
 * written all the same. Throws NotebookError where there is nothing to run.
 */
export async function runNotebook(file: string, options: RunOptions = {}): Promise<RunResult> {
	const screen = options.screen ?? processScreen();
	const report = new RunConsole(screen);
	const notebook = withParameters(readNotebook(file), options.params ?? {});
	const folder = resolve(options.out ?? join("output", basename(file, ".ipynb")));
	// Before the cells run: an hour of training must not end at a folder that cannot be written.
	mkdirSync(folder, { recursive: true });

	const started = performance.now();
	const problem = await runCells(notebook, file, report, screen, options);
	const files = [join(folder, basename(file))];
	// First, so that nothing of what was run is lost whatever comes next.
	write(files[0]!, notebookText(notebook));
	if (options.html !== false) {
		files.push(join(folder, `${basename(file, ".ipynb")}.html`));
		write(files[1]!, notebookPage(notebook, { file }));
	}
	if (options.images) report.line(await withPictures(notebook, files[0]!, options.chromium));
	if (problem !== undefined) report.error(problem);
	report.line(`${formatSeconds((performance.now() - started) / 1000)}, written to ${files.join(" and ")}`);
	return { ok: problem === undefined, problem, files, notebook };
}

/** `gradbook run`: the exit status, 0 where every cell ran. Problems go to standard error. */
export async function runCommand(file: string, options: RunOptions = {}): Promise<number> {
	const stop = new AbortController();
	const interrupted = () => stop.abort();
	process.once("SIGINT", interrupted);
	try {
		const { ok } = await runNotebook(file, { signal: stop.signal, ...options });
		return stop.signal.aborted ? 130 : ok ? 0 : 1;
	} catch (error) {
		if (!(error instanceof NotebookError || error instanceof KernelGone || isSystemError(error))) throw error;
		process.stderr.write(`${error.message}\n`);
		return 1;
	} finally {
		process.off("SIGINT", interrupted);
	}
}

/** Writes the notebook once more, with pictures; says how many, or why there are none. */
async function withPictures(notebook: Notebook, file: string, chromium: string | undefined): Promise<string> {
	if (chromium === undefined) {
		return "no pictures of the plots: found no Chromium on PATH (GRADBOOK_CHROMIUM names one)";
	}
	try {
		const count = await addPictures(notebook, chromium);
		if (count > 0) write(file, notebookText(notebook));
		return count === 1 ? "1 plot got a picture" : `${count} plots got pictures`;
	} catch (error) {
		return `no pictures of the plots: ${error instanceof Error ? error.message : String(error)}`;
	}
}

/** Runs the cells; the reason why not all of them ran. */
async function runCells(
	notebook: Notebook,
	file: string,
	report: RunConsole,
	screen: Screen,
	options: RunOptions,
): Promise<string | undefined> {
	const cells = notebook.cells.filter(
		(cell): cell is CodeCell => cell.cell_type === "code" && cell.source.trim() !== "",
	);
	const kernel =
		options.server === undefined
			? localKernel(await KernelProcess.start({ folder: dirname(resolve(file)), main: options.kernelMain }))
			: await remoteKernel(options.server);
	const running = new Running(kernel, report);
	try {
		for (const [index, cell] of cells.entries()) {
			if (options.signal?.aborted) return "stopped";
			report.begin(index + 1, cells.length, cell.source);
			const start = performance.now();
			const end = await running.run(cell, options);
			report.end((performance.now() - start) / 1000);
			if (end === undefined || cell.metadata.tags?.includes("raises-exception")) continue;
			if (end.traceback !== undefined) report.error(screen.interactive ? end.traceback : stripAnsi(end.traceback));
			return `cell ${index + 1} of ${cells.length} (${firstLine(cell.source).slice(0, 60)}): ${end.reason}`;
		}
		return undefined;
	} finally {
		await kernel.leave();
		running.finish(notebook);
	}
}

/** Why a cell did not end well. */
interface CellProblem {
	reason: string;
	traceback?: string;
}

class Running {
	readonly #outputs = new NotebookOutputs();
	readonly #widgets = new WidgetStates();
	/** Cells by the request that runs them: what a cell shows later, it shows in its own place. */
	readonly #cells = new Map<string, CodeCell>();

	constructor(
		private readonly kernel: NotebookKernel,
		private readonly report: RunConsole,
	) {
		kernel.listen((message) => this.#receive(message));
	}

	async run(cell: CodeCell, { timeout, signal }: RunOptions): Promise<CellProblem | undefined> {
		const content = { code: cell.source, silent: false, store_history: true, allow_stdin: false, stop_on_error: true };
		const pending = this.kernel.execute(content);
		this.#cells.set(pending.id, cell);
		try {
			const stopped = await this.#wait(pending, timeout, signal);
			if (stopped !== undefined) return { reason: stopped };
			const { content: reply } = await pending.reply();
			cell.execution_count = (reply.execution_count as number | undefined) ?? null;
			if (reply.status === "ok") return undefined;
			const { ename, evalue, traceback } = reply as { ename?: string; evalue?: string; traceback?: string[] };
			const [first] = (evalue ?? "").split("\n");
			return { reason: `${ename ?? reply.status}: ${first}`, traceback: traceback?.join("\n") };
		} catch (error) {
			if (!(error instanceof KernelGone)) throw error;
			return { reason: `${error.message} while the cell ran` };
		}
	}

	/** Brings what changed after it was shown into the notebook. */
	finish(notebook: Notebook): void {
		this.#widgets.writeTo(notebook);
	}

	/** Waits for the cell's end; where it does not come in time, stops the cell and says why. */
	async #wait(pending: Pending, timeout: number | undefined, signal: AbortSignal | undefined) {
		const ended = pending.reply().then(() => undefined);
		// Should the race below be over before the kernel is gone, nobody waits for this promise.
		ended.catch(() => {});
		const clock = new AbortController();
		const late: Promise<string>[] = [];
		if (timeout !== undefined) {
			const text = `it took longer than ${formatSeconds(timeout)} and was stopped`;
			late.push(pause(timeout * 1000, text, { signal: clock.signal }));
		}
		if (signal !== undefined) late.push(aborted(signal, clock.signal));
		for (const promise of late) promise.catch(() => {});
		const reason = await Promise.race([ended, ...late]);
		clock.abort();
		if (reason === undefined) return undefined;
		await Promise.race([this.kernel.interrupt().catch(() => {}), grace()]);
		const over = await Promise.race([ended.then(() => true), grace()]);
		if (!over) this.kernel.kill();
		return reason;
	}

	#receive(message: Received): void {
		if (message.channel !== "iopub") return;
		this.#widgets.apply(message);
		const cell = this.#cells.get(message.parent.msg_id ?? "");
		if (cell === undefined) return;
		this.#outputs.apply(cell.outputs, message);
		this.report.message(message);
	}
}

function aborted(signal: AbortSignal, over: AbortSignal): Promise<string> {
	if (signal.aborted) return Promise.resolve("it was stopped");
	return new Promise((resolve) => {
		signal.addEventListener("abort", () => resolve("it was stopped"), { once: true, signal: over });
	});
}

/** False, after as long as something may take to end. Keeps no process waiting for it. */
function grace(): Promise<false> {
	return pause(graceSeconds * 1000, false as const, { ref: false });
}

function localKernel(kernel: KernelProcess): NotebookKernel {
	return {
		listen: (receive) => void kernel.client.listen(receive),
		execute: (content) => kernel.client.request("execute_request", { ...content }),
		interrupt: () => kernel.interrupt(),
		kill: () => kernel.kill(),
		/** By asking, and where that does not help, at once. */
		async leave() {
			const asked = kernel.stop().catch(() => {});
			const left = await Promise.race([asked.then(() => true), grace()]);
			if (!left) kernel.kill();
			await kernel.exited;
		},
	};
}

/** Written aside and renamed, so that no reader meets half a file. */
function write(file: string, text: string): void {
	writeFileSync(`${file}.part`, text);
	renameSync(`${file}.part`, file);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
	return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string" && "syscall" in error;
}

function processScreen(): Screen {
	const { stdout, stderr } = process;
	return {
		write: (name, text) => void (name === "stdout" ? stdout : stderr).write(text),
		interactive: stdout.isTTY === true,
		columns: stdout.columns || 80,
		rows: stdout.rows || 1000,
	};
}
