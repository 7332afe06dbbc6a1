import type { IOutput } from "@jupyterlab/nbformat";
import { KernelManager, type KernelMessage, ServerConnection, SessionManager } from "@jupyterlab/services";
import type { LabServer } from "./server";

/** One run of a cell as JupyterLab sees it. */
export interface CellRun {
	reply: KernelMessage.IExecuteReplyMsg["content"];
	outputs: KernelMessage.IIOPubMessage[];
}

/** A notebook open in a session, as JupyterLab holds it. */
export interface NotebookClient {
	run(code: string): Promise<CellRun>;
	kernel: import("@jupyterlab/services").Kernel.IKernelConnection;
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
		async run(code) {
			const outputs: KernelMessage.IIOPubMessage[] = [];
			const future = kernel.requestExecute({ code, stop_on_error: true });
			future.onIOPub = (message) => void outputs.push(message);
			const { content: reply } = await future.done;
			return { reply, outputs };
		},
		async close() {
			await session.shutdown();
			session.dispose();
			sessionManager.dispose();
			kernelManager.dispose();
		},
	};
}

export type { IOutput };
