import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "./jupyter";
import { ownVenv } from "./places";

/** JupyterLab as pip is asked for it. */
export const jupyterRequirement = "jupyterlab>=4,<5";
/** The front end of widgets in JupyterLab; of ipywidgets only this part is wanted. */
export const widgetsRequirement = "jupyterlab_widgets>=3,<4";

/** How JupyterLab gets the front end of widgets. */
export function widgetsAdvice(prefix: string | undefined): string {
	return `${prefix === undefined ? "python3" : join(prefix, "bin", "python3")} -m pip install "${widgetsRequirement}"`;
}

/** Said wherever JupyterLab cannot be had: what works all the same. */
export const withoutJupyter =
	"Without JupyterLab, a chapter runs from the command line and needs neither Python nor network:\n" +
	"  npm run notebook notebooks/01_first_network.ipynb";

/** Why JupyterLab could not be installed and what to do; its message is for people. */
export class VenvError extends Error {
	override name = "VenvError";
}

/**
 * Makes the project's own virtual environment and installs JupyterLab into it, saying what is done. pip's own lines are
 * shown. An environment left incomplete by an earlier attempt is used again.
 * @throws VenvError where there is no Python, no `venv` module, or pip does not reach its index.
 */
export function installJupyterLab(say: (line: string) => void): void {
	const folder = ownVenv();
	const python = join(folder, "bin", "python");
	if (!existsSync(python)) {
		const base = onPath("python3", "python");
		if (!base) {
			throw new VenvError(
				`JupyterLab is a Python program, and there is no Python 3 on PATH.\nInstall Python 3.10 or newer and run npm start again.\n${withoutJupyter}`,
			);
		}
		say(`Making a virtual environment in ${folder} (with ${base})`);
		const made = spawnSync(base, ["-m", "venv", folder], { encoding: "utf8" });
		if (made.status !== 0) {
			rmSync(folder, { recursive: true, force: true });
			throw new VenvError(
				`${base} could not make a virtual environment:\n${indent(made.error?.message ?? `${made.stdout}${made.stderr}`)}\nOn Debian and Ubuntu: sudo apt install python3-venv. Then run npm start again.\n${withoutJupyter}`,
			);
		}
	}
	say(`Installing ${jupyterRequirement} into ${folder} with pip (about 100 MB)`);
	const args = [
		"-m",
		"pip",
		"install",
		"--disable-pip-version-check",
		"--progress-bar",
		"off",
		"-q",
		jupyterRequirement,
		widgetsRequirement,
	];
	const installed = spawnSync(python, args, { stdio: ["ignore", "inherit", "inherit"] });
	if (installed.status !== 0) {
		throw new VenvError(
			`pip could not install JupyterLab (its own words stand above). Is there a network, or an index that pip may use?\nA JupyterLab that is already installed elsewhere is used when its Python is named: GRADBOOK_PYTHON=/path/to/python npm start\n${withoutJupyter}`,
		);
	}
}

function indent(text: string): string {
	return text.trim().replaceAll(/^/gm, "  ");
}
