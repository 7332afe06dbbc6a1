import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
	createMessageConnection,
	type MessageConnection,
	StreamMessageReader,
	StreamMessageWriter,
} from "vscode-jsonrpc/node";

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

interface Document {
	name: string;
	text: string;
	version: number;
	language: string;
}

/** A request that takes longer than this ends the server, in milliseconds: some types never come to an end. */
const requestLimit = 60_000;
/** Ends of the server within this time of each other are counted: after three it stays down. */
const crashWindow = 60_000;
const crashLimit = 3;

/** The language server ended while it was asked something, twice. */
export class ServerGone extends Error {}

export class LanguageServer {
	readonly #options: ServerOptions;
	readonly #documents = new Map<string, Document>();
	#process: ChildProcess | undefined;
	#connection: MessageConnection | undefined;
	#ready: Promise<void> | undefined;
	#crashes: number[] = [];
	#closed = false;
	#stderr = "";

	constructor(options: ServerOptions) {
		this.#options = options;
	}

	/** Process id of the server, while it runs. */
	get pid(): number | undefined {
		return this.#process?.pid;
	}

	uri(name: string): string {
		return pathToFileURL(join(this.#options.folder, name)).href;
	}

	/** Starts the process now; everything asked waits for it. */
	start(): Promise<void> {
		this.#ready ??= this.#launch();
		return this.#ready;
	}

	/** Opens a document, or gives it another text. */
	put(name: string, text: string, language = "typescript"): void {
		const document = this.#documents.get(name);
		if (document === undefined) {
			const made: Document = { name, text, version: 1, language };
			this.#documents.set(name, made);
			this.#whenUp(() => this.#open(made));
		} else if (document.text !== text) {
			document.text = text;
			document.version++;
			const { version } = document;
			this.#whenUp(() =>
				this.#notify("textDocument/didChange", {
					textDocument: { uri: this.uri(name), version },
					contentChanges: [{ text }],
				}),
			);
		}
	}

	drop(name: string): void {
		if (this.#documents.delete(name)) {
			this.#whenUp(() => this.#notify("textDocument/didClose", { textDocument: { uri: this.uri(name) } }));
		}
	}

	/** Says that real files have changed, appeared or gone. */
	filesChanged(changes: { file: string; type: "created" | "changed" | "deleted" }[]): void {
		const types = { created: 1, changed: 2, deleted: 3 };
		this.#whenUp(() =>
			this.#notify("workspace/didChangeWatchedFiles", {
				changes: changes.map(({ file, type }) => ({ uri: pathToFileURL(file).href, type: types[type] })),
			}),
		);
	}

	/** Asks about a document. Throws `ServerGone` when the server ends twice over it. */
	async ask<T>(method: string, name: string, parameters: object = {}): Promise<T> {
		return this.request(method, { textDocument: { uri: this.uri(name) }, ...parameters });
	}

	async request<T>(method: string, parameters: object): Promise<T> {
		for (let attempt = 0; ; attempt++) {
			await this.start();
			const connection = this.#connection;
			if (connection === undefined) throw new ServerGone("TypeScript's language server is not running.");
			let timer: NodeJS.Timeout | undefined;
			const server = this.#process;
			try {
				return await new Promise<T>((resolve, reject) => {
					timer = setTimeout(() => {
						this.#options.log(`TypeScript: no answer to ${method} in ${requestLimit / 1000} s, starting again`);
						server?.kill("SIGKILL");
					}, requestLimit);
					connection.onClose(() => reject(new ServerGone(`TypeScript's language server ended during ${method}.`)));
					connection.sendRequest<T>(method, parameters).then(resolve, reject);
				});
			} catch (error) {
				// An answer that says "failed" comes from a living server.
				if (this.#connection === connection && !(error instanceof ServerGone)) throw error;
				if (attempt > 0 || this.#closed) throw new ServerGone(`TypeScript's language server ended during ${method}.`);
			} finally {
				clearTimeout(timer);
			}
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		const server = this.#process;
		const connection = this.#connection;
		if (server === undefined || connection === undefined) return;
		const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
		connection.sendRequest("shutdown").then(
			() => connection.sendNotification("exit"),
			() => undefined,
		);
		const timer = setTimeout(() => server.kill("SIGKILL"), 500);
		await ended;
		clearTimeout(timer);
		connection.dispose();
	}

	async #launch(): Promise<void> {
		if (this.#closed) throw new ServerGone("TypeScript's language server was closed.");
		const { folder, log } = this.#options;
		const server = spawn(executable(this.#options.packageRoot), ["--lsp", "--stdio"], {
			cwd: existsSync(folder) ? folder : undefined,
			stdio: ["pipe", "pipe", "pipe"],
		});
		this.#process = server;
		this.#stderr = "";
		server.stderr!.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-4000);
		});
		// Written to after its end: the exit is reported anyhow.
		server.stdin!.on("error", () => undefined);
		const connection = createMessageConnection(
			new StreamMessageReader(server.stdout!),
			new StreamMessageWriter(server.stdin!),
		);
		const failed = new Promise<never>((_, reject) => {
			server.once("error", (error) =>
				reject(new Error(`TypeScript's language server does not start: ${error.message}`)),
			);
			server.once("exit", (code, signal) => {
				this.#ended(server, connection, code, signal);
				reject(new ServerGone(`TypeScript's language server ended at its start (${signal ?? code}). ${this.#stderr}`));
			});
		});
		failed.catch(() => undefined);
		connection.onError(([error]) => log(`TypeScript: ${error.message}`));
		connection.onRequest((method, parameters) => this.#answer(method, parameters));
		connection.listen();
		const initialize = connection.sendRequest("initialize", {
			processId: process.pid,
			rootUri: pathToFileURL(folder).href,
			capabilities,
			initializationOptions: { disablePushDiagnostics: true },
		});
		await Promise.race([initialize, failed]);
		this.#connection = connection;
		this.#notify("initialized", {});
		for (const document of this.#documents.values()) this.#open(document);
	}

	#ended(server: ChildProcess, connection: MessageConnection, code: number | null, signal: string | null): void {
		if (this.#process !== server) return;
		this.#process = undefined;
		this.#connection = undefined;
		connection.end();
		connection.dispose();
		if (this.#closed) return;
		const now = Date.now();
		this.#crashes = [...this.#crashes.filter((time) => now - time < crashWindow), now];
		this.#options.log(`TypeScript: the language server ended (${signal ?? code}). ${this.#stderr}`);
		if (this.#crashes.length > crashLimit) {
			this.#ready = Promise.reject(
				new ServerGone(`TypeScript's language server ended ${this.#crashes.length} times within a minute.`),
			);
			this.#ready.catch(() => undefined);
			// Tried again when the minute is over.
			setTimeout(() => {
				this.#crashes = [];
				this.#ready = undefined;
			}, crashWindow).unref();
			return;
		}
		this.#ready = this.#launch();
		this.#ready.catch((error: Error) => this.#options.log(`TypeScript: ${error.message}`));
	}

	/** While the server is down nothing has to be sent: a start opens all documents as they are then. */
	#whenUp(send: () => void): void {
		if (this.#connection !== undefined) send();
	}

	#open({ name, text, version, language }: Document): void {
		this.#notify("textDocument/didOpen", {
			textDocument: { uri: this.uri(name), languageId: language, version, text },
		});
	}

	#notify(method: string, parameters: object): void {
		this.#connection?.sendNotification(method, parameters).catch(() => undefined);
	}

	#answer(method: string, parameters: unknown): unknown {
		if (method !== "workspace/configuration") return null;
		const settings: Record<string, object> = {
			"js/ts": {
				customConfigFileName: this.#options.configName,
				suggest: { autoImports: false },
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

/** The native program in the package that `typescript` chose for this platform. */
function executable(packageRoot: string): string {
	const typescript = createRequire(join(packageRoot, "package.json")).resolve("typescript/package.json");
	const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
	let folder: string;
	try {
		folder = dirname(createRequire(typescript).resolve(`${platform}/package.json`));
	} catch {
		throw new Error(
			`${platform}, which holds TypeScript's language server for this platform, is not installed. Run npm ci again, without --omit=optional.`,
		);
	}
	return join(folder, "lib", process.platform === "win32" ? "tsc.exe" : "tsc");
}
