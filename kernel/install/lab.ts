import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { findJupyterLab, findWidgetManager, type JupyterLab } from "./jupyter";
import { isClone, kernelName, packageRoot, privateJupyterFolder } from "./places";
import { installInto } from "./spec";
import { installJupyterLab, jupyterRequirement, widgetsAdvice, widgetsRequirement } from "./venv";

/** The environment and arguments that put this installation's kernel before a JupyterLab, as its default. */
export function labLaunch(folder: string): { args: string[]; env: NodeJS.ProcessEnv } {
	const privateFolder = privateJupyterFolder();
	installInto(privateFolder);
	const jupyterPath = [privateFolder, process.env.JUPYTER_PATH].filter(Boolean).join(":");
	const args = [`--ServerApp.root_dir=${folder}`, `--MultiKernelManager.default_kernel_name=${kernelName}`];
	return { args, env: { ...process.env, JUPYTER_PATH: jupyterPath } };
}

/** Folder to open where none is named: the project's notebooks, or the current folder. */
function defaultFolder(): string {
	const notebooks = join(packageRoot, "notebooks");
	return isClone && existsSync(notebooks) ? notebooks : process.cwd();
}

/**
 * Opens JupyterLab on a folder, installing it into the project's virtual environment where it is missing. Resolves, when
 * JupyterLab ends, to its exit status.
 * @param options.python a Python beside which JupyterLab stands; by default it is searched for
 * @param options.args handed to JupyterLab as they are, such as `--no-browser`
 * @throws VenvError where JupyterLab is missing and cannot be installed
 */
export async function openLab(
	folderName: string | undefined,
	options: { python?: string | undefined; args?: string[]; say: (line: string) => void },
): Promise<number> {
	const folder = resolve(folderName ?? defaultFolder());
	if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
		throw new Error(`gradbook lab: ${folder} is not a folder`);
	}
	const lab = labToUse(options.python, options.say);
	const launch = labLaunch(folder);
	const args = [...launch.args, ...(options.args ?? [])];
	if (process.getuid?.() === 0 && !args.includes("--allow-root")) {
		options.say("Running as root: adding --allow-root, without which JupyterLab refuses to start");
		args.push("--allow-root");
	}
	options.say(`JupyterLab ${lab.version} (${lab.command}) opens ${folder}`);
	if (findWidgetManager(lab.prefix) === undefined) {
		options.say(
			`It cannot show sliders and buttons (only what they stood at); to have them: ${widgetsAdvice(lab.prefix)}`,
		);
	}
	return runToEnd(lab.command, args, launch.env);
}

function labToUse(python: string | undefined, say: (line: string) => void): JupyterLab {
	const first = findJupyterLab(python);
	if (first.lab) return first.lab;
	if (first.named) {
		throw new Error(
			`gradbook lab: ${first.rejected.join("; ")}\nTo install it there: ${first.named} -m pip install "${jupyterRequirement}" "${widgetsRequirement}"`,
		);
	}
	for (const line of first.rejected) say(line);
	say("No JupyterLab 4 found.");
	installJupyterLab(say);
	const second = findJupyterLab();
	if (second.lab) return second.lab;
	throw new Error(`gradbook lab: JupyterLab was installed but is not usable\n${second.rejected.join("\n")}`);
}

/** Runs a program in this terminal. The terminal sends Ctrl-C to both; only the program may decide what it means. */
function runToEnd(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
	const child = spawn(command, args, { env, stdio: "inherit" });
	const leaveToChild = () => {};
	const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
	process.on("SIGINT", leaveToChild);
	for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, passOn);
	return new Promise((done, fail) => {
		child.on("error", (error) => fail(new Error(`gradbook lab: ${command} could not be started: ${error.message}`)));
		child.on("exit", (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
	});
}
