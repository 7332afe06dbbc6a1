import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Fetches one package with the user's own npm client and its settings into `scratch` and returns the package's folder.
 * Scripts of the package are not run.
 */
export async function fetchNpmPackage(spec: string, scratch: string, command = npmCommand()): Promise<string> {
	const [file, ...first] = command;
	// Without a package.json of its own npm would go looking for one in the folders above.
	await writeFile(path.join(scratch, "package.json"), '{"private":true}\n');
	const options = [
		"--no-save",
		"--ignore-scripts",
		"--no-audit",
		"--no-fund",
		"--no-package-lock",
		"--no-progress",
		"--no-update-notifier",
		"--no-workspaces",
		"--prefer-offline",
		"--loglevel=error",
		// npm's own patience (two more tries, a minute apart) is too long for somebody who waits at a notebook.
		"--fetch-retries=1",
		"--fetch-retry-mintimeout=1000",
		"--fetch-retry-maxtimeout=3000",
		"--fetch-timeout=60000",
	];
	const args = [...first, "install", spec, `--prefix=${scratch}`, ...options];
	const { status, stderr } = await run(file!, args, scratch);
	const folder = path.join(scratch, "node_modules", spec.slice(0, spec.lastIndexOf("@")));
	if (status === 0 && existsSync(folder)) return folder;
	const what = `npm install ${spec}`;
	if (status === 0) throw new Error(`${what} succeeded without a folder ${folder}`);
	throw new Error(`${what} failed: ${essence(stderr) || `exit status ${status}`}`);
}

/** How to start npm: the client that started this process, the one beside this Node, or the one on the PATH. */
export function npmCommand(env: NodeJS.ProcessEnv = process.env, node = process.execPath): string[] {
	const beside = path.join("lib", "node_modules", "npm", "bin", "npm-cli.js");
	const candidates = [
		...(env.npm_execpath && path.basename(env.npm_execpath) === "npm-cli.js" ? [env.npm_execpath] : []),
		...new Set(
			[node, existsSync(node) ? realpathSync(node) : node].map((file) =>
				path.resolve(path.dirname(file), "..", beside),
			),
		),
	];
	const script = candidates.find((candidate) => existsSync(candidate));
	return script === undefined ? ["npm"] : [node, script];
}

function run(file: string, args: string[], cwd: string): Promise<{ status: number; stderr: string }> {
	return new Promise((resolve, reject) => {
		const child = spawn(file, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
		let stderr = "";
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-8_000);
		});
		child.on("error", (error: NodeJS.ErrnoException) => {
			reject(error.code === "ENOENT" ? new Error(`the npm client was not found (${file})`) : error);
		});
		child.on("close", (status, signal) => resolve({ status: status ?? -1, stderr: stderr || (signal ?? "") }));
	});
}

/** What went wrong: npm's own sentence, without its advice and the name of its log. */
function essence(stderr: string): string {
	const lines = stderr
		.split("\n")
		.map((line) => line.replace(/^npm (error|ERR!)\s?/, "").trim())
		.filter((line) => line !== "" && !/^at |complete log of this run|_logs/.test(line));
	const details = /^(code|syscall|errno|address|port|path|dest|signal|command)\b/;
	const sentences = lines.filter((line) => !details.test(line));
	return (sentences.length > 0 ? sentences : lines).slice(0, 2).join("; ");
}
