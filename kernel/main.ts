import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import type { CellError, CompiledCell } from "./requests/contract";
import { signalCount, type ToTransport, type TransportData } from "./session/runtime/protocol";

/** The modules that know TypeScript; tests of the rest put others in their place. */
const sessionModules = {
	/** Loaded on the transport thread: `createCompiler(options)`. */
	compiler: join(__dirname, "session/compiler/index.js"),
	/** Loaded on the main thread at the first error: `describeError(error, cells)`. */
	errors: join(__dirname, "session/errors.js"),
};

/**
 * Starts a kernel in this process: `node main.js CONNECTION_FILE`, as the kernel spec says. The sockets and the compiler
 * get a thread of their own; this one is the notebook's.
 */
export function startKernel(connectionFile: string, modules = sessionModules): void {
	const signals = new Int32Array(new SharedArrayBuffer(signalCount * Int32Array.BYTES_PER_ELEMENT));
	const input = new MessageChannel();
	const data: TransportData = { connectionFile, compilerModule: modules.compiler, signals, inputPort: input.port1 };
	const worker = new Worker(join(__dirname, "transport.js"), { workerData: data, transferList: [input.port1] });
	const exit = process.exit.bind(process);
	worker.on("error", (error) => process.stderr.write(`[gradbook] ${error.stack ?? error.message}\n`));
	// Without the sockets there is no kernel. The reason is in the log.
	worker.on("exit", () => exit(1));

	// Loaded while the thread starts.
	const { Runtime } = require("./session/runtime/runtime") as typeof import("./session/runtime/runtime");
	// What the engine's objects look like, also in a notebook that never imports `gradbook/display`.
	require("./views");
	const runtime = new Runtime({
		folder: process.cwd(),
		signals,
		answers: input.port2,
		post: (message: ToTransport) => worker.postMessage(message),
		describeError: (error, cells) => {
			const { describeError } = require(modules.errors) as {
				describeError(error: unknown, cells: ReadonlyMap<string, CompiledCell>): CellError;
			};
			return describeError(error, cells);
		},
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
