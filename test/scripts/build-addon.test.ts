import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { onPath } from "../../dist/kernel/install";

const root = resolve(__dirname, "..", "..");
const addon = () => join(project, "build", "Release", "gradbook.node");

/** A project with the real build scripts and two small sources, and a folder that is all of PATH. */
let project: string;
let bin: string;
beforeEach(() => {
	project = mkdtempSync(join(tmpdir(), "gradbook-build-"));
	bin = join(project, "bin");
	mkdirSync(bin);
	cpSync(join(root, "scripts"), join(project, "scripts"), { recursive: true });
	symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
	source("one.cc", '#include "shared.h"\nextern "C" int one() { return NUMBER; }\n');
	source("sub/two.cc", 'extern "C" int two() { return 2; }\n');
	source("shared.h", "#define NUMBER 1\n");
});
afterEach(() => rmSync(project, { recursive: true }));

function source(name: string, text: string): void {
	const file = join(project, "engine", "native", name);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}

function build(env: Record<string, string> = {}) {
	const inherited = { PATH: bin, HOME: project, GRADBOOK_CACHE: "off", ...env };
	const script = join(project, "scripts", "build-addon.mjs");
	const result = spawnSync(process.execPath, [script], { env: inherited, encoding: "utf8", timeout: 60_000 });
	return { status: result.status, out: result.stdout, err: result.stderr };
}

/** The machine's compiler and what it calls, but no Python and no make: those a build must not need. */
function withCompiler(): void {
	for (const tool of ["c++", "as", "ld", "ld.lld", "xcrun"]) {
		const found = onPath(tool);
		if (found) symlinkSync(found, join(bin, tool));
	}
}

test("builds with a compiler alone, then only what changed", () => {
	withCompiler();
	const first = build();
	expect(first).toMatchObject({ status: 0, err: "" });
	expect(first.out).toMatch(/2 C\+\+ files/);
	expect(first.out).toMatch(/compiled 2 of 2, linked/);
	expect(readFileSync(addon()).includes("two")).toBe(true);

	expect(build().out).toBe("gradbook addon: up to date\n");

	source("shared.h", "#define NUMBER 3\n");
	expect(build().out).toMatch(/compiled 1 of 2, linked/);

	source("three.cc", 'extern "C" int three() { return 3; }\n');
	expect(build().out).toMatch(/compiled 1 of 3, linked/);
	expect(build({ CXXFLAGS: "-DOTHER" }).out).toMatch(/compiled 3 of 3, linked/);
});

test("a second clone of the same sources takes the finished addon from the user's cache", () => {
	withCompiler();
	const cache = { GRADBOOK_CACHE: join(project, "cache") };
	expect(build(cache).out).toMatch(/compiled 2 of 2/);
	const built = readFileSync(addon());
	rmSync(join(project, "build"), { recursive: true });
	expect(build(cache).out).toContain("built earlier from the same sources");
	expect(readFileSync(addon()).equals(built)).toBe(true);
	source("one.cc", 'extern "C" int one() { return 5; }\n');
	expect(build(cache).out).toMatch(/linked/);
});

test("a source that does not compile fails with the compiler's words and leaves no stale addon behind as current", () => {
	withCompiler();
	expect(build().status).toBe(0);
	source("sub/two.cc", 'extern "C" int two() { return nothing; }\n');
	const broken = build();
	expect(broken.status).toBe(1);
	expect(broken.err).toContain("compiling engine/native/sub/two.cc failed");
	expect(broken.err).toContain("nothing");
	expect(build().status, "and fails again").toBe(1);
	source("sub/two.cc", 'extern "C" int two() { return 4; }\n');
	expect(build().status).toBe(0);
});

test("without a compiler it fails and says what to install", () => {
	const { status, err } = build();
	expect(status).toBe(1);
	expect(err).toContain("c++: not found");
	expect(err).toContain("sudo apt install g++");
	expect(err).toContain("xcode-select --install");
	expect(err).toContain("npm ci");
});

test("a compiler named by CXX that does not serve is named, with its own words", () => {
	const compiler = join(bin, "old-compiler");
	writeFileSync(compiler, "#!/bin/sh\necho 'unrecognised option -std=c++17' >&2\nexit 1\n", { mode: 0o755 });
	// By its name: CXX is a command with its arguments, and a folder may have spaces.
	const { status, err } = build({ CXX: "old-compiler", PATH: [bin, "/bin"].join(delimiter) });
	expect(status).toBe(1);
	expect(err).toContain("could not use the compiler named by CXX");
	expect(err).toContain("unrecognised option -std=c++17");
});
