import { browser } from "./dom";
import { type Figure, FigureView } from "./figure";

/* Browser code: draws the figures of an exported page, in which plotly.js is already loaded. */

export function drawFigures(): void {
	const plotly = browser.Plotly;
	if (plotly === undefined) return;
	const views: FigureView[] = [];
	for (const place of browser.document.querySelectorAll(".figure")) {
		const figure = JSON.parse(place.querySelector("script")?.textContent ?? "{}") as Figure;
		const node = browser.document.createElement("div");
		const view = new FigureView(node, async () => plotly);
		place.replaceChildren(node);
		views.push(view);
		void view.show(figure);
	}
	const redraw = (printing: boolean) => {
		for (const view of views) void view.redraw(printing);
	};
	browser.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(false));
	browser.addEventListener("beforeprint", () => redraw(true));
	browser.addEventListener("afterprint", () => redraw(false));
}
