import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
	findSpecs,
	installInto,
	type KernelSpec,
	kernelSpec,
	places,
	uninstallFrom,
} from "../../../dist/kernel/install";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-spec-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kernelJson = () => join(folder, "kernels", "gradbook", "kernel.json");

describe("kernel spec", () => {
	test("starts this Node with this installation's kernel, by absolute paths, and is interrupted by message", () => {
		expect(kernelSpec()).toMatchObject({
			argv: [process.execPath, "--no-force-async-hooks-checks", places.kernelMain, "{connection_file}"],
			display_name: "TypeScript (gradbook)",
			language: "typescript",
			interrupt_mode: "message",
		});
		expect(places.kernelMain).toMatch(/^\/.*\/dist\/kernel\/main\.js$/);
	});

	test("is written with its logos, over an earlier installation, and removed without a trace", () => {
		mkdirSync(join(folder, "kernels", "gradbook"), { recursive: true });
		writeFileSync(join(folder, "kernels", "gradbook", "left-over.js"), "");
		writeFileSync(kernelJson(), "{");
		const { kernel, extension } = installInto(folder);
		expect(kernel).toBe(join(folder, "kernels", "gradbook"));
		expect(JSON.parse(readFileSync(kernelJson(), "utf8"))).toEqual(JSON.parse(JSON.stringify(kernelSpec())));
		expect(existsSync(join(kernel, "left-over.js"))).toBe(false);
		expect(readFileSync(join(kernel, "logo-svg.svg"), "utf8")).toContain("<svg");
		for (const [name, size] of [
			["logo-32x32.png", 32],
			["logo-64x64.png", 64],
		] as const) {
			const png = readFileSync(join(kernel, name));
			expect([png.readUInt32BE(16), png.readUInt32BE(20)], name).toEqual([size, size]);
		}
		expect(readFileSync(join(extension, "package.json"), "utf8")).toContain('"jupyterlab"');
		expect(uninstallFrom(folder)).toEqual([kernel, extension]);
		expect(existsSync(kernel)).toBe(false);
		expect(uninstallFrom(folder)).toEqual([]);
	});

	test("of this installation is recognised", () => {
		expect(findSpecs([folder])).toEqual([]);
		installInto(folder);
		expect(findSpecs([folder, folder])).toEqual([{ folder: join(folder, "kernels", "gradbook"), state: "ours" }]);
	});

	test.each<[string, string[], RegExp]>([
		["a Node that is gone", ["/gone/node", places.kernelMain], /starts \/gone\/node, which is gone/],
		["a kernel that is gone", [process.execPath, "/gone/main.js"], /starts \/gone\/main\.js, which is gone/],
		["another installation", [process.execPath, process.execPath], /belongs to another installation/],
		["no program", [], /names no program/],
	])("with %s is told from it", (_, argv, problem) => {
		installInto(folder);
		const spec = JSON.parse(readFileSync(kernelJson(), "utf8")) as KernelSpec;
		writeFileSync(kernelJson(), JSON.stringify({ ...spec, argv }));
		expect(findSpecs([folder])[0]?.state).toEqual({ problem: expect.stringMatching(problem) });
	});

	test("that is no JSON is told from it", () => {
		installInto(folder);
		writeFileSync(kernelJson(), "{");
		expect(findSpecs([folder])[0]?.state).toEqual({ problem: expect.stringMatching(/not readable/) });
	});
});
