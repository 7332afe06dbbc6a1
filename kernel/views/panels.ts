import type { Layout } from "../display";

export interface PanelOptions {
	/** Panels in a row. */
	columns: number;
	/** Height of one panel in pixels, with its title and axis. Default 190. */
	panelHeight?: number;
	title?: string;
	/** Titles of the axes, written at the left and below only. */
	x?: string;
	y?: string;
	/** Settings of every x axis and every y axis. */
	xaxis?: object;
	yaxis?: object;
	/** Further settings of one panel's axes. */
	axes?(index: number): { xaxis?: object; yaxis?: object };
	legend?: boolean;
}

/** The axes that panel `index` is drawn on: properties for its traces. */
export function axesOf(index: number): { xaxis: "x"; yaxis: "y" } {
	const number = index === 0 ? "" : index + 1;
	return { xaxis: `x${number}` as "x", yaxis: `y${number}` as "y" };
}

/** The layout of a grid of small plots, each with a title of its own over it, row by row. */
export function panelLayout(titles: readonly string[], options: PanelOptions): Partial<Layout> {
	const { columns, panelHeight = 190, title, x, y, legend = false } = options;
	const across = Math.max(1, Math.min(columns, titles.length));
	const down = Math.max(1, Math.ceil(titles.length / across));
	// Shares of the plot between panels: room for numbers at the left, for numbers and a title below.
	const [gapX, gapY] = [0.075, 58 / (panelHeight * down)];
	const width = (1 - gapX * (across - 1)) / across;
	const height = (1 - gapY * (down - 1)) / down;
	const plot = panelHeight * down;
	const margin = { l: 64, r: 24, b: 48, t: (title === undefined ? 28 : 56) + (legend ? 34 : 8) };
	const layout: Record<string, unknown> = {
		height: plot + margin.t + margin.b,
		margin,
		showlegend: legend,
		...(title === undefined ? {} : { title: { text: title, y: 1, yref: "container", yanchor: "top", pad: { t: 14 } } }),
		...(legend ? { legend: { orientation: "h", x: 0.5, xanchor: "center", y: 1 + 24 / plot, yanchor: "bottom" } } : {}),
	};
	const annotations = titles.map((text, i) => {
		const [column, row] = [i % across, Math.floor(i / across)];
		const left = column * (width + gapX);
		const bottom = 1 - (row + 1) * height - row * gapY;
		const number = i === 0 ? "" : i + 1;
		const own = options.axes?.(i) ?? {};
		const last = i + across >= titles.length;
		layout[`xaxis${number}`] = {
			domain: [left, Math.min(1, left + width)],
			anchor: `y${number}`,
			nticks: 5,
			...(x !== undefined && last ? { title: { text: x } } : {}),
			...options.xaxis,
			...own.xaxis,
		};
		layout[`yaxis${number}`] = {
			domain: [Math.max(0, bottom), Math.min(1, bottom + height)],
			anchor: `x${number}`,
			nticks: 4,
			...(y !== undefined && column === 0 ? { title: { text: y } } : {}),
			...options.yaxis,
			...own.yaxis,
		};
		return {
			text,
			...{ xref: "paper", yref: "paper", x: left + width / 2, y: Math.min(1, bottom + height) },
			...{ xanchor: "center", yanchor: "bottom", showarrow: false, font: { size: 12 } },
		};
	});
	return { ...layout, annotations } as Partial<Layout>;
}
