import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { defaultRoot } from "../../dist/engine/vision/datasets/cache";
import { needs, pathOf } from "../support/requirements";

/** A JupyterLab that `gradbook lab` has started for a test. */
export interface LabServer {
	/** With a slash at its end. */
	url: string;
	token: string;
	/** What the server has printed so far. */
	log(): string;
	/** Shuts down the server and its kernels and removes every folder made for it. */
	close(): Promise<void>;
}

const cli = resolve(__dirname, "..", "..", "dist", "kernel", "cli.js");

/** Settings without which a first start shows questions of its own over the notebook, or asks the network for news. */
const settings = {
	"@jupyterlab/apputils-extension/notification.jupyterlab-settings": { checkForUpdates: false, fetchNews: "false" },
	// Cells outside the window stay in the page, so that a test finds them.
	"@jupyterlab/notebook-extension/tracker.jupyterlab-settings": { windowingMode: "none" },
};

/**
 * Starts `gradbook lab` on a folder: a real server on a free port, with folders of its own for whatever Jupyter
 * configures and remembers, so that nothing of the user's is read or written.
 */
export async function startLab(folder: string): Promise<LabServer> {
	const home = mkdtempSync(join(tmpdir(), "gradbook-lab-"));
	const inHome = (name: string) => {
		const made = join(home, name);
		mkdirSync(made, { recursive: true });
		return made;
	};
	const runtime = inHome("runtime");
	const settingsFolder = inHome("settings");
	for (const [name, value] of Object.entries(settings)) {
		mkdirSync(dirname(join(settingsFolder, name)), { recursive: true });
		writeFileSync(join(settingsFolder, name), JSON.stringify(value));
	}
	const token = "a-token-for-one-test";
	const python = join(dirname(pathOf(needs.jupyterlab)), "python3");
	const args = [cli, "lab", folder, "--python", python, "--no-browser", "--ServerApp.port=0"];
	args.push(`--IdentityProvider.token=${token}`, "--LabApp.extension_manager=readonly", "--LabApp.news_url=None");
	// The page's own commands, for what would take a test too long by menus: `jupyterapp.commands`.
	args.push("--LabApp.expose_app_in_browser=True");
	const child = spawn(process.execPath, args, {
		env: {
			...process.env,
			JUPYTER_PATH: "",
			XDG_CACHE_HOME: inHome("cache"),
			// But the data sets need not be fetched anew.
			GRADBOOK_DATA: defaultRoot(),
			JUPYTER_CONFIG_DIR: inHome("config"),
			JUPYTER_DATA_DIR: inHome("data"),
			JUPYTER_RUNTIME_DIR: runtime,
			JUPYTERLAB_SETTINGS_DIR: settingsFolder,
			JUPYTERLAB_WORKSPACES_DIR: inHome("workspaces"),
			IPYTHONDIR: inHome("ipython"),
		},
		stdio: ["ignore", "pipe", "pipe"],
	});
	let text = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
	const close = async () => {
		await end(child);
		rmSync(home, { recursive: true, force: true });
	};
	try {
		const url = await urlOf(runtime, child, () => text);
		return { url, token, log: () => text, close };
	} catch (error) {
		await close();
		throw error;
	}
}

/** The server writes its address to `jpserver-PID.json` when it listens. */
async function urlOf(runtime: string, child: ChildProcess, log: () => string): Promise<string> {
	for (let waited = 0; waited < 60_000; waited += 100) {
		const file = readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name));
		// The file is there before its text is.
		const text = file === undefined ? "" : readFileSync(join(runtime, file), "utf8");
		if (text.trimEnd().endsWith("}")) return (JSON.parse(text) as { url: string }).url;
		if (child.exitCode !== null) break;
		await pause(100);
	}
	throw new Error(`gradbook lab did not start (exit status ${child.exitCode}):\n${log()}`);
}

/** SIGTERM goes through `gradbook lab` to the server, which ends its kernels first. */
async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exited = new Promise((done) => child.once("exit", done));
	child.kill("SIGTERM");
	const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
	await exited;
	clearTimeout(late);
}
