import Module, { createRequire } from "node:module";
import { join } from "node:path";

interface ModuleInternals {
	_resolveFilename(request: string, parent: NodeJS.Module | undefined, isMain: boolean, options?: object): string;
}

/**
 * Makes `gradbook`, its subpaths and `tslab` resolve to what this kernel carries, from everywhere: with nothing
 * installed beside the notebook, and to one instance where something is.
 */
export function resolveOwnPackages(): void {
	const own = createRequire(__filename);
	const internals = Module as unknown as ModuleInternals;
	const resolve = internals._resolveFilename;
	const tslab = join(__dirname, "tslab.js");
	const tslabExecutor = own.resolve("tslab/dist/executor");
	internals._resolveFilename = function (request, parent, isMain, options) {
		if (request === "tslab") return tslab;
		// How tslab's executor asks for its own package when a cell imports it.
		if (request === ".." && parent?.filename === tslabExecutor) return tslab;
		if (request === "gradbook" || request.startsWith("gradbook/")) {
			return resolve.call(this, request, module, false);
		}
		return resolve.call(this, request, parent, isMain, options);
	};
}

/** Whether the engine has been loaded by a cell. */
export function engineLoaded(): boolean {
	return require.cache[join(__dirname, "../../../engine/index.js")] !== undefined;
}
