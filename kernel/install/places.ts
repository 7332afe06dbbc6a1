import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve, sep } from "node:path";

/*
 * Where this installation's own files are, and where Jupyter looks for kernels. Nothing here reads or writes.
 */

/** The package's folder: of the clone, or of `node_modules/gradbook`. */
export const packageRoot = resolve(__dirname, "..", "..", "..");

/** The program that a kernel spec starts. */
export const kernelMain = join(packageRoot, "dist", "kernel", "main.js");

/** The compiled addon. */
export const addonFile = join(packageRoot, "build", "Release", "gradbook.node");

/** Name of the kernel: of its folder, and of `metadata.kernelspec.name` in notebooks. */
export const kernelName = "gradbook";

/** Whether this is a clone to work in, rather than a package that npm put into somebody's node_modules. */
export const isClone = !packageRoot.split(sep).includes("node_modules");

/** Folder for what may be made again at any time. */
export function cacheFolder(): string {
	const base =
		process.platform === "darwin"
			? join(homedir(), "Library", "Caches")
			: process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
	return join(base, "gradbook");
}

/**
 * A Jupyter data folder of this installation alone. It is handed to JupyterLab by `JUPYTER_PATH`, so that starting it
 * writes nothing into the user's own Jupyter folders.
 */
export function privateJupyterFolder(): string {
	const id = createHash("sha256").update(packageRoot).digest("hex").slice(0, 12);
	return join(cacheFolder(), "jupyter", id);
}

/** The virtual environment that `gradbook lab` makes where it finds no JupyterLab; GRADBOOK_VENV names another folder. */
export function ownVenv(): string {
	if (process.env.GRADBOOK_VENV) return resolve(process.env.GRADBOOK_VENV);
	return isClone ? join(packageRoot, ".venv") : join(cacheFolder(), "venv");
}

/** Jupyter's data folder of the current user (`jupyter --data-dir` without asking Python). */
export function userJupyterFolder(): string {
	if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
	if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
	return join(process.env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

/** Jupyter's data folder below an installation prefix, such as that of a virtual environment. */
export function prefixJupyterFolder(prefix: string): string {
	return join(resolve(prefix), "share", "jupyter");
}

/** Folder of the kernel spec in a Jupyter data folder. */
export function kernelFolder(jupyterFolder: string): string {
	return join(jupyterFolder, "kernels", kernelName);
}

/** Folder of JupyterLab's prebuilt extensions in a Jupyter data folder. */
export function labExtensionsFolder(jupyterFolder: string): string {
	return join(jupyterFolder, "labextensions");
}

/**
 * Jupyter data folders, first found first: those of JUPYTER_PATH, the user's, that of a Python's prefix where one is
 * known, and the system's.
 */
export function searchedFolders(prefix?: string): string[] {
	const fromEnvironment = (process.env.JUPYTER_PATH ?? "").split(":").filter(Boolean);
	const prefixes = [...(prefix ? [prefix] : []), "/usr/local", "/usr"];
	return [...fromEnvironment, userJupyterFolder(), ...prefixes.map(prefixJupyterFolder)];
}
