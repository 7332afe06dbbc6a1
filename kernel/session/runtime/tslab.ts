import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { LooseBundle } from "../../display/format";
import { currentOutput } from "../../display/output";

/*
 * What `import * as tslab from "tslab"` gives in a cell: tslab's public functions, over this kernel's output. tslab's
 * own module cannot serve: it loads TypeScript 5 and writes to tslab's sockets.
 */

export interface Display {
	javascript(source: string): void;
	html(source: string): void;
	markdown(source: string): void;
	latex(source: string): void;
	svg(source: string): void;
	png(bytes: Uint8Array): void;
	jpeg(bytes: Uint8Array): void;
	gif(bytes: Uint8Array): void;
	pdf(bytes: Uint8Array): void;
	text(source: string): void;
	/** Shows data of any MIME type. */
	raw(contentType: string, data: string | Uint8Array): void;
}

const read = createRequire(__filename);
const versionOf = (name: string) =>
	(JSON.parse(readFileSync(read.resolve(`${name}/package.json`), "utf8")) as { version: string }).version;

/** The version strings of tslab and its dependencies. */
export const versions = { tslab: versionOf("tslab"), typescript: versionOf("typescript"), node: process.version };

/** Utility functions to display rich contents. */
export const display: Display = makeDisplay(undefined);

/** A display whose contents are replaced each time something is shown with it. */
export function newDisplay(): Display {
	return makeDisplay(randomUUID());
}

function makeDisplay(displayId: string | undefined): Display {
	let shown = false;
	const raw = (contentType: string, data: string | Uint8Array) => {
		const output = currentOutput();
		if (output === undefined) throw new Error("tslab.display: nothing can be shown outside a cell");
		const encoded = typeof data === "string" ? data : Buffer.from(data).toString("base64");
		const bundle = { "text/plain": `[${contentType}]`, [contentType]: encoded } satisfies LooseBundle;
		if (displayId !== undefined && shown) output.update(displayId, bundle);
		else output.display(bundle, { displayId });
		shown = true;
	};
	const of = (contentType: string) => (data: string | Uint8Array) => raw(contentType, data);
	return {
		javascript: of("text/javascript"),
		html: of("text/html"),
		markdown: of("text/markdown"),
		latex: of("text/latex"),
		svg: of("image/svg+xml"),
		png: of("image/png"),
		jpeg: of("image/jpeg"),
		gif: of("image/gif"),
		pdf: of("application/pdf"),
		text: of("text/plain"),
		raw,
	};
}
