// What of a chapter's outputs is worth keeping in the repository.
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";

const plotlyType = "application/vnd.plotly.v1+json";
const widgetStateType = "application/vnd.jupyter.widget-state+json";
/** Folders of whoever ran the chapter, and what stands for them. */
const folders = [
	[fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, ""), "."],
	[homedir(), "~"],
];

/**
 * The notebook with its outputs trimmed: a finished progress bar is a line of text, a plot has its numbers and its picture
 * and no third form, and no text names a folder of the machine that ran it.
 */
export function keep(notebook) {
	const state = notebook.metadata.widgets?.[widgetStateType]?.state ?? {};
	for (const output of Object.values(state).flatMap((model) => model.state?.outputs ?? [])) trim(output);
	for (const output of outputsOf(notebook)) trim(output);
	return notebook;
}

/** Plots of a notebook that have no PNG, by their texts. */
export function withoutPicture(notebook) {
	return outputsOf(notebook)
		.filter(({ data }) => data?.[plotlyType] !== undefined && data["image/png"] === undefined)
		.map(({ data }) => String(data["text/plain"]).slice(0, 60));
}

function outputsOf({ cells }) {
	return cells.flatMap((cell) => cell.outputs ?? []);
}

function trim(output) {
	if (output.text !== undefined) output.text = withoutFolders(output.text);
	const { data } = output;
	if (data === undefined) return;
	const html = data["text/html"] ?? "";
	if (data[plotlyType] !== undefined || html.startsWith('<div class="gradbook-progress"')) delete data["text/html"];
	for (const [type, value] of Object.entries(data)) {
		if (typeof value === "string" && type.startsWith("text/")) data[type] = withoutFolders(value);
	}
}

function withoutFolders(text) {
	// A home of "/", which some containers have, names nobody.
	return folders.reduce(
		(result, [folder, sign]) => (folder.length > 1 ? result.replaceAll(folder, sign) : result),
		text,
	);
}
