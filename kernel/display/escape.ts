const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe as HTML or SVG text and as a quoted attribute value. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** JSON that may stand inside a `<script>` element: no sequence in it can end the element. */
export function scriptJson(value: unknown): string {
	return JSON.stringify(value)
		.replace(/</g, "\\u003c")
		.replace(/\u2028/g, "\\u2028")
		.replace(/\u2029/g, "\\u2029");
}

// CSI sequences, OSC sequences (hyperlinks, titles) and single escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const ansi = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;

/** Text without the terminal's colours and links. */
export function stripAnsi(text: string): string {
	return text.replace(ansi, "");
}
