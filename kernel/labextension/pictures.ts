import { browser, type CanvasElement, type Drawing } from "./dom";
import { type Figure, forPaper } from "./figure";

/* Browser code: makes a PNG of each figure of a page, for a program that reads the page when it is done. */

/** Puts the data URL of its picture, or what went wrong, into each `.picture` in place of its figure. */
export async function drawPictures(): Promise<void> {
	for (const place of browser.document.querySelectorAll(".picture")) {
		const source = JSON.parse(place.textContent ?? "null") as Figure | string | { html: string };
		try {
			place.textContent = await pictureOf(source);
		} catch (error) {
			place.textContent = `failed: ${error instanceof Error ? error.message : String(error)}`;
		}
	}
}

function pictureOf(source: Figure | string | { html: string }): Promise<string> {
	if (typeof source === "string") return pictureOfSvg(source);
	return "html" in source ? pictureOfHtml(source.html) : pictureOfFigure(source);
}

async function pictureOfFigure(figure: Figure): Promise<string> {
	const plotly = browser.Plotly;
	if (plotly === undefined) throw new Error("plotly.js is not in the page");
	const { data, layout, width, height } = forPaper(figure);
	return plotly.toImage({ data, layout }, { format: "png", width, height, scale: 1 });
}

/** Of an SVG that is part of a view's HTML: drawn by an image element, which runs nothing in it. */
async function pictureOfSvg(svg: string): Promise<string> {
	const { canvas } = await drawn(svg);
	return canvas.toDataURL("image/png");
}

/** Sizes of the sheet that HTML is drawn on, in pixels: as wide as an output of JupyterLab, and longer than any view. */
const sheet = { width: 860, height: 3000 };
const margin = 4;

/** Of a view's HTML: an SVG around it is drawn as any other, and what is left white is cut off. */
async function pictureOfHtml(html: string): Promise<string> {
	const body = new browser.DOMParser().parseFromString(html, "text/html").documentElement;
	const content = new browser.XMLSerializer().serializeToString(body);
	const { width, height } = sheet;
	const { canvas, context } = await drawn(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="${width}" height="${height}">${content}</foreignObject></svg>`,
	);
	const { data } = context.getImageData(0, 0, width, height);
	let [right, bottom] = [0, 0];
	for (let i = 0; i < data.length; i += 4) {
		if (data[i]! + data[i + 1]! + data[i + 2]! === 3 * 255) continue;
		const at = i / 4;
		right = Math.max(right, at % width);
		bottom = Math.floor(at / width);
	}
	const cut = canvasOf(Math.min(width, right + margin), Math.min(height, bottom + margin));
	cut.context.drawImage(canvas, 0, 0, width, height);
	return cut.canvas.toDataURL("image/png");
}

async function drawn(svg: string): Promise<Sheet> {
	const image = browser.document.createElement("img");
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	await image.decode();
	const result = canvasOf(image.width, image.height);
	result.context.drawImage(image, 0, 0, image.width, image.height);
	return result;
}

interface Sheet {
	canvas: CanvasElement;
	context: Drawing;
}

/** A white sheet. */
function canvasOf(width: number, height: number): Sheet {
	const canvas = browser.document.createElement("canvas");
	canvas.width = width;
	canvas.height = height;
	const context = canvas.getContext("2d");
	if (context === null) throw new Error(`no canvas of ${width} × ${height} pixels`);
	context.fillStyle = "#ffffff";
	context.fillRect(0, 0, width, height);
	return { canvas, context };
}
