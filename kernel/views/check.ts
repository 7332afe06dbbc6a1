import { display, View } from "../display";
import { escapeHtml } from "../display/escape";
import { inspectText } from "../display/inspect";
import { formatNumber } from "../display/numbers";
import { css, rightColour } from "../display/theme";
import { isTensor, numbersOf, shapeText, sizeOf, type TensorLike } from "./engine";

/** What can be compared: numbers, texts and truth values, arrays of them at any depth, tensors. */
export type Checkable = number | bigint | string | boolean | null | TensorLike | readonly Checkable[];

export interface CheckOptions {
	/** Allowed difference of two numbers as a part of the expected one. Default 1e-4: four printed digits. */
	rtol?: number;
	/** Allowed difference beside that. Default 1e-4. */
	atol?: number;
	/** Whose result it is, as the line says it. Default "PyTorch". */
	by?: string;
}

/** Numbers shown of a longer result. */
const mostShown = 6;

/**
 * Holds a notebook to a result that is known, such as the gradients that PyTorch gives, and says so in a line under the
 * cell. Throws where the value is another one, so that a run of the notebook ends there. Tensors are compared by shape and
 * numbers; two NaN are the same.
 *
 * @example check("the two gradients add", x.grad, [6, 36, 114])
 */
export function check(what: string, value: Checkable, expected: Checkable, options: CheckOptions = {}): void {
	const { rtol = 1e-4, atol = 1e-4, by = "PyTorch" } = options;
	const [ours, theirs] = [plain(value), plain(expected)];
	const problem = difference(ours, theirs, "", { rtol, atol });
	if (problem !== undefined) throw new CheckError(`${what}: ${problem} (${by})`);
	say(what, `${sizesOf(theirs) ?? short(theirs)} (${by})`);
}

/** "100 × 100 numbers agree" of what is too much to be read in a line; undefined for less. */
function sizesOf(value: Plain): string | undefined {
	const sizes: number[] = [];
	for (let part: Plain | undefined = value; Array.isArray(part); part = part[0]) sizes.push(part.length);
	if (sizes.length < 2 || sizeOf(sizes) <= 2 * mostShown) return undefined;
	return `${shapeText(sizes)} values agree`;
}

/**
 * Holds a notebook to a claim: a line under the cell where it is true, an error where it is not. `figures` are the numbers
 * that show it.
 *
 * @example claim("momentum is the faster one", steps.momentum < steps.plain, steps)
 */
export function claim(what: string, holds: boolean, figures?: Readonly<Record<string, number>>): void {
	const shown = Object.entries(figures ?? {}).map(([name, figure]) => `${name} = ${formatNumber(figure)}`);
	if (!holds) throw new CheckError([`not so: ${what}`, ...shown].join("; "));
	say(what, shown.join(", "));
}

/** A result or claim of a notebook that did not come out. */
export class CheckError extends Error {
	override name = "CheckError";
}

function say(what: string, result: string): void {
	const text = result === "" ? what : `${what}: ${result}`;
	const style = `font-family:${css.font};font-size:${css.fontSize};color:${css.text}`;
	const mark = `<b style="color:${rightColour}" role="img" aria-label="holds">✓</b>`;
	display(
		new View({ "text/plain": `✓ ${text}`, "text/html": `<div style="${style}">${mark} ${escapeHtml(text)}</div>` }),
	);
}

type Plain = number | string | boolean | null | Plain[];

/** Tensors as nested arrays, whole numbers of 64 bits as numbers. */
function plain(value: Checkable): Plain {
	if (typeof value === "bigint") return Number(value);
	if (isTensor(value)) return nested(numbersOf(value), value.shape);
	return Array.isArray(value) ? value.map(plain) : (value as Plain);
}

function nested(numbers: ArrayLike<number>, shape: readonly number[]): Plain {
	let at = 0;
	const build = (dim: number): Plain =>
		dim === shape.length ? Number(numbers[at++]) : Array.from({ length: shape[dim]! }, () => build(dim + 1));
	return build(0);
}

/** Where and how two results differ, as a sentence's end. */
function difference(
	ours: Plain,
	theirs: Plain,
	place: string,
	limits: Required<Pick<CheckOptions, "rtol" | "atol">>,
): string | undefined {
	const at = place === "" ? "" : `at ${place} `;
	if (Array.isArray(ours) && Array.isArray(theirs)) {
		if (ours.length !== theirs.length) return `${at}expected ${theirs.length} elements, got ${ours.length}`;
		for (const [i, part] of theirs.entries()) {
			const problem = difference(ours[i]!, part, `${place}[${i}]`, limits);
			if (problem !== undefined) return problem;
		}
		return undefined;
	}
	if (same(ours, theirs, limits)) return undefined;
	return `${at}expected ${short(theirs)}, got ${short(ours)}`;
}

function same(ours: Plain, theirs: Plain, { rtol, atol }: Required<Pick<CheckOptions, "rtol" | "atol">>): boolean {
	// `true` of a notebook is 1 of a bool tensor.
	if (typeof theirs === "boolean" && typeof ours === "number") return ours === Number(theirs);
	// Of NaN and the infinities there is no difference to take.
	if (Object.is(ours, theirs)) return true;
	if (typeof ours !== "number" || typeof theirs !== "number") return false;
	return Number.isFinite(theirs) && Math.abs(ours - theirs) <= atol + rtol * Math.abs(theirs);
}

function short(value: Plain): string {
	if (typeof value === "number") return formatNumber(value, 5);
	if (!Array.isArray(value)) return typeof value === "string" ? value : inspectText(value);
	const shown = value.slice(0, mostShown).map(short);
	if (value.length > mostShown) shown.push(`… ${value.length - mostShown} more`);
	return `[${shown.join(", ")}]`;
}
