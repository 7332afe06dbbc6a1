import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { standinLibrary } from "./standin";

/*
 * Our declarations of NVIDIA's libraries against the headers and libraries themselves, of CUDA 12 or 13, where they are installed:
 * in the tests' Python, or in the site-packages that GRADBOOK_NVIDIA names (those of a PyTorch for CUDA serve).
 */

const root = join(__dirname, "..", "..");

/** Every `nvidia/*` folder of Python packages that is to be looked at. */
function packages(): string[] {
	const python = process.env.GRADBOOK_PYTHON ?? join(root, ".venv", "bin", "python");
	const lib = join(python, "..", "..", "lib");
	const own = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python3")) : [];
	const sites = [process.env.GRADBOOK_NVIDIA, ...own.map((name) => join(lib, name, "site-packages"))];
	return sites.flatMap((site) => {
		const folder = site === undefined ? "" : join(site, "nvidia");
		return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
	});
}

const folders = packages();
const includes = folders.map((folder) => join(folder, "include")).filter((folder) => existsSync(folder));

function library(name: RegExp): string | undefined {
	return folders
		.map((folder) => join(folder, "lib"))
		.filter((folder) => existsSync(folder))
		.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
		.find((file) => name.test(file));
}

/** Rows of the table of the driver's functions, as headers/driver.cc reads them. */
function driverRows(): string {
	const text = readFileSync(join(root, "engine", "native", "cuda", "api", "driver.h"), "utf8").replace(/\\\n/g, " ");
	const rows = [...text.matchAll(/X\(\w+, "(\w+)",\s*(\([^)]*\))\)/g)];
	expect(rows.length).toBeGreaterThan(40);
	return rows.map(([, name, parameters]) => `CHECK(${name}, ${parameters})\n`).join("");
}

test.skipIf(!includes.some((folder) => existsSync(join(folder, "cuda.h"))))(
	"driver: our declarations are NVIDIA's",
	{ timeout: 120_000 },
	() => {
		const folder = mkdtempSync(join(tmpdir(), "gradbook-headers-"));
		try {
			writeFileSync(join(folder, "rows.inc"), driverRows());
			const flags = ["-std=c++17", "-w", "-fsyntax-only", `-I${folder}`, `-I${join(root, "engine", "native")}`];
			const source = join(__dirname, "headers", "driver.cc");
			const answer = spawnSync(process.env.CXX ?? "c++", [...flags, ...includes.map((path) => `-I${path}`), source], {
				encoding: "utf8",
			});
			expect(answer.stderr).toBe("");
			expect(answer.status).toBe(0);
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
);

const cases = [
	{ name: "cublas", header: "cublasLt.h", library: library(/libcublasLt\.so\.\d+$/) },
	{ name: "cudnn", header: "cudnn.h", library: library(/libcudnn\.so\.\d+$/) },
	{ name: "cusolver", header: "cusolverDn.h", library: library(/libcusolver\.so\.\d+$/) },
	{ name: "cudnn_rnn", header: "cudnn.h", library: library(/libcudnn\.so\.\d+$/) },
];

for (const { name, header, library } of cases) {
	const there = library !== undefined && includes.some((folder) => existsSync(join(folder, header)));
	const reason = there ? "" : ` (needs ${header} and its library: GRADBOOK_NVIDIA names a site-packages that has them)`;
	test.skipIf(!there)(`${name}: our declarations are NVIDIA's${reason}`, { timeout: 120_000 }, () => {
		const folder = mkdtempSync(join(tmpdir(), "gradbook-headers-"));
		try {
			const program = join(folder, name);
			const source = join(__dirname, "headers", `${name}.cc`);
			const flags = ["-std=c++17", "-w", `-I${join(root, "engine", "native")}`, ...includes.map((path) => `-I${path}`)];
			execFileSync(process.env.CXX ?? "c++", [...flags, source, "-o", program, "-ldl"], { stdio: "pipe" });
			const answer = spawnSync(program, [library!, standinLibrary()], { encoding: "utf8" });
			expect(answer.stdout).toBe("");
			expect(answer.status).toBe(0);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
}
