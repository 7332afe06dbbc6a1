import { randomUUID } from "node:crypto";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { CellCompiler, CellDebugger } from "./requests/contract";
import type { CompilerOptions } from "./session/compiler";
import type { LaunchOptions } from "./session/compiler/launch";
import type { TransportData } from "./session/runtime/protocol";
import { log, logTo } from "./wire/log";

/** How long a clean end may take before the process is killed, in milliseconds. */
const shutdownMs = 3000;
/** How long the last replies of a process that fails are waited for, in milliseconds. */
const repliesMs = 50;

/** The transport thread: sockets, requests, the compiler. It never runs user code and so always answers. */
async function start(data: TransportData): Promise<void> {
	if (data.log !== undefined) logTo(data.log);
	const place: LaunchOptions = { folder: process.cwd(), packageRoot: join(__dirname, "../..") };
	if (data.earlyModule !== undefined)
		(require(data.earlyModule) as { launchEarly(options: LaunchOptions): void }).launchEarly(place);
	// Everything else is loaded while that starts.
	const { handlers } = require("./requests") as typeof import("./requests");
	const { Dispatcher } = require("./requests/dispatcher") as typeof import("./requests/dispatcher");
	const { historyFolder } = require("./requests/history-file") as typeof import("./requests/history-file");
	const { createKernel } = require("./requests/kernel") as typeof import("./requests/kernel");
	const { MainThread } = require("./session/runtime/remote") as typeof import("./session/runtime/remote");
	const { kernelAddon, wake, wakes } =
		require("./session/runtime/descriptors") as typeof import("./session/runtime/descriptors");
	const { heapFull } = require("./session/runtime/protocol") as typeof import("./session/runtime/protocol");
	const { readConnection } = require("./wire/connection") as typeof import("./wire/connection");
	const { Sockets } = require("./wire/sockets") as typeof import("./wire/sockets");
	const connection = readConnection(data.connectionFile);
	const session = randomUUID();
	const runner = new MainThread(parentPort!, data);
	if (data.log !== undefined) runner.watchOutput();
	const { createCompiler } = require(data.compilerModule) as {
		createCompiler(options: CompilerOptions): CellCompiler;
	};
	const compiler = createCompiler({ ...place, log });
	const sockets = new Sockets(connection, {
		message: (channel, message) => dispatcher.receive(channel, message),
		subscribed: (topic) =>
			kernel.iopub.publish("iopub_welcome", { subscription: topic.toString() }, {}, { topic: Buffer.from(topic) }),
	});

	let ending = false;
	const shutdown = async () => {
		if (ending) return;
		ending = true;
		// Native code that does not return, or an exit handler that hangs, must not keep the process.
		setTimeout(() => process.kill(process.pid, "SIGKILL"), shutdownMs).unref();
		kernel.interrupt();
		await runner.interrupt();
		debug?.close();
		kernel.iopub.flush();
		await Promise.all([sockets.close(), compiler.close()]);
		runner.exit();
	};
	/** Tells the front ends why the process ends, which waits for it. */
	const lastWords = async () => {
		runner.died();
		// The replies are made meanwhile.
		await sleep(repliesMs);
		kernel.iopub.flush();
		await sockets.close();
		// ZeroMQ's own thread hands it to the system.
		await sleep(repliesMs);
		kernelAddon().lastWordsTold();
	};
	let debug: CellDebugger | undefined;
	const kernel = createKernel(session, sockets, {
		compiler,
		runner,
		debugger: () => {
			const { createDebugger } = require("./debugger") as typeof import("./debugger");
			debug ??= createDebugger({ compiler, runner });
			return debug;
		},
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
		new Socket({ fd: data.interrupts, readable: true, writable: false }).on("data", (bytes) => {
			for (const { what, at } of wakes(bytes)) {
				if (what === wake.heapFull) void runner.interrupt(heapFull(data.heapLimit));
				else if (what === wake.stop) kernel.interrupt(at);
				else if (what === wake.dying) void lastWords();
			}
		});
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
