import { browser } from "./dom";
import { type Figure, forPaper } from "./figure";

/* Browser code: makes a PNG of each figure of a page, for a program that reads the page when it is done. */

/** Puts the data URL of its picture, or what went wrong, into each `.picture` in place of its figure. */
export async function drawPictures(): Promise<void> {
	for (const place of browser.document.querySelectorAll(".picture")) {
		const source = JSON.parse(place.textContent ?? "null") as Figure | string;
		try {
			place.textContent = typeof source === "string" ? await pictureOfSvg(source) : await pictureOf(source);
		} catch (error) {
			place.textContent = `failed: ${error instanceof Error ? error.message : String(error)}`;
		}
	}
}

async function pictureOf(figure: Figure): Promise<string> {
	const plotly = browser.Plotly;
	if (plotly === undefined) throw new Error("plotly.js is not in the page");
	const { data, layout, width, height } = forPaper(figure);
	return plotly.toImage({ data, layout }, { format: "png", width, height, scale: 1 });
}

/** Of an SVG that is part of a view's HTML: drawn by an image element, which runs nothing in it. */
async function pictureOfSvg(svg: string): Promise<string> {
	const image = browser.document.createElement("img");
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	await image.decode();
	const canvas = browser.document.createElement("canvas");
	canvas.width = image.width;
	canvas.height = image.height;
	const context = canvas.getContext("2d");
	if (context === null) throw new Error(`no canvas of ${canvas.width} × ${canvas.height} pixels`);
	context.fillStyle = "#ffffff";
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.drawImage(image, 0, 0, canvas.width, canvas.height);
	return canvas.toDataURL("image/png");
}
