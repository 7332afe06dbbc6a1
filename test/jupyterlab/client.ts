import { type Kernel, KernelManager, KernelMessage, ServerConnection, SessionManager } from "@jupyterlab/services";
import type { LabServer } from "./server";

/** One run of a cell as JupyterLab sees it. */
export interface CellRun {
	reply: KernelMessage.IExecuteReplyMsg["content"];
	/** What has been published for the cell so far. */
	messages: KernelMessage.IIOPubMessage[];
	/** Text of a standard stream. */
	text(name: "stdout" | "stderr"): string;
	/** The first MIME bundle: of a display or of the last expression's value. */
	data(): Record<string, unknown> | undefined;
}

/** A notebook open in a session, as JupyterLab holds it. */
export interface NotebookClient {
	/** Runs a cell; `onMessage` sees the run after each message. */
	run(code: string, onMessage?: (run: Omit<CellRun, "reply">) => void): Promise<CellRun>;
	kernel: Kernel.IKernelConnection;
	close(): Promise<void>;
}

/** Node 20 has fetch, and no WebSocket; `ws` is what @jupyterlab/services itself depends on. */
function settingsFor(server: LabServer): ServerConnection.ISettings {
	return ServerConnection.makeSettings({
		baseUrl: server.url,
		wsUrl: server.url.replace(/^http/, "ws"),
		token: server.token,
		appendToken: true,
		WebSocket: require("ws"),
	});
}

/** Opens `path` (relative to the server's folder) in a session of kernel `kernelName`. */
export async function openNotebook(server: LabServer, path: string, kernelName: string): Promise<NotebookClient> {
	const serverSettings = settingsFor(server);
	const kernelManager = new KernelManager({ serverSettings });
	const sessionManager = new SessionManager({ kernelManager, serverSettings });
	await sessionManager.ready;
	const session = await sessionManager.startNew({ path, name: path, type: "notebook", kernel: { name: kernelName } });
	const kernel = session.kernel;
	if (!kernel) throw new Error(`the session of ${path} has no kernel`);
	return {
		kernel,
		async run(code, onMessage) {
			const run = newRun();
			const future = kernel.requestExecute({ code, stop_on_error: true });
			future.onIOPub = (message) => {
				run.messages.push(message);
				onMessage?.(run);
			};
			const { content: reply } = await future.done;
			return { ...run, reply };
		},
		async close() {
			await session.shutdown();
			session.dispose();
			sessionManager.dispose();
			kernelManager.dispose();
		},
	};
}

function newRun(): Omit<CellRun, "reply"> {
	const messages: KernelMessage.IIOPubMessage[] = [];
	return {
		messages,
		text: (name) =>
			messages
				.filter(KernelMessage.isStreamMsg)
				.filter(({ content }) => content.name === name)
				.map(({ content }) => content.text)
				.join(""),
		data: () =>
			messages.find((one) => KernelMessage.isExecuteResultMsg(one) || KernelMessage.isDisplayDataMsg(one))?.content
				.data as Record<string, unknown> | undefined,
	};
}
