import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
	CancellationTokenSource,
	ConnectionError,
	createMessageConnection,
	type Disposable,
	type Message,
	type MessageConnection,
	StreamMessageReader,
	StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { launch } from "./launch";

/*
 * TypeScript 7's language server: its process, its documents, its end. Knows nothing of cells.
 *
 * All documents live in memory. A server that ends is started again with the same documents, and what was asked of it is
 * asked once more.
 */

export interface ServerOptions {
	/** Documents stand in this folder, next to the real files that they import. */
	folder: string;
	/** The folder of our package.json, whose `typescript` is used. */
	packageRoot: string;
	/** Name of the document that is the project's tsconfig. */
	configName: string;
	log(line: string): void;
}

/** A diagnostic of the language server protocol. */
export interface Diagnostic {
	code?: number | string;
	message: string;
	severity?: number;
	range: { start: { line: number; character: number }; end: { line: number; character: number } };
}

interface Document {
	name: string;
	text: string;
	version: number;
	language: string;
}

/** A request that takes longer than this ends the server, in milliseconds: some types never come to an end. */
const requestLimit = 30_000;
/** A server that ended more than `endsLimit` times in this time, in milliseconds, is not started again by itself. */
const endsWindow = 60_000;
const endsLimit = 3;
/** How long the server may go on with what is no longer wanted, in milliseconds. */
const cancelLimit = 1000;
/** How long the server may take to end when it is told to, in milliseconds. */
const closeLimit = 500;
/** How long the server may take to read our settings; it only is slower where it has not, in milliseconds. */
const settingsLimit = 200;

interface Running {
	process: ChildProcess;
	connection: MessageConnection;
	/** The process has ended, and the next one is on its way. */
	ended: Promise<void>;
}

/** The language server does not start, or ended while it was asked something, twice. */
export class ServerGone extends Error {}

/** Nobody waits for the answer any more. */
export class Cancelled extends Error {}

/** Does not mind that the server is gone: its end is heard of elsewhere, and rejections of writes by nobody. */
class PatientWriter extends StreamMessageWriter {
	override async write(message: Message): Promise<void> {
		await super.write(message).catch(() => undefined);
	}
}

/** Sends at once, to a server that may have ended: a closed connection throws where others reject. */
function quietly(send: () => Promise<unknown>): void {
	(async () => send())().catch(() => undefined);
}

export class LanguageServer {
	readonly #options: ServerOptions;
	readonly #documents = new Map<string, Document>();
	#starting: ChildProcess | undefined;
	#running: Running | undefined;
	#ready: Promise<void> | undefined;
	/** When the server ended of late, in milliseconds. */
	#ends: number[] = [];
	#closed = false;

	constructor(options: ServerOptions) {
		this.#options = options;
	}

	/** Process id of the server, while it runs. */
	get pid(): number | undefined {
		return this.#running?.process.pid;
	}

	uri(name: string): string {
		return pathToFileURL(join(this.#options.folder, name)).href;
	}

	/** Starts the process now; everything asked waits for it. */
	start(): Promise<void> {
		return this.#ready ?? this.#start();
	}

	/** Opens a document, or gives it another text. */
	put(name: string, text: string, language = "typescript"): void {
		const document = this.#documents.get(name);
		if (document === undefined) {
			const made: Document = { name, text, version: 1, language };
			this.#documents.set(name, made);
			this.#open(made);
		} else if (document.text !== text) {
			document.text = text;
			document.version++;
			const { version } = document;
			this.#notify("textDocument/didChange", {
				textDocument: { uri: this.uri(name), version },
				contentChanges: [{ text }],
			});
		}
	}

	/** The text of an open document. */
	text(name: string): string | undefined {
		return this.#documents.get(name)?.text;
	}

	drop(name: string): void {
		if (this.#documents.delete(name)) {
			this.#notify("textDocument/didClose", { textDocument: { uri: this.uri(name) } });
		}
	}

	/** Says that real files have changed, appeared or gone. */
	filesChanged(changes: { file: string; type: "created" | "changed" | "deleted" }[]): void {
		const types = { created: 1, changed: 2, deleted: 3 };
		this.#notify("workspace/didChangeWatchedFiles", {
			changes: changes.map(({ file, type }) => ({ uri: pathToFileURL(file).href, type: types[type] })),
		});
	}

	/**
	 * Asks about a document. Throws `ServerGone` when the server ends twice over it, `Cancelled` at once when nobody wants to
	 * know any more.
	 */
	async ask<T>(method: string, name: string, parameters: object = {}, stop?: AbortSignal): Promise<T> {
		return this.request(method, { textDocument: { uri: this.uri(name) }, ...parameters }, stop);
	}

	async request<T>(method: string, parameters: object, stop?: AbortSignal): Promise<T> {
		for (let attempt = 0; ; attempt++) {
			await this.start();
			if (stop?.aborted) throw new Cancelled();
			const running = this.#running;
			if (running === undefined) throw new ServerGone("TypeScript's language server is not running.");
			const gone = new ServerGone(`TypeScript's language server ended during ${method}.`);
			let closed: Disposable | undefined;
			let late = false;
			let timer: NodeJS.Timeout | undefined;
			let cancel: (() => void) | undefined;
			try {
				return await new Promise<T>((resolve, reject) => {
					timer = setTimeout(() => {
						late = true;
						this.#options.log(`TypeScript: no answer to ${method} in ${requestLimit / 1000} s, starting again`);
						running.process.kill("SIGKILL");
					}, requestLimit);
					closed = running.connection.onClose(() => reject(gone));
					const cancelling = new CancellationTokenSource();
					const answer = running.connection.sendRequest<T>(method, parameters, cancelling.token);
					answer.then(resolve, reject);
					cancel = () => {
						cancelling.cancel();
						reject(new Cancelled());
						// What is asked next would wait for a check that goes on all the same.
						const limit = setTimeout(() => running.process.kill("SIGKILL"), cancelLimit);
						answer.catch(() => undefined).finally(() => clearTimeout(limit));
					};
					stop?.addEventListener("abort", cancel);
				});
			} catch (error) {
				if (error instanceof Cancelled) throw error;
				// An answer that says "failed" comes from a living server. Of one that has ended the connection may know first.
				const lost = error === gone || error instanceof ConnectionError;
				if (!lost && this.#running === running) throw error;
				running.process.kill("SIGKILL");
				await running.ended;
				if (late) throw new ServerGone(`TypeScript gave no answer to ${method} in ${requestLimit / 1000} s.`);
				if (attempt > 0 || this.#closed) throw gone;
			} finally {
				clearTimeout(timer);
				closed?.dispose();
				if (cancel !== undefined) stop?.removeEventListener("abort", cancel);
			}
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		const running = this.#running;
		if (running === undefined) {
			this.#starting?.kill("SIGKILL");
			return;
		}
		quietly(async () => {
			await running.connection.sendRequest("shutdown");
			await running.connection.sendNotification("exit");
		});
		const timer = setTimeout(() => running.process.kill("SIGKILL"), closeLimit);
		await running.ended;
		clearTimeout(timer);
	}

	async #launch(): Promise<void> {
		if (this.#closed) throw new ServerGone("TypeScript's language server was closed.");
		const { folder, log } = this.#options;
		const server = launch(this.#options);
		this.#starting = server;
		let stderr = "";
		server.stderr!.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-4000);
		});
		// Written to after its end: the exit is reported anyhow.
		server.stdin!.on("error", () => undefined);
		const connection = createMessageConnection(
			new StreamMessageReader(server.stdout!),
			new PatientWriter(server.stdin!),
		);
		const ended = new Promise<string>((resolve) => {
			server.once("error", (error) => resolve(error.message));
			server.once("exit", (code, signal) => resolve(`${signal ?? `status ${code}`} ${stderr}`.trim()));
		});
		connection.onError(([error]) => log(`TypeScript: ${error.message}`));
		let configured = () => {};
		const configuration = new Promise<void>((resolve) => {
			configured = resolve;
		});
		connection.onRequest((method, parameters) => {
			// It asks to be told of changes when it has read our settings.
			if (method === "client/registerCapability") configured();
			return this.#answer(method, parameters);
		});
		connection.listen();
		const initialized = connection.sendRequest("initialize", {
			processId: process.pid,
			rootUri: pathToFileURL(folder).href,
			capabilities,
			initializationOptions: { disablePushDiagnostics: true },
		});
		const failure = await Promise.race([initialized.then(() => undefined), ended]).catch(
			(error: Error) => error.message,
		);
		if (failure !== undefined) {
			server.kill("SIGKILL");
			connection.dispose();
			throw new ServerGone(`TypeScript's language server does not start: ${failure}`);
		}
		quietly(() => connection.sendNotification("initialized", {}));
		await Promise.race([configuration, sleep(settingsLimit, undefined, { ref: false }), ended]);
		// Settings take effect with a question, not with a document: one that is opened before is given the tsconfig.json of a
		// folder above, if there is one, and all of its files are read. The answer is not needed.
		quietly(() => connection.sendRequest("workspace/symbol", { query: "" }));
		this.#running = { process: server, connection, ended: ended.then((reason) => this.#restart(reason)) };
		for (const document of this.#documents.values()) this.#open(document);
	}

	#start(): Promise<void> {
		const ready = this.#launch();
		this.#ready = ready;
		ready.catch((error: Error) => {
			if (!this.#closed) this.#options.log(`TypeScript: ${error.message}`);
			// The next question tries again.
			if (this.#ready === ready) this.#ready = undefined;
		});
		return ready;
	}

	#restart(reason: string): void {
		this.#running?.connection.dispose();
		this.#running = undefined;
		this.#ready = undefined;
		if (this.#closed) return;
		this.#options.log(`TypeScript: the language server ended (${reason})`);
		const now = Date.now();
		this.#ends = [...this.#ends.filter((time) => now - time < endsWindow), now];
		// One that ends at once, whatever it is asked, is started again only when it is needed.
		if (this.#ends.length <= endsLimit) this.#start().catch(() => undefined);
	}

	#open({ name, text, version, language }: Document): void {
		this.#notify("textDocument/didOpen", {
			textDocument: { uri: this.uri(name), languageId: language, version, text },
		});
	}

	/** While the server is down nothing has to be sent: a start opens all documents as they are then. */
	#notify(method: string, parameters: object): void {
		const connection = this.#running?.connection;
		if (connection !== undefined) quietly(() => connection.sendNotification(method, parameters));
	}

	#answer(method: string, parameters: unknown): unknown {
		if (method !== "workspace/configuration") return null;
		const settings: Record<string, object> = {
			"js/ts": {
				customConfigFileName: this.#options.configName,
				suggest: { autoImports: false },
				// What the user's tsconfig.json forbids is an error here, as it is for tsc.
				reportStyleChecksAsWarnings: false,
				disableAutomaticTypeAcquisition: true,
				tsserver: { automaticTypeAcquisition: { enabled: false } },
			},
		};
		return (parameters as { items: { section: string }[] }).items.map(({ section }) => settings[section] ?? null);
	}
}

const capabilities = {
	general: { positionEncodings: ["utf-16"] },
	workspace: { configuration: true },
	textDocument: {
		completion: {
			contextSupport: true,
			completionItem: {
				snippetSupport: false,
				labelDetailsSupport: true,
				insertReplaceSupport: true,
				documentationFormat: ["markdown"],
				deprecatedSupport: true,
			},
		},
		hover: { contentFormat: ["markdown"] },
		signatureHelp: {
			signatureInformation: {
				documentationFormat: ["markdown"],
				parameterInformation: { labelOffsetSupport: true },
				activeParameterSupport: true,
			},
		},
		diagnostic: { relatedDocumentSupport: false },
	},
};
