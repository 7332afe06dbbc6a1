import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labextensionName, writeLabextension } from "../../../dist/kernel/labextension/build";
import { plotlyFileFor, plotlyPath } from "../../../dist/kernel/labextension/bundle";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
	writeLabextension(join(folder, labextensionName));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (...names: string[]) => join(folder, labextensionName, ...names);
const description = () =>
	JSON.parse(readFileSync(file("package.json"), "utf8")) as {
		name: string;
		jupyterlab: { _build: Record<string, string> };
	};

test("what JupyterLab looks for is there, and what it names exists", () => {
	const { name, jupyterlab } = description();
	expect(name).toBe("gradbook-plotly");
	expect(jupyterlab._build).toEqual({
		load: expect.stringMatching(/^static\/remoteEntry\.[0-9a-f]{16}\.js$/),
		extension: "./extension",
		mimeExtension: "./mimeExtension",
	});
	const names = readdirSync(file("static")).sort();
	expect(names).toEqual([
		expect.stringMatching(/^plotly\.[0-9a-f]{16}\.min\.js$/),
		jupyterlab._build.load!.slice("static/".length),
	]);
	// The entry is read by every page of JupyterLab, plotly.js only by those with a figure.
	expect(statSync(file("static", names[1]!)).size).toBeLessThan(30_000);
});

test("written again, the folder holds the same and nothing older", () => {
	const before = readdirSync(file("static"));
	writeLabextension(file());
	expect(readdirSync(file("static"))).toEqual(before);
});

test("the entry is a federation container that gives a renderer", async () => {
	const element = () => ({ classList: { add() {} }, appendChild() {}, style: {}, clientWidth: 0 });
	const scripts: { src: string; onload(): void }[] = [];
	let purged = 0;
	const targets: unknown[] = [];
	const drawn: { data: unknown; layout: Record<string, unknown> }[] = [];
	const page: Record<string, unknown> = {
		document: {
			currentScript: { src: "http://host/lab/extensions/gradbook-plotly/static/remoteEntry.js?v=1" },
			body: {},
			head: { appendChild: (script: (typeof scripts)[0]) => scripts.push(script) },
			createElement: (tag: string) => (tag === "script" ? {} : element()),
		},
		getComputedStyle: () => ({ getPropertyValue: (name: string) => (name.includes("font-color1") ? " #abcdef" : "") }),
		addEventListener() {},
		structuredClone,
		setTimeout: () => 0,
		MutationObserver: class {
			observe() {}
		},
		ResizeObserver: class {
			observe() {}
			disconnect() {}
		},
	};
	runInNewContext(readFileSync(file(description().jupyterlab._build.load!), "utf8"), page);
	const container = (
		page._JUPYTERLAB as Record<string, { init(scope: object): void; get(name: string): Promise<() => unknown> }>
	)["gradbook-plotly"]!;

	class Widget {
		readonly node: unknown;
		readonly isDisposed = false;
		constructor(options: { node: unknown }) {
			this.node = options.node;
		}
		dispose() {}
	}
	await expect(container.get("./mimeExtension")).rejects.toThrow("shares no @lumino/widgets");
	const shared = (module: object) => ({ "2.5.0": { get: async () => () => module } });
	container.init({
		"@lumino/widgets": shared({ Widget }),
		"@jupyterlab/notebook": shared({ INotebookTracker: "notebooks" }),
		"@jupyterlab/console": shared({ IConsoleTracker: "consoles" }),
	});
	const plugin = (await container.get("./extension"))() as { default: object };
	expect(plugin.default).toMatchObject({ id: "gradbook-plotly:growing-figures", autoStart: true });
	expect([...(plugin.default as { optional: string[] }).optional]).toEqual(["notebooks", "consoles"]);
	await expect(container.get("./other")).rejects.toThrow('gradbook-plotly has no module "./other"');
	const { default: extension } = (await container.get("./mimeExtension"))() as {
		default: {
			rank: number;
			dataType: string;
			rendererFactory: { mimeTypes: string[]; createRenderer(): { renderModel(model: object): Promise<void> } };
		};
	};
	expect(extension).toMatchObject({ rank: 0, dataType: "json", rendererFactory: { safe: true } });
	expect([...extension.rendererFactory.mimeTypes]).toEqual(["application/vnd.plotly.v1+json"]);

	// The first figure loads plotly.js from beside the entry; an update draws on the same node.
	const figure = { data: [{ y: [1] }], layout: { title: { text: "T" } } };
	const renderer = extension.rendererFactory.createRenderer();
	const rendering = renderer.renderModel({ data: { "application/vnd.plotly.v1+json": figure } });
	await Promise.resolve();
	expect(scripts.map((script) => script.src)).toEqual([
		expect.stringMatching(/^http:\/\/host\/lab\/extensions\/gradbook-plotly\/static\/plotly\.[0-9a-f]{16}\.min\.js$/),
	]);
	page.Plotly = {
		react: async (target: unknown, data: unknown, layout: Record<string, unknown>) => {
			targets.push(target);
			drawn.push({ data, layout });
		},
		Plots: { resize: async () => {} },
		purge: () => purged++,
	};
	scripts[0]!.onload();
	await rendering;
	await renderer.renderModel({ data: { "application/vnd.plotly.v1+json": { data: [{ y: [1, 2] }] } } });
	expect(scripts.length).toBe(1);
	expect(drawn.map(({ data }) => data)).toEqual([[{ y: [1] }], [{ y: [1, 2] }]]);
	expect(targets[1]).toBe(targets[0]);
	expect(drawn[0]!.layout).toMatchObject({
		title: { text: "T" },
		height: 420,
		autosize: true,
		template: { layout: { font: { color: "#abcdef" }, paper_bgcolor: "rgba(0, 0, 0, 0)" } },
	});
	// A figure in a named place takes over what was drawn there, for as long as it waits.
	const place = { metadata: { gradbook_place: "area 0" } };
	const inArea = () => extension.rendererFactory.createRenderer() as unknown as typeof renderer & { dispose(): void };
	const show = (one: typeof renderer) =>
		one.renderModel({ data: { "application/vnd.plotly.v1+json": figure }, ...place });
	targets.length = 0;
	const first = inArea();
	await show(first);
	first.dispose();
	await show(inArea());
	await show(inArea());
	expect(targets[1]).toBe(targets[0]);
	expect(targets[2]).not.toBe(targets[0]);
	expect(purged).toBe(0);
	const alone = inArea();
	await alone.renderModel({ data: { "application/vnd.plotly.v1+json": figure } });
	alone.dispose();
	await Promise.resolve();
	expect(purged).toBe(1);
	// What belongs to the notebook is left as it was.
	expect(figure).toEqual({ data: [{ y: [1] }], layout: { title: { text: "T" } } });
});

test("a page gets the smallest of plotly.js's files that draws its traces", () => {
	expect(plotlyFileFor(["scatter", "bar"])).toBe("plotly-basic.min.js");
	expect(plotlyFileFor(["scatter", "heatmap"])).toBe("plotly-cartesian.min.js");
	expect(plotlyFileFor(["surface", "scatter3d"])).toBe("plotly-gl3d.min.js");
	expect(plotlyFileFor(["surface", "heatmap"])).toBe("plotly.min.js");
	expect(plotlyFileFor([])).toBe("plotly-basic.min.js");
});

test("plotly.js's own description of its files agrees with the table of traces", () => {
	const readme = readFileSync(plotlyPath("README.md"), "utf8");
	for (const [name, types] of [
		["basic", ["bar", "pie", "scatter"]],
		["cartesian", ["heatmap", "contour", "violin", "histogram2dcontour"]],
		["gl3d", ["surface", "mesh3d", "isosurface"]],
	] as const) {
		const line = readme.split("\n").find((text) => text.includes(`\`${name}\` partial bundle contains trace modules`));
		expect(line).toBeDefined();
		for (const type of types) {
			expect(line).toContain(`\`${type}\``);
			expect(plotlyFileFor([type])).not.toBe("plotly.min.js");
		}
	}
});
