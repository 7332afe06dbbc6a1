import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/*
 * The process of TypeScript's language server. Imports nothing heavy: the kernel launches it before it loads anything else,
 * since most of a cold start is this process's first check.
 */

export interface LaunchOptions {
	/** Where the notebook lies. */
	folder: string;
	/** The folder of our package.json, whose `typescript` is used. */
	packageRoot: string;
}

let early: ChildProcess | undefined;

/** Starts a server for the first `launch`. What goes wrong is told there. */
export function launchEarly(options: LaunchOptions): void {
	try {
		early = start(options);
		early.on("error", () => undefined);
	} catch {
		early = undefined;
	}
}

/** A server's process, new or started early. Throws where the platform's package is missing. */
export function launch(options: LaunchOptions): ChildProcess {
	const started = early;
	early = undefined;
	return started?.exitCode === null && started.pid !== undefined ? started : start(options);
}

function start({ folder, packageRoot }: LaunchOptions): ChildProcess {
	return spawn(executable(packageRoot), ["--lsp", "--stdio"], {
		cwd: existsSync(folder) ? folder : undefined,
		stdio: ["pipe", "pipe", "pipe"],
		// A start makes little garbage and much that stays: collecting less often saves a sixth of its time.
		env: { GOGC: "400", GOMEMLIMIT: "400MiB", ...process.env },
	});
}

/** The native program in the package that `typescript` chose for this platform. */
function executable(packageRoot: string): string {
	const typescript = createRequire(join(packageRoot, "package.json")).resolve("typescript/package.json");
	const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
	let folder: string;
	try {
		folder = dirname(createRequire(typescript).resolve(`${platform}/package.json`));
	} catch {
		throw new Error(
			`${platform}, which holds TypeScript's language server for this platform, is not installed. Run npm ci again, without --omit=optional.`,
		);
	}
	return join(folder, "lib", process.platform === "win32" ? "tsc.exe" : "tsc");
}
