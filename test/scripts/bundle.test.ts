import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/* The bundle, unpacked as on a machine that has nothing: no PATH, another home, another folder. */

const root = join(__dirname, "..", "..");
const packer = spawnSync("xz", ["--version"]).status === 0 && process.platform === "linux";

describe.skipIf(!packer)("npm run bundle", () => {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-unpacked-"));
	const archive = join(folder, "bundle.tar.xz");
	const bundle = join(folder, "gradbook");
	afterAll(() => rmSync(folder, { recursive: true }));

	const gradbook = (args: string[], more: Record<string, string> = {}) => {
		const environment = { PATH: "", HOME: join(folder, "home"), GRADBOOK_HISTORY: "off", ...more };
		const answer = spawnSync(join(bundle, "gradbook"), args, { cwd: bundle, env: environment, encoding: "utf8" });
		return { status: answer.status, out: answer.stdout, err: answer.stderr };
	};

	beforeAll(() => {
		mkdirSync(join(folder, "home"));
		const made = ["scripts/bundle.mjs", "--quick", "--output", archive];
		execFileSync(process.execPath, made, { cwd: root, stdio: "pipe" });
		execFileSync("tar", ["xf", archive, "-C", folder]);
	}, 1_200_000);

	test("is one archive whose size tells of less than 60 MB with full compression, and holds nothing of what only builds need", () => {
		expect(statSync(archive).size).toBeLessThan(66e6);
		for (const gone of ["node_modules/@biomejs", "node_modules/playwright-core", "node_modules/node-gyp"])
			expect(existsSync(join(bundle, gone))).toBe(false);
	});

	test("its doctor finds Node and the addon of the bundle, and the engine compiled ahead", () => {
		const { status, out, err } = gradbook(["doctor"]);
		expect(err).toBe("");
		expect(status).toBe(0);
		expect(out).toContain(`(${join(bundle, "bin", "node")})`);
		expect(out).toContain(join(bundle, "build", "Release", "gradbook.node"));
		expect(out).toMatch(/^ok +engine +compiled ahead/m);
		expect(out).toMatch(/^absent +CUDA/m);
	});

	test("computes", () => {
		const program = 'const torch = require("gradbook"); console.log(String(torch.ones(2).add(1)));';
		expect(gradbook(["node", "-e", program])).toEqual({ status: 0, out: "tensor([2., 2.])\n", err: "" });
	});

	test("runs a notebook, with types, a decorator and a plot", () => {
		const source = [
			'import * as torch from "gradbook";',
			'import { plot } from "gradbook/display";',
			"const logged = (f: () => number, _: ClassMethodDecoratorContext) => f;",
			"class Two { @logged two() { return torch.ones(2).sum().item(); } }",
			"console.log(new Two().two());",
			"plot([{ y: [1, 2, 3] }])",
		];
		const cell = {
			cell_type: "code",
			id: "a",
			metadata: {},
			source: source.join("\n"),
			outputs: [],
			execution_count: null,
		};
		const kernelspec = { name: "gradbook", display_name: "TypeScript" };
		const notebook = join(folder, "tried.ipynb");
		writeFileSync(
			notebook,
			JSON.stringify({ cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }),
		);
		const { status, out, err } = gradbook(["run", notebook, "--out", join(folder, "out")]);
		expect(status, out + err).toBe(0);
		const [{ outputs }] = JSON.parse(readFileSync(join(folder, "out", "tried.ipynb"), "utf8")).cells;
		expect(outputs[0].text).toEqual(["2\n"]);
		expect(Object.keys(outputs[1].data)).toContain("application/vnd.plotly.v1+json");
		expect(readFileSync(join(folder, "out", "tried.html"), "utf8")).toContain("Plotly");
	}, 120_000);

	test("test:cuda says that there is no card; the suite is there", () => {
		const { status, err } = gradbook(["test:cuda"], { GRADBOOK_LIBCUDA: "off" });
		expect(status).toBe(1);
		expect(err).toContain("test:cuda: no card to test on: NVIDIA's driver is switched off by GRADBOOK_LIBCUDA=off");
		expect(existsSync(join(bundle, "test", "engine", "ops", "reference.test.ts"))).toBe(true);
		expect(gradbook(["node", "node_modules/vitest/vitest.mjs", "--version"]).out).toMatch(/^vitest\//);
	});

	test("bench cuda says that there is no card", () => {
		const { status, err } = gradbook(["bench", "cuda"], { GRADBOOK_LIBCUDA: "off" });
		expect(status).toBe(2);
		expect(err).toContain("bench: cuda cannot run here: NVIDIA's driver is switched off by GRADBOOK_LIBCUDA=off");
	});
});
