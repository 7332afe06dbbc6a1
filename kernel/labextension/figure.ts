import { browser, type PageElement, type Plotly, type Watcher } from "./dom";

/* Browser code: draws figures in JupyterLab and in exported pages. */

/** A figure as `application/vnd.plotly.v1+json` carries it. */
export interface Figure {
	data?: unknown[];
	layout?: Record<string, unknown>;
	config?: Record<string, unknown>;
}

const defaultHeight = 420;

/** One figure in one element: draws, draws again in place, follows the page's size and colours. */
export class FigureView {
	#figure: Figure | undefined;
	#sizeWatcher: Watcher | undefined;
	#drawing = false;
	#again = false;
	#disposed = false;

	constructor(
		private readonly node: PageElement,
		private readonly plotly: () => Promise<Plotly>,
	) {
		node.classList.add("gradbook-figure");
		node.style.width = "100%";
	}

	/** Shows a figure in place of the last. While one is being drawn, only the newest waits. */
	async show(figure: Figure): Promise<void> {
		this.#figure = figure;
		this.node.style.minHeight = `${heightOf(figure)}px`;
		await this.redraw();
	}

	async redraw(printing = false): Promise<void> {
		if (this.#drawing) {
			this.#again = true;
			return;
		}
		this.#drawing = true;
		try {
			const plotly = await this.plotly();
			do {
				this.#again = false;
				if (this.#disposed || this.#figure === undefined) return;
				const { data, layout, config } = dressed(this.#figure, pageColours(printing));
				await plotly.react(this.node, data, layout, config);
			} while (this.#again);
			this.#watchSize(plotly);
		} finally {
			this.#drawing = false;
		}
	}

	dispose(): void {
		this.#disposed = true;
		this.#sizeWatcher?.disconnect();
		void this.plotly().then((plotly) => plotly.purge(this.node));
	}

	#watchSize(plotly: Plotly): void {
		if (this.#sizeWatcher !== undefined) return;
		let width = this.node.clientWidth;
		this.#sizeWatcher = new browser.ResizeObserver(() => {
			// A hidden tab has no width: Plotly would refuse, and there is nothing to see.
			if (this.#disposed || this.node.clientWidth === 0 || this.node.clientWidth === width) return;
			width = this.node.clientWidth;
			void plotly.Plots.resize(this.node);
		});
		this.#sizeWatcher.observe(this.node);
	}
}

interface Colours {
	text: string;
	line: string;
	background: string;
}

const paper: Colours = { text: "#212121", line: "rgba(128, 128, 128, 0.3)", background: "#ffffff" };

/** The page's colours by JupyterLab's variables, which exported pages define too. */
function pageColours(printing: boolean): Colours {
	if (printing) return paper;
	const style = browser.getComputedStyle(browser.document.body);
	const variable = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
	return {
		text: variable("--jp-content-font-color1", paper.text),
		line: paper.line,
		background: variable("--jp-layout-color1", paper.background),
	};
}

/** Below zero blue, above it orange: told apart by colour-blind readers too. */
const diverging = [
	[0, "#0072b2"],
	[0.5, "#f7f7f7"],
	[1, "#d55e00"],
];

/** A figure for a picture of its own: dark on white, and as high as it wants to be. */
export function forPaper(figure: Figure): { data: unknown[]; layout: object; width: number; height: number } {
	const { data, layout } = dressed(figure, paper);
	const width = typeof figure.layout?.width === "number" ? figure.layout.width : 760;
	return { data, layout: { ...layout, paper_bgcolor: paper.background }, width, height: heightOf(figure) };
}

/** A copy of the figure in the page's colours. What the figure itself sets stays as it is. */
function dressed(figure: Figure, colours: Colours): { data: unknown[]; layout: object; config: object } {
	// Plotly writes into what it is given, and that belongs to the notebook.
	const { data = [], layout = {}, config = {} } = browser.structuredClone(figure);
	const axis = { gridcolor: colours.line, zerolinecolor: colours.line, linecolor: colours.line, automargin: true };
	const transparent = "rgba(0, 0, 0, 0)";
	const errors = { error_x: { color: colours.text }, error_y: { color: colours.text } };
	const template = {
		data: { bar: [errors] },
		layout: {
			font: { color: colours.text, family: "system-ui, sans-serif" },
			paper_bgcolor: transparent,
			plot_bgcolor: transparent,
			xaxis: axis,
			yaxis: axis,
			scene: { xaxis: axis, yaxis: axis, zaxis: axis },
			polar: { bgcolor: transparent, radialaxis: axis, angularaxis: axis },
			legend: { bgcolor: transparent },
			hoverlabel: { bgcolor: colours.background, font: { color: colours.text }, bordercolor: colours.line },
			modebar: { color: colours.line, activecolor: colours.text, bgcolor: transparent },
			margin: { l: 64, r: 24, b: 48, t: layout.title === undefined ? 28 : 56 },
			colorscale: { sequential: "Viridis", sequentialminus: "Viridis", diverging },
		},
	};
	return {
		data,
		layout: {
			template,
			autosize: layout.width === undefined,
			height: heightOf(figure),
			// What a reader zoomed into or hid stays so when the figure is updated.
			uirevision: "kept",
			...layout,
		},
		config: { displaylogo: false, ...config },
	};
}

function heightOf(figure: Figure): number {
	const height = figure.layout?.height;
	return typeof height === "number" ? height : defaultHeight;
}
