import { browser } from "./dom";
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
			if (module !== "./mimeExtension") throw new Error(`${name} has no module "${module}"`);
			const Widget = await widgetClass(shared);
			const extension = makeExtension(Widget, folder, plotlyFile);
			return () => ({ __esModule: true, default: extension });
		},
	};
}

async function widgetClass(shared: SharedScope): Promise<WidgetClass> {
	const versions = Object.values(shared["@lumino/widgets"] ?? {});
	const version = versions[0];
	if (version === undefined)
		throw new Error("JupyterLab shares no @lumino/widgets; gradbook-plotly needs JupyterLab 4");
	const factory = await version.get();
	return (factory() as { Widget: WidgetClass }).Widget;
}
