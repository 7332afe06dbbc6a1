// Makes docs/gallery.md and its pictures: node scripts/gallery.mjs
//
// The pictures are those that test/jupyterlab/gallery.test.ts takes of docs/gallery.ipynb in JupyterLab, light and dark,
// as WebP; Chromium, which took them, also converts them. Texts and code are the notebook's.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../dist/kernel/install/index.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const taken = join(root, "build/screenshots/gallery");
const kept = join(root, "docs/images/gallery");

const { cells } = JSON.parse(readFileSync(join(root, "docs/gallery.ipynb"), "utf8"));
const sourceOf = (cell) => [cell.source].flat().join("");

const browser = await chromium.launch({
	executablePath: findChromium(),
	args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
const page = await browser.newPage();

async function toWebp(file) {
	const png = readFileSync(file).toString("base64");
	const data = await page.evaluate(async (source) => {
		const image = new Image();
		image.src = `data:image/png;base64,${source}`;
		await image.decode();
		const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
		canvas.getContext("2d").drawImage(image, 0, 0);
		// At quality 1 without loss, which is smaller for tables and lines; with loss for pictures.
		const kinds = [1, 0.55].map((quality) => canvas.toDataURL("image/webp", quality));
		return kinds.sort((a, b) => a.length - b.length)[0];
	}, png);
	return Buffer.from(data.slice(data.indexOf(",") + 1), "base64");
}

rmSync(kept, { recursive: true, force: true });
mkdirSync(kept, { recursive: true });
const parts = [
	"# Gallery\n",
	"Every view of `gradbook/display`, as JupyterLab shows it; on a dark page in its dark theme. The cells are those of",
	"[gallery.ipynb](gallery.ipynb), which trains the small network that most of them look at.\n",
];
let bytes = 0;
for (const [index, cell] of cells.entries()) {
	if (!cell.metadata.tags?.includes("view")) continue;
	// Its heading stands in the last text above it.
	const text = [...cells.slice(0, index)].reverse().find((one) => one.cell_type === "markdown");
	parts.push(`${sourceOf(text)}\n`);
	parts.push(`\`\`\`ts\n${sourceOf(cell)}\n\`\`\`\n`);
	for (const theme of ["light", "dark"]) {
		const file = join(taken, `${cell.id}-${theme}.png`);
		if (!existsSync(file)) throw new Error(`no ${file}: run npx vitest run test/jupyterlab/gallery.test.ts first`);
		const picture = await toWebp(file);
		writeFileSync(join(kept, `${cell.id}-${theme}.webp`), picture);
		bytes += picture.length;
	}
	const title = /^## (.+)$/m.exec(sourceOf(text))?.[1] ?? cell.id;
	const image = `<img alt="${title}" src="images/gallery/${cell.id}-light.webp">`;
	const source = `<source media="(prefers-color-scheme: dark)" srcset="images/gallery/${cell.id}-dark.webp">`;
	parts.push(`<picture>${source}${image}</picture>\n`);
}
await browser.close();
writeFileSync(join(root, "docs/gallery.md"), parts.join("\n"));
console.log(`docs/gallery.md, pictures of ${Math.round(bytes / 1024)} kB in all`);
