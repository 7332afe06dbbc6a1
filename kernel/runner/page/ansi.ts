import { escapeHtml } from "../../display/escape";

/* Terminal colours as HTML: tracebacks and whatever a cell prints in colour. */

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

interface Style {
	foreground?: string;
	background?: string;
	bold?: boolean;
	italic?: boolean;
	underline?: boolean;
}

/** Text with SGR sequences as `<span>`s of classes `ansi-red`, `ansi-bold` and so on; other sequences are left out. */
export function ansiToHtml(text: string): string {
	let style: Style = {};
	let result = "";
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
	const parts = text.split(/(\u001b\[[0-?]*[ -/]*[@-~])/);
	for (const [index, part] of parts.entries()) {
		if (index % 2 === 0) result += span(part, style);
		else if (part.endsWith("m")) style = changed(style, part.slice(2, -1).split(";").map(Number));
	}
	return result;
}

function span(text: string, style: Style): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters have no place in a page.
	const content = escapeHtml(text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ""));
	if (content === "") return "";
	const classes = [
		...(style.bold ? ["ansi-bold"] : []),
		...(style.italic ? ["ansi-italic"] : []),
		...(style.underline ? ["ansi-underline"] : []),
		...(style.foreground?.startsWith("ansi") ? [style.foreground] : []),
	];
	const colours = [
		...(style.foreground?.startsWith("#") ? [`color:${style.foreground}`] : []),
		...(style.background === undefined ? [] : [`background:${style.background}`]),
	];
	if (classes.length === 0 && colours.length === 0) return content;
	const look = `${classes.length > 0 ? ` class="${classes.join(" ")}"` : ""}${colours.length > 0 ? ` style="${colours.join(";")}"` : ""}`;
	return `<span${look}>${content}</span>`;
}

function changed(before: Style, codes: number[]): Style {
	let style = { ...before };
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i]!;
		if (code === 0) style = {};
		else if (code === 1) style.bold = true;
		else if (code === 3) style.italic = true;
		else if (code === 4) style.underline = true;
		else if (code === 22) style.bold = false;
		else if (code === 23) style.italic = false;
		else if (code === 24) style.underline = false;
		else if (code >= 30 && code <= 37) style.foreground = `ansi-${names[code - 30]}`;
		else if (code >= 90 && code <= 97) style.foreground = `ansi-${names[code - 90]}`;
		else if (code === 39) style.foreground = undefined;
		else if (code === 49) style.background = undefined;
		else if (code === 38 || code === 48) {
			const [colour, length] = extended(codes, i + 1);
			if (code === 38) style.foreground = colour;
			else style.background = colour;
			i += length;
		}
	}
	return style;
}

/** `38;5;n` and `38;2;r;g;b`: the colour, and how many numbers told it. */
function extended(codes: number[], at: number): [colour: string | undefined, length: number] {
	const hex = (parts: number[]) => `#${parts.map((part) => (part & 255).toString(16).padStart(2, "0")).join("")}`;
	if (codes[at] === 2) return [hex(codes.slice(at + 1, at + 4)), 4];
	if (codes[at] !== 5) return [undefined, 1];
	const index = codes[at + 1] ?? 0;
	if (index < 16) return [`ansi-${names[index % 8]}`, 2];
	if (index >= 232) return [hex(new Array(3).fill(8 + (index - 232) * 10)), 2];
	const level = (part: number) => (part === 0 ? 0 : 55 + part * 40);
	const cube = index - 16;
	return [hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level)), 2];
}
