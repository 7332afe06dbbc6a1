// Finds a C++17 compiler, or says how to get one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./build-tools.mjs";

const PROBE =
	"#include <optional>\n#include <thread>\nint main() { std::optional<int> x = 1; if (auto y = *x; y) return 0; }\n";

const ADVICE = `To install one:
  Debian, Ubuntu   sudo apt install g++
  Fedora           sudo dnf install gcc-c++
  Arch             sudo pacman -S gcc
  Alpine           sudo apk add g++
  macOS            xcode-select --install
  conda            conda install -c conda-forge cxx-compiler
A compiler elsewhere is named by the environment variable CXX. Then run: npm ci`;

function onPath(name) {
	const folders = name.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter);
	return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** Whether `command` compiles a small C++17 program; the reason where it does not. */
function tryCompiler([command, ...args]) {
	const options = { input: PROBE, encoding: "utf8" };
	const result = spawnSync(command, [...args, "-std=c++17", "-fsyntax-only", "-x", "c++", "-"], options);
	if (result.status === 0) return undefined;
	const text = result.stderr?.trim() || result.error?.message || `exit status ${result.status}`;
	return text.split("\n").slice(0, 3).join("\n      ");
}

/**
 * The compiler to build with: `CXX` where it is set, else the first of c++, g++ and clang++ that compiles C++17.
 * `command` starts it, `version` identifies it (its whole version text), `title` is for people.
 */
export async function findCompiler() {
	const named = process.env.CXX?.trim();
	const candidates = named ? [named.split(/\s+/)] : [["c++"], ["g++"], ["clang++"]];
	const problems = [];
	for (const candidate of candidates) {
		const [command, ...args] = candidate;
		if (!onPath(command)) {
			problems.push(`  ${command}: not found`);
			continue;
		}
		const problem = tryCompiler(candidate);
		if (problem) {
			problems.push(`  ${candidate.join(" ")}: does not compile C++17\n      ${problem}`);
			continue;
		}
		const version = await run(command, [...args, "--version"]);
		return { command, args, version, title: version.split("\n")[0].trim() };
	}
	const looked = named ? "the compiler named by CXX" : "a C++17 compiler";
	throw new Error(
		`gradbook builds its addon when it is installed and could not use ${looked}:\n${problems.join("\n")}\n${ADVICE}`,
	);
}
