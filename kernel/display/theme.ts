/*
 * Colours of everything gradbook shows. They are told apart with every common form of colour blindness (Okabe and Ito,
 * "Color Universal Design", 2008, without black and yellow, which vanish on dark and on white pages, and with a brown) and
 * stand out on white as well as on JupyterLab's dark background.
 */

/** One colour for each series, in order; begins again after the last. */
export const seriesColours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b"] as const;

/** Marks what is right and what is wrong; never by colour alone. */
export const rightColour = "#009e73";
export const wrongColour = "#d55e00";

/** The colour scale for values from small to large: even in lightness, so that it survives grey printing. */
export const sequentialScale = "Viridis";

/** The colour scale for values on both sides of 0: blue below, orange above. */
export const divergingScale: [number, string][] = [
	[0, seriesColours[0]],
	[0.5, "#f7f7f7"],
	[1, seriesColours[1]],
];

/** Viridis at equal steps from 0 to 1, for pictures drawn without Plotly. */
export const viridis = [
	"#440154",
	"#482878",
	"#3e4989",
	"#31688e",
	"#26828e",
	"#1f9e89",
	"#35b779",
	"#6ece58",
	"#b5de2b",
	"#fde725",
] as const;

/** The colour of series number `index`. */
export function seriesColour(index: number): string {
	return seriesColours[index % seriesColours.length]!;
}

/*
 * Text and lines take JupyterLab's variables where there are any, and otherwise the page's own text colour and greys
 * that show on light and dark alike.
 */
export const css = {
	text: "var(--jp-content-font-color1, currentColor)",
	mutedText: "var(--jp-content-font-color2, currentColor)",
	line: "var(--jp-border-color2, rgba(128, 128, 128, 0.4))",
	faint: "var(--jp-layout-color2, rgba(128, 128, 128, 0.15))",
	font: "var(--jp-ui-font-family, system-ui, sans-serif)",
	fontSize: "var(--jp-ui-font-size1, 13px)",
	codeFont: "var(--jp-code-font-family, ui-monospace, monospace)",
} as const;
