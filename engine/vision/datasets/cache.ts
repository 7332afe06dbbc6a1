import os from "node:os";
import path from "node:path";

/**
 * The folder that data sets go to where none is named: `GRADBOOK_DATA`, else the user's cache folder (on Linux
 * `$XDG_CACHE_HOME` or `~/.cache`, on macOS `~/Library/Caches`) under `gradbook/data`. Never the folder of a notebook.
 */
export function defaultRoot(
	env: NodeJS.ProcessEnv = process.env,
	platform: NodeJS.Platform = process.platform,
	home: string = os.homedir(),
): string {
	if (env.GRADBOOK_DATA) return path.resolve(env.GRADBOOK_DATA);
	if (platform === "darwin") return path.join(home, "Library", "Caches", "gradbook", "data");
	// The XDG rules say that a relative path there is to be ignored.
	const cache = env.XDG_CACHE_HOME;
	return path.join(cache && path.isAbsolute(cache) ? cache : path.join(home, ".cache"), "gradbook", "data");
}
