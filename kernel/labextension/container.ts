import { browser } from "./dom";
import { makePlugin } from "./kernels";
import { makeExtension, type WidgetClass } from "./mimeExtension";

/* Browser code: the entry point that JupyterLab loads, a module-federation container written by hand. */

/** Modules that JupyterLab shares, by name and version (webpack's share scope). */
type SharedScope = Record<string, Record<string, { get(): Promise<() => unknown> | (() => unknown) }> | undefined>;

interface Container {
	init(scope: SharedScope): void;
	get(module: string): Promise<() => unknown>;
}

/** Puts the container where JupyterLab looks for it. */
export function register(name: string, plotlyFile: string): void {
	const source = browser.document.currentScript?.src ?? "";
	const folder = source.slice(0, source.lastIndexOf("/") + 1);
	const page = browser as unknown as { _JUPYTERLAB?: Record<string, Container> };
	let shared: SharedScope = {};
	page._JUPYTERLAB ??= {};
	page._JUPYTERLAB[name] = {
		init(scope) {
			shared = scope;
		},
		async get(module) {
			if (module === "./mimeExtension") {
				const { Widget } = (await sharedModule(shared, "@lumino/widgets", name)) as { Widget: WidgetClass };
				return asModule(makeExtension(Widget, folder, plotlyFile));
			}
			if (module === "./extension") {
				const { INotebookTracker } = await sharedModule(shared, "@jupyterlab/notebook", name);
				const { IConsoleTracker } = await sharedModule(shared, "@jupyterlab/console", name);
				return asModule(makePlugin([INotebookTracker, IConsoleTracker]));
			}
			throw new Error(`${name} has no module "${module}"`);
		},
	};
}

function asModule(extension: object): () => unknown {
	return () => ({ __esModule: true, default: extension });
}

async function sharedModule(scope: SharedScope, module: string, name: string): Promise<Record<string, unknown>> {
	const version = Object.values(scope[module] ?? {})[0];
	if (version === undefined) throw new Error(`JupyterLab shares no ${module}; ${name} needs JupyterLab 4`);
	return (await version.get())() as Record<string, unknown>;
}
