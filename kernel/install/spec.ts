import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelCommand } from "../command";
import { labextensionName, writeLabextension } from "../labextension/build";
import { kernelFolder, kernelMain, labExtensionsFolder, packageRoot } from "./places";

/** The kernel spec, `kernel.json`: how a Jupyter front end starts and names the kernel. */
export interface KernelSpec {
	argv: string[];
	display_name: string;
	language: string;
	interrupt_mode: "message" | "signal";
	env?: Record<string, string>;
	metadata: { gradbook?: { version: string }; [key: string]: unknown };
}

/** The spec of this installation: this Node binary running this folder's kernel, both by absolute path. */
export function kernelSpec(): KernelSpec {
	const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
	return {
		argv: [...kernelCommand(kernelMain), "{connection_file}"],
		display_name: "TypeScript (gradbook)",
		language: "typescript",
		interrupt_mode: "message",
		// The debugger's button is alive in JupyterLab only where this says so.
		metadata: { debugger: true, gradbook: { version } },
	};
}

/** What was written: folders, for the reader to see. */
export interface Installed {
	kernel: string;
	extension: string;
}

/** Writes kernel spec, logos and the Plotly extension into a Jupyter data folder, over an earlier installation. */
export function installInto(jupyterFolder: string): Installed {
	const kernel = kernelFolder(jupyterFolder);
	rmSync(kernel, { recursive: true, force: true });
	mkdirSync(kernel, { recursive: true });
	for (const logo of ["logo-svg.svg", "logo-32x32.png", "logo-64x64.png"]) {
		cpSync(join(packageRoot, "kernel", "install", "logo", logo), join(kernel, logo));
	}
	// Last, because a folder with this file is a kernel.
	writeFileSync(join(kernel, "kernel.json"), `${JSON.stringify(kernelSpec(), null, 2)}\n`);

	const extension = join(labExtensionsFolder(jupyterFolder), labextensionName);
	writeLabextension(extension);
	return { kernel, extension };
}

/** Removes what `installInto` wrote. Returns the folders removed; none where nothing was there. */
export function uninstallFrom(jupyterFolder: string): string[] {
	const extension = join(labExtensionsFolder(jupyterFolder), labextensionName);
	const folders = [kernelFolder(jupyterFolder), extension].filter((folder) => existsSync(folder));
	for (const folder of folders) rmSync(folder, { recursive: true });
	return folders;
}

/** A kernel of this name that Jupyter will find, and whether it starts this installation. */
export interface FoundSpec {
	folder: string;
	/** "ours": this installation with a Node that exists; otherwise why it is not that, for people. */
	state: "ours" | { problem: string };
}

/** Looks for the kernel in Jupyter data folders. */
export function findSpecs(jupyterFolders: string[]): FoundSpec[] {
	const folders = [...new Set(jupyterFolders)].map(kernelFolder);
	return folders
		.filter((folder) => existsSync(join(folder, "kernel.json")))
		.map((folder) => ({ folder, state: stateOf(join(folder, "kernel.json")) }));
}

function stateOf(file: string): FoundSpec["state"] {
	let argv: unknown;
	try {
		argv = (JSON.parse(readFileSync(file, "utf8")) as { argv?: unknown }).argv;
	} catch (error) {
		return { problem: `is not readable (${(error as Error).message})` };
	}
	const [node, main] = Array.isArray(argv) ? argv.filter((part) => !String(part).startsWith("--")) : [];
	if (typeof node !== "string" || typeof main !== "string") return { problem: "names no program" };
	if (!existsSync(node)) return { problem: `starts ${node}, which is gone` };
	if (!existsSync(main)) return { problem: `starts ${main}, which is gone` };
	if (main !== kernelMain) return { problem: `belongs to another installation (${main})` };
	return "ours";
}
