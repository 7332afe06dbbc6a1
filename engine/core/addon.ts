import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The package's own folder: the nearest one above this file whose package.json is gradbook's. */
function packageRoot(): string {
	for (let folder = __dirname; ; folder = dirname(folder)) {
		const file = join(folder, "package.json");
		if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "gradbook") return folder;
		if (dirname(folder) === folder) throw new Error(`gradbook: no package.json of gradbook stands above ${__dirname}`);
	}
}

const HOW_TO_BUILD = "Build it with: npm run build:addon (needs a C++17 compiler), in gradbook's folder";

/** Loads build/Release/gradbook.node; the error says how to build it. */
export function loadAddon(): unknown {
	const root = packageRoot();
	const file = join(root, "build", "Release", "gradbook.node");
	if (!existsSync(file))
		throw new Error(`gradbook: the native addon is missing at ${file}. ${HOW_TO_BUILD} (${root}).`);
	try {
		return require(file);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new Error(`gradbook: the native addon ${file} does not load: ${reason}. ${HOW_TO_BUILD} (${root}).`, {
			cause,
		});
	}
}
