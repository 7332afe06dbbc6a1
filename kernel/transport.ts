import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { handlers } from "./requests";
import type { CellCompiler } from "./requests/contract";
import { Dispatcher } from "./requests/dispatcher";
import { historyFolder } from "./requests/history-file";
import { createKernel } from "./requests/kernel";
import type { CompilerOptions } from "./session/compiler";
import type { TransportData } from "./session/runtime/protocol";
import { MainThread } from "./session/runtime/remote";
import { readConnection } from "./wire/connection";
import { log, logTo } from "./wire/log";
import { Sockets } from "./wire/sockets";

/** How long a clean end may take before the process is killed, in milliseconds. */
const shutdownMs = 3000;

/** The transport thread: sockets, requests, the compiler. It never runs user code and so always answers. */
async function start(data: TransportData): Promise<void> {
	if (data.log !== undefined) logTo(data.log);
	const connection = readConnection(data.connectionFile);
	const session = randomUUID();
	const runner = new MainThread(parentPort!, data);
	if (data.log !== undefined) runner.watchOutput();
	const sockets = new Sockets(connection, {
		message: (channel, message) => dispatcher.receive(channel, message),
		subscribed: (topic) =>
			kernel.iopub.publish("iopub_welcome", { subscription: topic.toString() }, {}, { topic: Buffer.from(topic) }),
	});
	const { createCompiler } = require(data.compilerModule) as {
		createCompiler(options: CompilerOptions): CellCompiler;
	};
	const compiler = createCompiler({ folder: process.cwd(), packageRoot: join(__dirname, "../.."), log });

	let ending = false;
	const shutdown = async () => {
		if (ending) return;
		ending = true;
		// Native code that does not return, or an exit handler that hangs, must not keep the process.
		setTimeout(() => process.kill(process.pid, "SIGKILL"), shutdownMs).unref();
		kernel.interrupt();
		await runner.interrupt();
		kernel.iopub.flush();
		await Promise.all([sockets.close(), compiler.close()]);
		runner.exit();
	};
	const kernel = createKernel(session, sockets, {
		compiler,
		runner,
		historyFolder: historyFolder(),
		shutdown: () => void shutdown(),
	});
	const dispatcher = new Dispatcher(kernel, sockets, handlers);
	try {
		await sockets.open();
	} catch (error) {
		await sockets.close();
		throw error;
	}
	kernel.iopub.publish("status", { execution_state: "starting" }, {});
	endWithParent(() => void shutdown());
	if (data.interrupts !== undefined) {
		new Socket({ fd: data.interrupts, readable: true, writable: false }).on("data", () => kernel.interrupt());
	}
}

/** A kernel whose Jupyter server has died would run for ever: nobody could ask it to stop. */
function endWithParent(end: () => void): void {
	if (process.env.JPY_PARENT_PID === undefined) return;
	const parent = process.ppid;
	const timer = setInterval(() => {
		if (process.ppid === parent) return;
		clearInterval(timer);
		log("the process that started the kernel is gone");
		end();
	}, 1000);
}

// An error in here must not end the session: what the notebook holds is worth more than one answer.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
	process.on(event, (error: unknown) => log(`${event}: ${error instanceof Error ? error.stack : String(error)}`));
}

start(workerData as TransportData).catch((error: Error) => {
	log(error.message);
	process.exit(1);
});
