import { browser, type PageElement, type Plotly, type ScriptElement } from "./dom";
import { type Figure, FigureView } from "./figure";

/* Browser code: JupyterLab's renderer for Plotly figures. */

const mimeType = "application/vnd.plotly.v1+json";

/** What is needed of Lumino's Widget, which JupyterLab shares with its extensions. */
export interface WidgetClass {
	new (options: { node: PageElement }): { readonly node: PageElement; dispose(): void; readonly isDisposed: boolean };
}

interface MimeModel {
	readonly data: Record<string, unknown>;
}

/** JupyterLab's description of a renderer (`IRenderMime.IExtension`). */
export function makeExtension(Widget: WidgetClass, folder: string, plotlyFile: string): object {
	const plotly = loader(folder + plotlyFile);
	const views = new Set<FigureView>();
	const redrawAll = (printing: boolean) => {
		for (const view of views) void view.redraw(printing);
	};
	const watcher = new browser.MutationObserver(() => redrawAll(false));
	watcher.observe(browser.document.body, {
		attributes: true,
		attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"],
	});
	browser.addEventListener("beforeprint", () => redrawAll(true));
	browser.addEventListener("afterprint", () => redrawAll(false));

	class FigureWidget extends Widget {
		readonly #view: FigureView;

		constructor() {
			super({ node: browser.document.createElement("div") });
			this.#view = new FigureView(this.node, plotly);
			views.add(this.#view);
		}

		/** Called for the first figure and again, on the same widget, for every update of the display. */
		async renderModel(model: MimeModel): Promise<void> {
			await this.#view.show(model.data[mimeType] as Figure);
		}

		override dispose(): void {
			if (this.isDisposed) return;
			views.delete(this.#view);
			this.#view.dispose();
			super.dispose();
		}
	}

	return {
		id: "gradbook-plotly:factory",
		description: "Plotly figures, drawn from files of this installation.",
		rendererFactory: { safe: true, mimeTypes: [mimeType], createRenderer: () => new FigureWidget() },
		// Before HTML, which is the figure's still picture.
		rank: 0,
		dataType: "json",
	};
}

/** Loads plotly.js when the first figure is drawn: five megabytes are not read by those who draw none. */
function loader(url: string): () => Promise<Plotly> {
	let loading: Promise<Plotly> | undefined;
	return () => {
		loading ??= new Promise((resolve, reject) => {
			const script: ScriptElement = browser.document.createElement("script");
			script.src = url;
			script.onload = () => (browser.Plotly ? resolve(browser.Plotly) : reject(new Error(`${url} defines no Plotly`)));
			script.onerror = () => {
				loading = undefined;
				reject(new Error(`plotly.js could not be loaded from ${url}`));
			};
			browser.document.head.appendChild(script);
		});
		return loading;
	};
}
