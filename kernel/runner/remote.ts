import type { KernelMessage, ServerConnection } from "@jupyterlab/services";
import type { Header } from "../wire/message";
import { KernelGone, type Received } from "./client";
import { NotebookError } from "./notebook";

/** A cell on its way. */
export interface Pending {
	readonly id: string;
	/** When the cell has ended. Rejects with KernelGone. */
	reply(): Promise<Pick<Received, "content">>;
}

/** What running a notebook needs of a kernel, wherever it is. */
export interface NotebookKernel {
	listen(receive: (message: Received) => void): void;
	execute(content: KernelMessage.IExecuteRequestMsg["content"]): Pending;
	interrupt(): Promise<void>;
	/** Ends it at once. */
	kill(): void;
	leave(): Promise<void>;
}

const kernelName = "gradbook";

/**
 * Starts a gradbook kernel on a Jupyter server. Throws NotebookError where the server cannot be reached, does not accept the
 * token, or has no such kernel.
 */
export async function remoteKernel(server: { url: string; token?: string }): Promise<NotebookKernel> {
	// Loaded for this alone: no other command needs it.
	const services = await import("@jupyterlab/services");
	const { settings, shown } = await settingsFor(server, services);
	const failed = (error: unknown) => new NotebookError(`--server ${shown}: ${reasonOf(error)}`);
	const specs = await services.KernelSpecAPI.getSpecs(settings).catch((error: unknown) => {
		throw failed(error);
	});
	const names = Object.keys(specs.kernelspecs);
	if (!names.includes(kernelName)) {
		const others = names.length === 0 ? "none" : names.join(", ");
		throw new NotebookError(
			`${shown} has no kernel ${kernelName} (it has ${others}): install gradbook there and run gradbook install`,
		);
	}
	// Not before: it asks the server again and again.
	const manager = new services.KernelManager({ serverSettings: settings });
	manager.ready.catch(() => {});
	// In the server's folder, rather than wherever the server was started.
	const kernel = await manager.startNew({ name: kernelName, ...{ path: "" } }).catch((error: unknown) => {
		manager.dispose();
		throw failed(error);
	});
	const gone = new Promise<never>((_, reject) => {
		const end = (reason: string) => reject(new KernelGone(`the kernel on ${shown} ${reason}`));
		kernel.statusChanged.connect((_kernel, status) => {
			if (status === "dead" || status === "autorestarting") end("has died");
		});
		kernel.connectionStatusChanged.connect((_kernel, status) => {
			if (status === "disconnected") end("cannot be reached any more");
		});
	});
	gone.catch(() => {});
	// Its start is not the first cell's time.
	await Promise.race([kernel.info, gone]);
	return {
		listen: (receive) => {
			kernel.iopubMessage.connect((_kernel, message) => receive(received(message)));
		},
		execute(content) {
			const future = kernel.requestExecute(content, false);
			// Late outputs are taken from all messages; of the future only its end is of interest.
			const done = Promise.race([future.done, gone]);
			done.catch(() => {});
			return { id: future.msg.header.msg_id, reply: async () => ({ content: { ...(await done).content } }) };
		},
		interrupt: () => kernel.interrupt(),
		kill: () => void kernel.shutdown().catch(() => {}),
		async leave() {
			// A server that is gone has nothing to shut down.
			await kernel.shutdown().catch(() => {});
			kernel.dispose();
			manager.dispose();
		},
	};
}

async function settingsFor(
	server: { url: string; token?: string },
	services: typeof import("@jupyterlab/services"),
): Promise<{ settings: ServerConnection.ISettings; shown: string }> {
	let url: URL;
	try {
		url = new URL(server.url);
	} catch {
		throw new NotebookError(`--server ${server.url}: expected an address such as https://host:8888/`);
	}
	if (url.protocol !== "http:" && url.protocol !== "https:") {
		throw new NotebookError(`--server ${server.url}: expected http or https, got ${url.protocol.replace(":", "")}`);
	}
	const token = server.token ?? url.searchParams.get("token") ?? process.env.JUPYTER_TOKEN ?? "";
	// What a browser shows may be copied as it is: the page behind the address does not count.
	const path = url.pathname.replace(/\/(?:lab|tree|notebooks?)(?:\/.*)?$/, "/").replace(/\/?$/, "/");
	const baseUrl = `${url.origin}${path}`;
	quietSockets();
	const settings = services.ServerConnection.makeSettings({
		baseUrl,
		wsUrl: baseUrl.replace(/^http/, "ws"),
		token,
		appendToken: true,
		// Node 20 has none of its own.
		WebSocket: require("ws") as typeof globalThis.WebSocket,
	});
	return { settings, shown: baseUrl };
}

let quiet = false;

/** The library tells of each connection on standard output, which is the notebook's here. */
function quietSockets(): void {
	if (quiet) return;
	quiet = true;
	const write = console.debug.bind(console);
	console.debug = (...values: unknown[]) => {
		if (!/^Starting WebSocket: /.test(String(values[0]))) write(...values);
	};
}

function received(message: KernelMessage.IIOPubMessage): Received {
	const { header, parent_header: parent, metadata, content } = message;
	return {
		channel: "iopub",
		identities: [],
		header: header as unknown as Header,
		parent: parent as unknown as Header,
		metadata: { ...metadata },
		content: { ...content },
		buffers: [],
	};
}

function reasonOf(error: unknown): string {
	const { response, message, cause } = error as { response?: Response; message?: string; cause?: { message?: string } };
	if (response?.status === 403 || response?.status === 401) return "the server does not accept the token (--token)";
	return [message ?? String(error), cause?.message].filter(Boolean).join(": ");
}
