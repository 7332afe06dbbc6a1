import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { loadKernelAddon } from "./session/runtime/descriptors";
import { prepareEnvironment } from "./session/runtime/environment";
import { keepProcess } from "./session/runtime/leaving";
import { signalCount, type ToTransport, type TransportData } from "./session/runtime/protocol";
import { log, logTo, writeLog } from "./wire/log";

/** The modules that know TypeScript; tests of the rest put others in their place. */
const sessionModules = {
	/** Loaded on the transport thread: `createCompiler(options)`. */
	compiler: join(__dirname, "session/compiler/index.js"),
	/** Loaded first of all on the transport thread: `launchEarly(options)`. */
	early: join(__dirname, "session/compiler/launch.js"),
	/** Loaded on the main thread when a debugger asks: `createTools(session)`. */
	debugTools: join(__dirname, "debugger/main/tools.js"),
	/** Loaded on the main thread at the first error: `describeError(error, cells)`. */
	errors: join(__dirname, "session/errors.js"),
};

/**
 * Starts a kernel in this process: `node main.js CONNECTION_FILE`, as the kernel spec says. The sockets and the compiler
 * get a thread of their own; this one is the notebook's.
 */
export function startKernel(
	connectionFile: string,
	modules: Pick<typeof sessionModules, "compiler" | "errors"> & Partial<typeof sessionModules> = sessionModules,
): void {
	// First of all: a SIGINT kills until then.
	const addon = loadKernelAddon();
	const interrupts = addon?.watchInterrupts();
	// Made over the descriptors as they are, which they would otherwise make non-blocking for all that write there.
	void [process.stdout, process.stderr];
	const logDescriptor = addon?.capture();
	if (logDescriptor !== undefined) logTo(logDescriptor);
	const take = addon === undefined ? undefined : () => addon.take(1);
	process.once("exit", () => {
		const left = take?.();
		if (typeof left !== "object") return;
		for (const part of [left.stdout, left.stderr]) if (part !== undefined) writeLog(Buffer.from(part).toString());
	});

	const signals = new Int32Array(new SharedArrayBuffer(signalCount * Int32Array.BYTES_PER_ELEMENT));
	const input = new MessageChannel();
	const data: TransportData = {
		connectionFile,
		compilerModule: modules.compiler,
		earlyModule: modules.early,
		signals,
		inputPort: input.port1,
		log: logDescriptor,
		interrupts,
		heapLimit: getHeapStatistics().heap_size_limit,
	};
	const worker = new Worker(join(__dirname, "transport.js"), { workerData: data, transferList: [input.port1] });
	const exit = keepProcess();
	worker.on("error", (error) => log(error.stack ?? error.message));
	// Without the sockets there is no kernel. The reason is in the log.
	worker.on("exit", () => exit(1));

	prepareEnvironment(process.env);
	// Loaded while the thread starts.
	const { Runtime } = require("./session/runtime/runtime") as typeof import("./session/runtime/runtime");
	// What the engine's objects look like, also in a notebook that never imports `gradbook/display`.
	require("./views/renderers");
	const errors = () => require(modules.errors) as typeof import("./session/errors");
	const runtime = new Runtime({
		folder: process.cwd(),
		signals,
		answers: input.port2,
		post: (message: ToTransport) => worker.postMessage(message),
		exit,
		take,
		addon,
		describeError: (error, cells) => errors().describeError(error, cells),
		debugTools: (session) => {
			const file = modules.debugTools ?? sessionModules.debugTools;
			return (require(file) as typeof import("./debugger/main/tools")).createTools(session);
		},
		readableStacks: (text, cells) => errors().readableStacks(text, cells),
	});
	worker.on("message", (message) => runtime.receive(message));
}

function connectionFile(args: string[]): string {
	const file = args[0] === "-f" || args[0] === "--connection-file" ? args[1] : args[0];
	if (file === undefined) {
		process.stderr.write("usage: node main.js [-f] CONNECTION_FILE\n");
		process.exit(2);
	}
	return file;
}

if (require.main === module) startKernel(connectionFile(process.argv.slice(2)));
