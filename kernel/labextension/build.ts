import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browserScript, plotlyPath, wholePlotly } from "./bundle";

/** Name under which JupyterLab knows the extension; also its folder's. */
export const labextensionName = "gradbook-plotly";

/**
 * Writes the prebuilt JupyterLab extension that draws Plotly figures into this folder, in place of an earlier one.
 * JupyterLab finds it as `labextensions/gradbook-plotly` in one of Jupyter's data folders (share/jupyter below a prefix);
 * `gradbook install` has it written there. It holds the whole of plotly.js, since a user may pass any figure to `plot`;
 * JupyterLab loads that file when the first figure is drawn.
 */
export function writeLabextension(target: string): void {
	rmSync(target, { recursive: true, force: true });
	mkdirSync(join(target, "static"), { recursive: true });

	const plotlySource = plotlyPath(wholePlotly);
	const plotlyFile = `plotly.${hash(readFileSync(plotlySource))}.min.js`;
	copyFileSync(plotlySource, join(target, "static", plotlyFile));

	const call = `register(${JSON.stringify(labextensionName)}, ${JSON.stringify(plotlyFile)})`;
	const script = browserScript(["dom", "figure", "growth", "mimeExtension", "kernels", "container"], call);
	const entry = `remoteEntry.${hash(script)}.js`;
	writeFileSync(join(target, "static", entry), script);

	const own = JSON.parse(readFileSync(join(__dirname, "../../../package.json"), "utf8")) as { version: string };
	const description = {
		name: labextensionName,
		version: own.version,
		description: "Draws Plotly figures (application/vnd.plotly.v1+json) in JupyterLab, without a network.",
		license: "MIT",
		jupyterlab: {
			extension: true,
			mimeExtension: true,
			_build: { load: `static/${entry}`, extension: "./extension", mimeExtension: "./mimeExtension" },
		},
	};
	writeFileSync(join(target, "package.json"), `${JSON.stringify(description, null, 2)}\n`);
	const install = {
		packageManager: "npm",
		packageName: "gradbook",
		uninstallInstructions: "Remove this folder.",
	};
	writeFileSync(join(target, "install.json"), `${JSON.stringify(install, null, 2)}\n`);
}

function hash(content: string | Buffer): string {
	return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
