import { spawnSync } from "node:child_process";
import { accessSync, closeSync, constants, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { labExtensionsFolder, ownVenv, searchedFolders } from "./places";

/** A JupyterLab that can be started. */
export interface JupyterLab {
	/** Program `jupyter-lab`. */
	command: string;
	/** For example "4.6.6". */
	version: string;
	/** `sys.prefix` of its Python, where that could be found out. */
	prefix: string | undefined;
	/** Where it came from, for people. */
	source: string;
}

/** What was looked at and why it did not serve, for people. */
export interface JupyterSearch {
	lab: JupyterLab | undefined;
	/** The Python beside which alone was searched, where one was named. */
	named: string | undefined;
	rejected: string[];
}

/** Whether the file is there and may be run. */
export function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile();
	} catch {
		return false;
	}
}

/** First program of one of these names on PATH. */
export function onPath(...names: string[]): string | undefined {
	for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
		const found = names.map((name) => join(folder, name)).find(isExecutable);
		if (found) return found;
	}
	return undefined;
}

/** A Chromium or Chrome: the one that the environment variable GRADBOOK_CHROMIUM names, else on PATH. */
export function findChromium(): string | undefined {
	const onMac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
	return (
		process.env.GRADBOOK_CHROMIUM ||
		onPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable") ||
		[onMac].find(isExecutable)
	);
}

/**
 * Looks for JupyterLab 4: that of the Python named by `python` or by the environment variable GRADBOOK_PYTHON and no
 * other where one is named; else on PATH; else in the project's own virtual environment.
 */
export function findJupyterLab(python?: string): JupyterSearch {
	const named = python || process.env.GRADBOOK_PYTHON || undefined;
	const own = join(ownVenv(), "bin", "jupyter-lab");
	const candidates: { command: string | undefined; source: string }[] = named
		? [{ command: join(dirname(named), "jupyter-lab"), source: `beside ${named}` }]
		: [
				{ command: onPath("jupyter-lab"), source: "on PATH" },
				{ command: own, source: "the project's own virtual environment" },
			];
	const rejected: string[] = [];
	for (const { command, source } of candidates) {
		if (!command || !isExecutable(command)) {
			if (named) rejected.push(`${command} is not there (its Python was named by GRADBOOK_PYTHON or --python)`);
			continue;
		}
		const { version, prefix, problem } = askPython(command) ?? askScript(command);
		if (!version) rejected.push(`${command} does not run: ${problem}`);
		else if (Number.parseInt(version, 10) < 4) rejected.push(`${command} is JupyterLab ${version}; 4 is needed`);
		else return { lab: { command, version, prefix, source }, named, rejected };
	}
	return { lab: undefined, named, rejected };
}

/** The prebuilt extension of ipywidgets' front end, where JupyterLab would find it. */
export function findWidgetManager(prefix: string | undefined): string | undefined {
	return searchedFolders(prefix)
		.map((folder) => join(labExtensionsFolder(folder), "@jupyter-widgets/jupyterlab-manager"))
		.find((folder) => existsSync(join(folder, "package.json")));
}

interface Answer {
	version?: string | undefined;
	prefix?: string | undefined;
	problem?: string;
}

/** Asks the Python that the script names: a tenth of a second, where starting JupyterLab for its version takes seconds. */
function askPython(script: string): Answer | undefined {
	const python = interpreterOf(script);
	if (!python) return undefined;
	const program = "import sys, importlib.metadata as m; print(m.version('jupyterlab')); print(sys.prefix)";
	const answer = spawnSync(python, ["-c", program], { encoding: "utf8", timeout: 30_000 });
	const [version, prefix] = (answer.stdout ?? "").split("\n");
	return answer.status === 0 && version ? { version, prefix } : undefined;
}

/** Asks the script itself, which may be a shim, and a Python that lies beside it. */
function askScript(script: string): Answer {
	const answer = spawnSync(script, ["--version"], { encoding: "utf8", timeout: 120_000 });
	const version = /^\d+\.\d+\S*/m.exec(answer.stdout ?? "")?.[0];
	const problem = firstLine(answer.error?.message ?? answer.stderr);
	const python = ["python3", "python"].map((name) => join(dirname(script), name)).find(isExecutable);
	const told =
		python && spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8", timeout: 30_000 });
	return { version, prefix: told && told.status === 0 ? told.stdout.trim() : undefined, problem };
}

/** The Python that a script's first lines name; undefined for a shim that only finds the real script. */
function interpreterOf(script: string): string | undefined {
	const buffer = Buffer.alloc(1024);
	const file = openSync(realpathSync(script), "r");
	const length = readSync(file, buffer, 0, buffer.length, 0);
	closeSync(file);
	const [first = "", second = ""] = buffer.toString("utf8", 0, length).split("\n");
	// pip writes `'''exec' "/a long/path/python" "$0" "$@"` under `#!/bin/sh` where the path does not fit into a `#!` line.
	const line =
		first === "#!/bin/sh" ? (/'''exec' "?([^"]+?)"? "\$0"/.exec(second)?.[1] ?? "") : first.replace(/^#!\s*/, "");
	return /python[\d.]*$/.test(line) && line.startsWith("/") ? line : undefined;
}

/** First line of a program's complaint. */
export function firstLine(text: string | null | undefined): string {
	return (text ?? "").trim().split("\n")[0] || "no output";
}
