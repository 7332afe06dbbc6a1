#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
	examine,
	findChromium,
	findJupyterLab,
	findSpecs,
	installInto,
	openLab,
	places,
	report,
	uninstallFrom,
} from "./install";

/*
 * The command line, `gradbook`. Each command is a few lines here; what it does stands in install/ and runner/.
 */

interface WhereOptions {
	user?: boolean;
	sysPrefix?: boolean;
	prefix?: string;
	python?: string;
}

/** The Jupyter data folder that `--user`, `--sys-prefix` or `--prefix` names. */
function jupyterFolder({ sysPrefix, prefix, python }: WhereOptions): string {
	if (prefix) return places.prefixJupyterFolder(prefix);
	if (!sysPrefix) return places.userJupyterFolder();
	const { lab, rejected } = findJupyterLab(python);
	if (!lab?.prefix) {
		const reasons = ["--sys-prefix: found no JupyterLab 4 whose Python tells its prefix", ...rejected];
		throw new Error(`${reasons.join("\n  ")}\nName the prefix itself: --prefix DIR, or the Python: --python PATH`);
	}
	return places.prefixJupyterFolder(lab.prefix);
}

function withWhere(command: Command): Command {
	return command
		.addOption(new Option("--user", "for the current user (the default)").conflicts(["sysPrefix", "prefix"]))
		.addOption(new Option("--sys-prefix", "into the environment that JupyterLab runs in").conflicts(["prefix"]))
		.addOption(new Option("--prefix <dir>", "below this folder: DIR/share/jupyter"))
		.addOption(new Option("--python <path>", "with --sys-prefix: the environment of this Python"));
}

function seconds(text: string): number {
	const value = Number(text);
	if (!(value > 0)) throw new InvalidArgumentError("Expected a number of seconds greater than 0.");
	return value;
}

interface RunFlags {
	out?: string;
	html: boolean;
	images?: boolean;
	param?: string[];
	timeout?: number;
	server?: string;
	token?: string;
}

function program(): Command {
	const { version } = JSON.parse(readFileSync(join(places.packageRoot, "package.json"), "utf8")) as { version: string };
	const gradbook = new Command("gradbook")
		.description("Deep learning in TypeScript, in notebooks: a Jupyter kernel and a tensor engine.")
		.version(version)
		.showHelpAfterError("(gradbook --help lists the commands; gradbook COMMAND --help the options of one)");

	withWhere(gradbook.command("install"))
		.description("make the kernel known to an existing JupyterLab, notebook or editor")
		.action((options: WhereOptions) => {
			const { kernel, extension } = installInto(jupyterFolder(options));
			console.log(`Kernel "TypeScript (gradbook)"   ${kernel}`);
			console.log(`Plotly renderer for JupyterLab   ${extension}`);
			console.log(
				`It runs ${places.kernelMain}\nwith ${process.execPath}; run gradbook install again when either moves.`,
			);
		});

	withWhere(gradbook.command("uninstall"))
		.description("remove what install wrote")
		.action((options: WhereOptions) => {
			const folder = jupyterFolder(options);
			const removed = uninstallFrom(folder);
			for (const name of removed) console.log(`Removed ${name}`);
			if (removed.length === 0) {
				const others = findSpecs(places.searchedFolders()).map((spec) => `\n  ${spec.folder}`);
				console.log(`Nothing of gradbook in ${folder}${others.length ? `; it is in${others.join("")}` : ""}`);
			}
		});

	gradbook
		.command("lab")
		.description("open JupyterLab on a folder, by default the project's notebooks, with the kernel in place")
		.argument("[folder]", "folder to open")
		.argument("[options...]", "further options are handed to JupyterLab, such as --no-browser --port 9999")
		.option("--python <path>", "use the JupyterLab beside this Python (or set GRADBOOK_PYTHON)")
		.allowUnknownOption()
		.addHelpText(
			"after",
			"\nJupyterLab 4 is looked for on PATH and in the project's .venv; where there is none, it is installed into .venv.",
		)
		.action(async (_folder, _rest, options: { python?: string }, command: Command) => {
			const [first, ...rest] = command.args;
			const named = first !== undefined && !first.startsWith("-");
			const args = named ? rest : command.args;
			process.exitCode = await openLab(named ? first : undefined, { ...options, args, say: console.log });
		});

	gradbook
		.command("run")
		.description("run a notebook's cells without a server; write the executed notebook and an HTML page of it")
		.argument("<notebook>", "file to run, such as notebooks/01_first_network.ipynb")
		.option("--out <dir>", "folder for what is written (default: output/ and the notebook's name)")
		.option("--no-html", "write no page")
		.option("--images", "add a PNG of every plot to the notebook, so that GitHub shows them (needs Chromium)")
		.option(
			"--param <name=value>",
			"value for a variable of the cell tagged parameters; JSON or text; may be given again",
			(text: string, earlier: string[] = []) => [...earlier, text],
		)
		.option("--timeout <seconds>", "longest time for one cell", seconds)
		.option("--server <url>", "run the cells on this Jupyter server or hub, which must have the kernel")
		.option("--token <token>", "the server's token (default: the one in the URL, or JUPYTER_TOKEN)")
		.addHelpText("after", "\nExit status: 0 where every cell ran, 1 where one failed, 130 after Ctrl-C.")
		.action(async (notebook: string, flags: RunFlags) => {
			const { out, html, images, param, timeout, server: url, token } = flags;
			// Loaded here: the other commands need no sockets.
			const { parseParameter, runCommand } = await import("./runner/index.js");
			const params = Object.fromEntries((param ?? []).map(parseParameter));
			const server = url === undefined ? undefined : { url, token };
			process.exitCode = await runCommand(notebook, {
				out,
				html,
				images,
				chromium: findChromium(),
				params,
				timeout,
				server,
			});
		});

	gradbook
		.command("doctor")
		.description("say what was found of everything gradbook builds on, and what to do about the rest")
		.action(() => {
			const { text, healthy } = report(examine());
			console.log(text);
			if (!healthy) process.exitCode = 1;
		});

	return gradbook;
}

program()
	.parseAsync()
	.catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	});
