// Small helpers of build-addon.mjs: hashing, reading a compiler's dependency file, running it, the user's cache.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";

/** SHA-256 of the parts, kept apart from each other. */
export function hashOf(parts) {
	const hash = createHash("sha256");
	for (const part of parts) {
		hash.update(`${part.length}:`);
		hash.update(part);
	}
	return hash.digest("hex");
}

/** SHA-256 of names (relative to `root`) and contents. A file that is gone counts as such. */
export function hashOfFiles(files, root) {
	return hashOf(files.flatMap((file) => [relative(root, file), existsSync(file) ? readFileSync(file) : "(none)"]));
}

/** Files named in a make rule as `-MMD` writes it; the system's own headers are not among them. */
export function dependencies(file) {
	if (!existsSync(file)) return [];
	const rule = readFileSync(file, "utf8").replaceAll("\\\n", " ");
	return rule
		.slice(rule.indexOf(": ") + 2)
		.split(/(?<!\\)\s+/)
		.filter(Boolean)
		.map((name) => name.replaceAll("\\ ", " "));
}

/** Runs a command; resolves to its output. The error carries what the command printed. */
export function run(command, args, { verbose = false, what = command } = {}) {
	if (verbose) console.log([command, ...args].join(" "));
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
		let text = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
		child.on("error", (error) => reject(new Error(`${what} failed: ${error.message}`)));
		child.on("close", (code, signal) => {
			if (code !== 0) {
				reject(new Error(`${what} failed (${signal ?? `exit status ${code}`}):\n${text}`));
				return;
			}
			// Warnings of a successful compilation are worth reading.
			if (text.includes("warning:")) console.error(text.trimEnd());
			resolve(text);
		});
	});
}

/** How many finished addons the user's cache keeps. */
const KEPT = 12;

/** The place of one finished addon in the user's cache (`~/.cache/gradbook/addon`), and what can be done with it. */
export function userCache(id) {
	const setting = process.env.GRADBOOK_CACHE;
	if (setting === "off") return { file: "", has: () => false, touch() {}, store() {} };
	const base =
		process.platform === "darwin"
			? join(homedir(), "Library", "Caches")
			: process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
	const file = join(setting || join(base, "gradbook"), "addon", `${id.slice(0, 32)}.node`);
	return {
		file,
		has: () => existsSync(file),
		touch() {
			const now = new Date();
			utimesSync(file, now, now);
		},
		/** Keeping a copy is a convenience: a full or read-only disk must not fail a build that has succeeded. */
		store(addon) {
			try {
				mkdirSync(dirname(file), { recursive: true });
				copyFileSync(addon, `${file}.${process.pid}`);
				renameSync(`${file}.${process.pid}`, file);
				forgetOldest(dirname(file));
			} catch (error) {
				console.log(`gradbook addon: not kept in the cache (${error.message})`);
			}
		},
	};
}

function forgetOldest(folder) {
	const files = readdirSync(folder).map((name) => join(folder, name));
	const newestFirst = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
	for (const file of newestFirst.slice(KEPT)) rmSync(file, { force: true });
}
