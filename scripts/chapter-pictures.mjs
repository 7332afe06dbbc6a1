// Makes the pictures of notebooks/README.md: node scripts/chapter-pictures.mjs FOLDER [NN…]
//
// FOLDER holds the chapters' pages as `gradbook run notebooks/NN_… --out FOLDER` leaves them. Chromium shows each, takes
// the output of the cell named below, and makes a small WebP of it under docs/images/chapters.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../dist/kernel/install/index.js";

/** By chapter: the cell, and where its last output is not the one, which. */
const shown = {
	"01": ["mistakes"],
	"02": ["naive"],
	"03": ["gallery"],
	"04": ["deep"],
	"05": ["loop"],
	"06": ["compare"],
	"07": ["auto-look"],
	"08": ["curved"],
	"09": ["restarts-plot"],
	10: ["loop"],
	11: ["uncertain"],
	12: ["graph"],
	13: ["two"],
	14: ["double"],
	15: ["train"],
	16: ["train", 0],
	17: ["look"],
	18: ["generate"],
	19: ["prune-curve"],
	20: ["picture"],
};
const largest = { width: 320, height: 200 };

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined)
	throw new Error("name the folder of the chapters' pages: node scripts/chapter-pictures.mjs FOLDER");
const root = fileURLToPath(new URL("..", import.meta.url));
const kept = join(root, "docs/images/chapters");
mkdirSync(kept, { recursive: true });
const pages = readdirSync(folder).filter((name) => /^\d\d_.*\.html$/.test(name));

const browser = await chromium.launch({
	executablePath: findChromium(),
	args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
for (const [number, [cell, index]] of Object.entries(shown).sort()) {
	if (wanted.length > 0 && !wanted.includes(number)) continue;
	const name = pages.find((page) => page.startsWith(`${number}_`));
	if (name === undefined) throw new Error(`${folder} has no page of chapter ${number}`);
	const page = await browser.newPage({ viewport: { width: 860, height: 900 }, deviceScaleFactor: 1 });
	await page.goto(pathToFileURL(resolve(folder, name)).href);
	const outputs = page.locator(`[data-cell="${cell}"] .output`);
	const output = index === undefined ? outputs.last() : outputs.nth(index);
	if ((await output.locator(".figure").count()) > 0) await output.locator(".main-svg").first().waitFor();
	const png = (await output.screenshot({ animations: "disabled" })).toString("base64");
	const webp = await page.evaluate(small, { png, largest });
	writeFileSync(join(kept, `${number}.webp`), Buffer.from(webp, "base64"));
	console.log(`${number} ${Math.round((webp.length * 3) / 4096)} kB`);
	await page.close();
}
await browser.close();

/** In the page: a picture that fits into `largest`, what is too high for its width cut off below. */
async function small({ png, largest }) {
	const image = new Image();
	image.src = `data:image/png;base64,${png}`;
	await image.decode();
	const scale = Math.min(1, largest.width / image.width);
	const canvas = document.createElement("canvas");
	canvas.width = Math.round(image.width * scale);
	canvas.height = Math.min(largest.height, Math.round(image.height * scale));
	const context = canvas.getContext("2d");
	context.imageSmoothingQuality = "high";
	context.drawImage(image, 0, 0, canvas.width, Math.round(image.height * scale));
	return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}
