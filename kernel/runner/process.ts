import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelCommand } from "../command";
import type { Connection } from "../wire/connection";
import { KernelClient, KernelGone } from "./client";

export interface KernelOptions {
	/** Where the notebook lies: the kernel's working directory. Default: this process's. */
	folder?: string;
	env?: NodeJS.ProcessEnv;
	/** Gets what the kernel writes to its own log. Default: this process's standard error. */
	log?(text: string): void;
	/** The script that is the kernel. Default: this package's. */
	main?: string;
	/** Another kernel's command, as kernel specs have it: `{connection_file}` stands for the file's name. */
	command?: string[];
	/** Fields of the connection file that differ from the default: sockets in a private folder, a random key. */
	connection?: Partial<Connection>;
}

export interface Exit {
	code: number | null;
	signal: NodeJS.Signals | null;
}

/** A kernel in a process of its own, with a client that is connected to it. */
export class KernelProcess {
	private constructor(
		readonly connection: Connection,
		readonly client: KernelClient,
		readonly child: ChildProcess,
		/** Resolves when the process has ended. */
		readonly exited: Promise<Exit>,
	) {}

	/** Starts a kernel. Rejects with KernelGone where the process ends before it answers. */
	static async start(options: KernelOptions = {}): Promise<KernelProcess> {
		const place = mkdtempSync(join(tmpdir(), "gradbook-"));
		const connection: Connection = {
			// Sockets that are files nobody else may open; no port can be taken in between.
			transport: "ipc",
			ip: join(place, "k"),
			shell_port: 1,
			control_port: 2,
			iopub_port: 3,
			stdin_port: 4,
			hb_port: 5,
			key: randomUUID(),
			signature_scheme: "hmac-sha256",
			...options.connection,
		};
		const file = join(place, "connection.json");
		writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
		const own = [...kernelCommand(options.main ?? join(__dirname, "../main.js")), "{connection_file}"];
		const [program, ...args] = (options.command ?? own).map((part) => part.replace("{connection_file}", file));
		const child = spawn(program!, args, {
			cwd: options.folder,
			env: {
				// What a program runs is nobody's to find again by typing.
				GRADBOOK_HISTORY: "off",
				...(options.env ?? process.env),
				// The kernel leaves when the process named here is gone, however that ended.
				JPY_PARENT_PID: String(process.pid),
			},
			stdio: ["ignore", options.log ? "pipe" : "inherit", options.log ? "pipe" : "inherit"],
			// Ctrl-C in a terminal is for us; the kernel gets an interrupt request.
			detached: true,
		});
		for (const stream of [child.stdout, child.stderr]) {
			stream?.setEncoding("utf8").on("data", (text: string) => options.log?.(text));
		}
		const client = new KernelClient(connection);
		const exited = new Promise<Exit>((resolve) => {
			child.once("error", () => resolve({ code: null, signal: null }));
			child.once("exit", (code, signal) => resolve({ code, signal }));
		}).then(async (exit) => {
			await client.ended(new KernelGone(`the kernel's process ended (${describe(exit)})`));
			rmSync(place, { recursive: true, force: true });
			return exit;
		});
		// A kernel that ends before it has answered would be waited for in vain.
		const gone = exited.then((exit) => {
			throw new KernelGone(`the kernel's process ended before it answered (${describe(exit)})`);
		});
		gone.catch(() => {});
		await Promise.race([client.open({ welcomes: options.command === undefined }), gone]);
		return new KernelProcess(connection, client, child, exited);
	}

	/** Asks the kernel to leave, and waits until it has left. */
	async stop(options: { restart?: boolean } = {}): Promise<Exit> {
		const request = this.client.request(
			"shutdown_request",
			{ restart: options.restart ?? false },
			{ channel: "control" },
		);
		await request.reply().catch((error) => {
			if (!(error instanceof KernelGone)) throw error;
		});
		const exit = await this.exited;
		this.client.close();
		return exit;
	}

	/** Presses the stop button. */
	async interrupt(): Promise<void> {
		await this.client.request("interrupt_request", {}, { channel: "control" }).reply();
	}

	/** Ends the process at once. */
	kill(): void {
		this.child.kill("SIGKILL");
	}
}

function describe({ code, signal }: Exit): string {
	return signal ?? `exit status ${code}`;
}
