import { type LooseBundle, registerRenderer } from "../display";
import { escapeHtml } from "../display/escape";
import { formatNumber } from "../display/numbers";
import { tableStyle } from "../display/table";
import { css } from "../display/theme";
import { detached, dtypeName, isTensor, numbersOf, shapeText, sizeOf, type TensorLike } from "./engine";
import { imageGrid } from "./images";

/** Rows and columns of a matrix shown in full; of larger ones `edge` at each end. */
const mostShown = 12;
const edge = 5;

/** A picture is at least this high and wide. */
const smallestPicture = 8;

registerRenderer(isTensor, tensorBundle);

/** PyTorch's text; in rich output a header over a table (matrices), pictures (image batches) or the text. */
export function tensorBundle(tensor: TensorLike): LooseBundle {
	const text = String(tensor);
	return {
		"text/plain": text,
		"text/html": `${tensorStyle}<div class="gradbook-tensor">${header(tensor)}${body(tensor, text)}${gradient(tensor)}</div>`,
	};
}

function header(tensor: TensorLike): string {
	const facts = [shapeText(tensor.shape), dtypeName(tensor)];
	if (tensor.device !== undefined) facts.push(String(tensor.device));
	if (tensor.gradFn) facts.push(`made by ${tensor.gradFn.name}`);
	else if (tensor.requiresGrad) facts.push(tensor.grad ? "has a gradient" : "requires gradient");
	return `<div class="gradbook-tensor-header"><b>tensor</b> ${facts.map(escapeHtml).join(" · ")}</div>`;
}

/** The gradient of a leaf, to be opened. */
function gradient({ grad }: TensorLike): string {
	if (!isTensor(grad)) return "";
	return `<details><summary>gradient</summary>${body(grad, String(grad))}</details>`;
}

function body(tensor: TensorLike, text: string): string {
	const { shape } = tensor;
	if (isPicture(tensor)) {
		const grid = imageGrid(detached(tensor), { limit: 16 }).bundle();
		const one = `<img alt="${escapeHtml(grid["text/plain"])}" src="data:image/png;base64,${grid["image/png"]}">`;
		const picture = grid["text/html"] ?? one;
		return `${picture}<details><summary>values</summary><pre>${escapeHtml(text)}</pre></details>`;
	}
	if (shape.length === 2 && sizeOf(shape) > 0) return matrix(tensor);
	return `<pre>${escapeHtml(text)}</pre>`;
}

/**
 * A batch of channels × height × width with one or three channels; one alone where its numbers are a picture's, from 0 to 1
 * (it could as well be the states of a recurrent layer); bytes also without channels.
 */
function isPicture(tensor: TensorLike): boolean {
	const { shape } = tensor;
	const [height = 0, width = 0] = shape.slice(-2);
	if (sizeOf(shape) === 0 || Math.min(height, width) < smallestPicture || Math.max(height, width) > 1024) return false;
	const channels = shape.at(-3);
	const hasChannels = channels === 1 || channels === 3;
	if (shape.length === 4 && hasChannels) return true;
	if (dtypeName(tensor) === "uint8") return shape.length === 2 || shape.length === 3;
	return shape.length === 3 && hasChannels && Array.from(numbersOf(detached(tensor))).every((x) => x >= 0 && x <= 1);
}

function matrix(tensor: TensorLike): string {
	const [rows, columns] = tensor.shape as [number, number];
	const [rowIndexes, columnIndexes] = [shownIndexes(rows), shownIndexes(columns)];
	const values = corners(tensor, rowIndexes);
	const write = writerOf(
		dtypeName(tensor),
		values.flatMap((row) => (row.length === 0 ? [] : columnIndexes.map((column) => row[column ?? 0]!))),
	);
	const cell = (row: ArrayLike<number>, column: number | undefined): string =>
		column === undefined ? "<td>…</td>" : `<td class="n">${escapeHtml(write(row[column]!))}</td>`;
	const line = (row: number | undefined, index: number): string =>
		row === undefined
			? `<tr><th></th>${columnIndexes.map(() => '<td class="n">⋮</td>').join("")}</tr>`
			: `<tr><th scope="row">${row}</th>${columnIndexes.map((column) => cell(values[index]!, column)).join("")}</tr>`;
	const heads = columnIndexes.map((column) => `<th scope="col" class="n">${column ?? "…"}</th>`).join("");
	const label = `Matrix of ${rows} rows and ${columns} columns`;
	return `<div class="gradbook-table" role="region" aria-label="${label}" tabindex="0">${tableStyle}<table><thead><tr><th></th>${heads}</tr></thead><tbody>${rowIndexes.map(line).join("")}</tbody></table></div>`;
}

/** One way to write all numbers of a matrix, so that points stand under points: PyTorch's, with 4 digits behind the point. */
function writerOf(dtype: string, values: readonly number[]): (value: number) => string {
	if (dtype === "bool") return (value) => (value === 0 ? "False" : "True");
	const finite = values.filter((value) => Number.isFinite(value));
	if (finite.every(Number.isInteger)) return (value) => formatNumber(value);
	const sizes = finite.map(Math.abs).filter((size) => size > 0);
	const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
	const powers = most / least > 1000 || most > 1e8 || least < 1e-4;
	return (value) => {
		if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
		return powers ? value.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2") : value.toFixed(4);
	};
}

/** Positions along a side, `undefined` where some are left out. */
function shownIndexes(size: number): (number | undefined)[] {
	const from = (start: number, length: number) => Array.from({ length }, (_, i) => start + i);
	return size <= mostShown ? from(0, size) : [...from(0, edge), undefined, ...from(size - edge, edge)];
}

/** The wanted rows, without copying a large tensor for a few of its numbers. */
function corners(tensor: TensorLike, rows: (number | undefined)[]): ArrayLike<number>[] {
	const plain = detached(tensor);
	const [height, width] = tensor.shape as [number, number];
	if (typeof plain.narrow !== "function" || height * width <= 10_000) {
		const all = numbersOf(plain);
		return rows.map((row) => Array.from({ length: row === undefined ? 0 : width }, (_, i) => all[row! * width + i]!));
	}
	return rows.map((row) => (row === undefined ? [] : numbersOf(plain.narrow!(0, row, 1))));
}

const tensorStyle = `<style>
.gradbook-tensor{color:${css.text};font-size:${css.fontSize}}
.gradbook-tensor-header{font-family:${css.font};margin-bottom:4px}
.gradbook-tensor pre{margin:0;font-family:${css.codeFont};color:inherit;background:none}
.gradbook-tensor img{max-width:100%}
.gradbook-tensor .gradbook-table.gradbook-table table th{font-weight:400;opacity:0.7}
</style>`;
