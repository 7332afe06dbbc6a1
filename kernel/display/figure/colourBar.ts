import { escapeHtml } from "../escape";
import { formatNumber } from "../numbers";
import { colourRange, colourScale } from "./raster";
import { isObject, type PlainFigure, type PlainTrace, part, titleOf } from "./types";

/** Room that a colour bar takes at the right of a picture. */
export const colourBarRoom = 74;

const steps = 24;

/** The trace whose colours the picture explains by a bar: the only one with colours, unless it wants none. */
export function colourBarTrace(figure: PlainFigure): PlainTrace | undefined {
	const coloured = figure.data.filter((trace) => trace.z !== undefined && trace.showscale !== false);
	const [only] = coloured;
	return coloured.length === 1 && only !== undefined && Array.isArray(only.z) ? only : undefined;
}

/** A bar from the lowest value's colour to the highest's, with both values and its title. */
export function colourBar(trace: PlainTrace, left: number, top: number, bottom: number): string {
	const colour = colourScale(trace);
	const [low, high] = colourRange(trace);
	const size = (bottom - top) / steps;
	const opacity = typeof trace.opacity === "number" ? trace.opacity : 1;
	const cells = Array.from({ length: steps }, (_, i) => {
		const y = (bottom - (i + 1) * size).toFixed(1);
		return `<rect x="${left}" y="${y}" width="12" height="${(size + 0.3).toFixed(1)}" fill="rgb(${colour(i / (steps - 1)).join(",")})" fill-opacity="${opacity}"/>`;
	});
	const label = (value: number, y: number) =>
		`<text x="${left + 17}" y="${y}" fill="currentColor">${formatNumber(value, 3)}</text>`;
	const title = isObject(trace.colorbar) ? titleOf(part(trace, "colorbar")) : "";
	const heading =
		title === ""
			? ""
			: `<text x="${left + 12}" y="${top - 7}" text-anchor="middle" fill="currentColor">${escapeHtml(title)}</text>`;
	return (
		cells.join("") +
		label(high, top + 10) +
		label((low + high) / 2, (top + bottom) / 2 + 4) +
		label(low, bottom) +
		heading
	);
}
