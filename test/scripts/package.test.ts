import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(__dirname, "..", "..");

/** A project that has the package among its dependencies. */
let project: string;
beforeAll(() => {
	project = mkdtempSync(join(tmpdir(), "gradbook-user-"));
	mkdirSync(join(project, "node_modules"));
	symlinkSync(root, join(project, "node_modules", "gradbook"));
});
afterAll(() => rmSync(project, { recursive: true }));

function run(...args: string[]) {
	const result = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8", timeout: 60_000 });
	return { status: result.status, out: result.stdout, err: result.stderr };
}

const program = (importing: string) => `
${importing}
const x = torch.tensor([1, 2, 3], { requiresGrad: true });
x.mul(x).sum().backward();
console.log(x.grad.tolist().join(), typeof datasets.FashionMNIST, typeof plot);
`;

test("a CommonJS program requires it", () => {
	writeFileSync(
		join(project, "main.cjs"),
		program(`const torch = require("gradbook");
const { datasets } = require("gradbook/vision");
const { plot } = require("gradbook/display");`),
	);
	expect(run("main.cjs")).toEqual({ status: 0, out: "2,4,6 function function\n", err: "" });
});

test("an ES module imports it, by name and as a whole", () => {
	writeFileSync(
		join(project, "main.mjs"),
		program(`import * as torch from "gradbook";
import { nn, tensor } from "gradbook";
import { datasets } from "gradbook/vision";
import { plot } from "gradbook/display";
if (torch.tensor !== tensor || torch.nn !== nn) throw new Error("two of them");`),
	);
	expect(run("main.mjs")).toEqual({ status: 0, out: "2,4,6 function function\n", err: "" });
});

test.each([
	["nodenext", "nodenext"],
	["preserve", "bundler"],
])("a TypeScript program with modules %s finds its types", { timeout: 60_000 }, (module, moduleResolution) => {
	writeFileSync(
		join(project, "main.mts"),
		`import * as torch from "gradbook";
import { datasets } from "gradbook/vision";
import { plot } from "gradbook/display";
const x: torch.Tensor = torch.rand(3, 4).matmul(torch.ones(4, 2));
const model = new torch.nn.Sequential(new torch.nn.Linear(2, 1));
plot([{ y: model(x).flatten().tolist() as number[] }]);
// @ts-expect-error: sizes are numbers
torch.rand("3");
// @ts-expect-error: no such option
new torch.nn.Linear(2, 1, { bais: false });
export const name: string = datasets.FashionMNIST.name;
`,
	);
	const options = { module, moduleResolution, target: "es2023", strict: true, noEmit: true, types: ["node"] };
	const typeRoots = [join(root, "node_modules", "@types")];
	writeFileSync(
		join(project, "tsconfig.json"),
		JSON.stringify({ compilerOptions: { ...options, typeRoots }, files: ["main.mts"] }),
	);
	const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
	expect(run(compiler, "-p", "tsconfig.json")).toEqual({ status: 0, out: "", err: "" });
});

test("what npm packs is what an installation needs, and no more", { timeout: 60_000 }, () => {
	const packing = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
		cwd: root,
		encoding: "utf8",
		// Its own is in the home folder, which may be read-only or missing.
		env: { ...process.env, npm_config_cache: join(project, "npm") },
	});
	expect(packing.status, packing.stderr).toBe(0);
	const [{ files }] = JSON.parse(packing.stdout) as [{ files: { path: string }[] }];
	const paths = files.map((file) => file.path);
	for (const needed of [
		"dist/engine/index.js",
		"dist/engine/index.d.ts",
		"dist/engine/modules.pack",
		"dist/engine/vision/index.d.ts",
		"dist/kernel/views/index.d.ts",
		"dist/kernel/main.js",
		"dist/kernel/cli.js",
		"engine/native/binding/addon.cc",
		"scripts/build-addon.mjs",
		"kernel/install/logo/logo-svg.svg",
		"LICENSE",
		"README.md",
	]) {
		expect(paths).toContain(needed);
	}
	const folders = new Set(paths.map((path) => path.split("/")[0]));
	expect([...folders].sort()).toEqual(
		["LICENSE", "README.md", "binding.gyp", "dist", "engine", "kernel", "package.json", "scripts"].sort(),
	);
	expect(paths.filter((path) => /\.(node|o|ipynb|code)$/.test(path))).toEqual([]);
});
