import type { Content, Message } from "../wire/message";
import {
	anything,
	array,
	boolean,
	dictionary,
	either,
	integer,
	literal,
	object,
	optional,
	record,
	string,
} from "../wire/shape";
import type { CellError, CellOutput, Page, RunOutcome } from "./contract";
import { errorContent, handler } from "./handler";
import { withValue } from "./inspect";
import type { Kernel } from "./kernel";

const expressionShape = either(
	object({ status: literal("ok"), data: dictionary, metadata: dictionary }),
	object({ status: literal("error"), ename: string, evalue: string, traceback: array(string) }),
);

export const execute = handler({
	type: "execute_request",
	serial: true,
	content: object({
		code: string,
		silent: optional(boolean),
		store_history: optional(boolean),
		user_expressions: optional(anything),
		allow_stdin: optional(boolean),
		stop_on_error: optional(boolean),
	}),
	reply: object({
		status: literal("ok"),
		execution_count: integer,
		user_expressions: record(expressionShape),
		payload: array(object({ source: literal("page"), data: dictionary, start: integer })),
	}),
	async handle({ content, message, arrived }, kernel) {
		const silent = content.silent ?? false;
		const store = !silent && (content.store_history ?? true);
		const count = kernel.executionCount;
		const started = new Date().toISOString();
		const finish = (fields: Content) => ({
			content: { execution_count: count, user_expressions: {}, payload: [], ...fields },
			metadata: { started, status: fields.status },
		});

		if (!silent) kernel.iopub.publish("execute_input", { code: content.code, execution_count: count }, message.header);
		const empty = content.code.trim() === "";
		if (store && !empty) kernel.executionCount++;
		const entry = store && !empty ? kernel.history.add(count, content.code) : undefined;

		const execution = { arrived, stop: new AbortController() };
		kernel.executions.add(execution);
		try {
			const output = cellOutput(message, kernel, { silent, allowStdin: content.allow_stdin ?? false });
			// JupyterLab, Notebook 7 and VS Code name the cell that they run.
			const { cellId } = message.metadata;
			const notebookCell = typeof cellId === "string" ? cellId : undefined;
			const run = (code: string, remember: boolean) =>
				compileAndRun(code, {
					...{ count, remember, output, kernel },
					stop: execution.stop.signal,
					notebookCell: remember ? notebookCell : undefined,
				});
			// Without code the expressions alone are asked for.
			const outcome: Ran = empty ? { status: "ok" } : await run(content.code, true);
			if (outcome.status !== "ok") {
				if (!silent) kernel.iopub.publish("error", { ...outcome.error }, message.header);
				return finish(errorContent(outcome.error));
			}
			if (outcome.result !== undefined && !silent) {
				entry?.setOutput(outcome.result["text/plain"]);
				kernel.iopub.publish(
					"execute_result",
					{ execution_count: count, data: outcome.result, metadata: outcome.metadata ?? {} },
					message.header,
				);
			}
			const expressions: Content = {};
			for (const [name, expression] of Object.entries(content.user_expressions ?? {})) {
				expressions[name] = await evaluate(expression, (code) => run(code, false));
			}
			const pages = await Promise.all((outcome.pages ?? []).map((page) => withValue(page, kernel)));
			return finish({
				status: "ok",
				user_expressions: expressions,
				payload: pages.map((data) => ({ source: "page", data, start: 0 })),
			});
		} finally {
			kernel.executions.delete(execution);
		}
	},
});

const interruptedError: CellError = {
	ename: "KeyboardInterrupt",
	evalue: "the cell was stopped before it ran",
	traceback: ["KeyboardInterrupt: the cell was stopped before it ran"],
};

/** How a cell ended, with the pages that it asks to read. */
type Ran = RunOutcome & { pages?: Page[] };

async function compileAndRun(
	code: string,
	options: {
		count: number;
		remember: boolean;
		output: CellOutput;
		stop: AbortSignal;
		notebookCell: string | undefined;
		kernel: Kernel;
	},
): Promise<Ran> {
	const { kernel, count, remember, stop, output, notebookCell } = options;
	const imports = (modules: string[]) => kernel.runner.expect(modules);
	const compiled = await kernel.compiler.compile(code, { executionCount: count, remember, stop, imports });
	if (compiled.status === "error") return compiled;
	if (compiled.status === "stopped" || stop.aborted) return { status: "interrupted", error: interruptedError };
	return { ...(await kernel.runner.run(compiled.cell, output, notebookCell)), pages: compiled.pages };
}

async function evaluate(expression: unknown, run: (code: string) => Promise<RunOutcome>): Promise<Content> {
	if (typeof expression !== "string") {
		const evalue = `a user expression must be a string, got ${JSON.stringify(expression)}`;
		return errorContent({ ename: "TypeError", evalue, traceback: [`TypeError: ${evalue}`] });
	}
	const outcome = await run(expression);
	if (outcome.status !== "ok") return errorContent(outcome.error);
	return { status: "ok", data: outcome.result ?? { "text/plain": "undefined" }, metadata: outcome.metadata ?? {} };
}

/** The cell's output as iopub messages. It outlives the request: a timer's line still has its parent. */
function cellOutput(message: Message, kernel: Kernel, options: { silent: boolean; allowStdin: boolean }): CellOutput {
	const { iopub } = kernel;
	const parent = message.header;
	const transient = (displayId: string | undefined) => (displayId === undefined ? {} : { display_id: displayId });
	const publish: IOPubPublish = options.silent ? () => {} : (type, content) => iopub.publish(type, content, parent);
	return {
		stream(name, text) {
			if (!options.silent) iopub.stream(name, text, parent);
		},
		display(data, { displayId, metadata = {} }) {
			publish("display_data", { data, metadata, transient: transient(displayId) });
		},
		update(displayId, data, metadata) {
			publish("update_display_data", { data, metadata, transient: transient(displayId) });
		},
		clear(wait) {
			publish("clear_output", { wait });
		},
		error(error) {
			publish("error", { ...error });
		},
		comm(packet) {
			kernel.comms.publish(packet, parent);
		},
		input(prompt, password) {
			if (!options.allowStdin) {
				return Promise.reject(new Error("this front end does not take input (allow_stdin is false)"));
			}
			return kernel.stdin.ask(message, prompt, password);
		},
	};
}

type IOPubPublish = (type: string, content: Content) => void;
