import { browser, type PageElement, type Plotly, type ScriptElement } from "./dom";
import { type Figure, FigureView } from "./figure";
import { forgetGrowing, showGrowing } from "./growth";

/* Browser code: JupyterLab's renderer for Plotly figures. */

const mimeType = "application/vnd.plotly.v1+json";

/** What is needed of Lumino's Widget, which JupyterLab shares with its extensions. */
export interface WidgetClass {
	new (options: { node: PageElement }): { readonly node: PageElement; dispose(): void; readonly isDisposed: boolean };
}

interface MimeModel {
	readonly data: Record<string, unknown>;
	readonly metadata?: Record<string, unknown>;
}

/**
 * Metadata of figures inside a widget's output area: the name of their place. Such an area is drawn anew with every
 * change, and the next figure in the same place takes over what has been drawn there.
 */
const placeKey = "gradbook_place";
/** How long a figure whose place was cleared waits for the next, in milliseconds. */
const waitMs = 1000;

/** A figure and the element that it is drawn in. */
interface Drawn {
	view: FigureView;
	element: PageElement;
}

/** JupyterLab's description of a renderer (`IRenderMime.IExtension`). */
export function makeExtension(Widget: WidgetClass, folder: string, plotlyFile: string): object {
	const plotly = loader(folder + plotlyFile);
	const views = new Set<FigureView>();
	/** Drawn figures whose place was cleared. */
	const waiting = new Map<string, Drawn[]>();
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

	const draw = (): Drawn => {
		const element = browser.document.createElement("div");
		const view = new FigureView(element, plotly);
		views.add(view);
		return { view, element };
	};
	const discard = ({ view }: Drawn) => {
		views.delete(view);
		forgetGrowing(view);
		view.dispose();
	};
	const leave = (place: string, drawn: Drawn) => {
		const here = waiting.get(place) ?? [];
		waiting.set(place, [...here, drawn]);
		setTimeout(() => {
			const left = waiting.get(place)?.filter((one) => one !== drawn) ?? [];
			if (left.length === waiting.get(place)?.length) return;
			if (left.length > 0) waiting.set(place, left);
			else waiting.delete(place);
			discard(drawn);
		}, waitMs);
	};
	const takeOver = (place: string): Drawn | undefined => {
		const [first, ...others] = waiting.get(place) ?? [];
		waiting.set(place, others);
		return first;
	};

	class FigureWidget extends Widget {
		#drawn: Drawn | undefined;
		#place: string | undefined;

		constructor() {
			super({ node: browser.document.createElement("div") });
		}

		/** Called for the first figure and again, on the same widget, for every update of the display. */
		async renderModel({ data, metadata }: MimeModel): Promise<void> {
			const place = metadata?.[placeKey];
			if (typeof place === "string") this.#place = place;
			if (this.#drawn === undefined) {
				this.#drawn = (this.#place === undefined ? undefined : takeOver(this.#place)) ?? draw();
				this.node.appendChild(this.#drawn.element);
			}
			await showGrowing(this.#drawn.view, data[mimeType] as Figure, metadata);
		}

		override dispose(): void {
			if (this.isDisposed) return;
			if (this.#drawn !== undefined) {
				if (this.#place === undefined) discard(this.#drawn);
				else leave(this.#place, this.#drawn);
			}
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
