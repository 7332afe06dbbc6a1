import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Trace types of each of plotly.js's smaller bundles (its dist/README), smallest first; the whole has all. */
const bundles: { file: string; types: readonly string[] }[] = [
	{ file: "plotly-basic.min.js", types: ["bar", "pie", "scatter"] },
	{
		file: "plotly-cartesian.min.js",
		types: [
			...["bar", "box", "contour", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image", "pie"],
			...["scatter", "scatterternary", "violin"],
		],
	},
	{
		file: "plotly-gl3d.min.js",
		types: ["cone", "isosurface", "mesh3d", "scatter", "scatter3d", "streamtube", "surface", "volume"],
	},
];

export const wholePlotly = "plotly.min.js";

/** The smallest file of plotly.js that draws all these kinds of traces. */
export function plotlyFileFor(types: Iterable<string>): string {
	const needed = [...types];
	return bundles.find((bundle) => needed.every((type) => bundle.types.includes(type)))?.file ?? wholePlotly;
}

/** Where a file of the installed plotly.js is. */
export function plotlyPath(file: string): string {
	const require = createRequire(__filename);
	return join(dirname(require.resolve("plotly.js/package.json")), "dist", file);
}

/** Browser modules of this folder as one script, each in its own function; ends by calling `entry.call`. */
export function browserScript(names: readonly string[], entry: string): string {
	const modules = names.map((name) => {
		const code = readFileSync(join(__dirname, `${name}.js`), "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
		return `${JSON.stringify(`./${name}`)}: function (exports, require) {\n${code}\n}`;
	});
	return [
		"(function () {",
		`const modules = {\n${modules.join(",\n")}\n};`,
		"const loaded = {};",
		"function require(name) {",
		"  if (!loaded[name]) { loaded[name] = {}; modules[name](loaded[name], require); }",
		"  return loaded[name];",
		"}",
		`require(${JSON.stringify(`./${names.at(-1)}`)}).${entry};`,
		"})();",
		"",
	].join("\n");
}
