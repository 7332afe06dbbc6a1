import { expect, test } from "vitest";
import { formatValue, parameterTable } from "../../../dist/kernel/views";
import type { TensorLike } from "../../../dist/kernel/views/engine";
import { summarise } from "../../../dist/kernel/views/statistics";
import { FakeTensor, fakeModule } from "../support/engine-like";

function linear(inputs: number, outputs: number, options: { frozen?: boolean; grad?: number } = {}) {
	const weights = Array.from({ length: inputs * outputs }, (_, i) => i % 2);
	const grad =
		options.grad === undefined
			? undefined
			: new FakeTensor(
					[outputs, inputs],
					weights.map(() => options.grad!),
				);
	const requiresGrad = !options.frozen;
	return fakeModule("Linear", {
		parameters: {
			weight: new FakeTensor([outputs, inputs], weights, { requiresGrad, grad }),
			bias: new FakeTensor([outputs], new Array(outputs).fill(9), { requiresGrad }),
		},
		forward: (x: TensorLike) => new FakeTensor([x.shape[0]!, outputs], []),
	});
}

const lines = (text: string) => text.split("\n").map((line) => line.trim().split(/ {2,}/));

test("a module's text is its own; beside it the table of its layers", () => {
	const model = fakeModule("Sequential", {
		children: { 0: linear(4, 3), 1: fakeModule("ReLU"), 2: linear(3, 2, { frozen: true }) },
	});
	const bundle = formatValue(model);
	expect(bundle["text/plain"]).toBe("Sequential()");
	expect(bundle["text/html"]).toContain("<caption>Sequential</caption>");
	const rows = lines(parameterTable(model).bundle()["text/plain"]);
	expect(rows).toEqual([
		["Sequential"],
		["layer", "kind", "parameters", "trained", "weights (mean ± std)"],
		expect.anything(),
		["0", "Linear", "15", "yes", "0.5 ± 0.52"],
		["1", "ReLU", "0"],
		["2", "Linear", "8", "frozen", "0.5 ± 0.55"],
		expect.anything(),
		["total", "23"],
		["(15 trained, 8 frozen, 92 B)"],
	]);
});

test("output shapes come from one pass in evaluation mode that leaves nothing behind", () => {
	const inner = [linear(4, 3, { grad: 0.5 }), fakeModule("Dropout"), linear(3, 2)];
	(inner[2] as { training: boolean }).training = false;
	const model = fakeModule("Sequential", { children: { first: inner[0]!, drop: inner[1]!, last: inner[2]! } });
	const text = parameterTable(model, { input: new FakeTensor([7, 4], []), caption: "Net" }).bundle()["text/plain"];
	const rows = lines(text);
	expect(rows[1]).toEqual([
		"layer",
		"kind",
		"output",
		"parameters",
		"trained",
		"weights (mean ± std)",
		"gradients (mean ± std)",
	]);
	expect(rows[3]).toEqual(["first", "Linear", "7 × 3", "15", "yes", "0.5 ± 0.52", "0.5 ± 0"]);
	expect(rows[4]).toEqual(["drop", "Dropout", "7 × 3", "0"]);
	expect(rows[5]!.slice(0, 3)).toEqual(["last", "Linear", "7 × 2"]);
	expect(inner.map((module) => module.calls)).toEqual([[false], [false], [false]]);
	expect(inner.map((module) => module.training)).toEqual([true, true, false]);
	expect(inner.map((module) => (module as unknown as { hookCount(): number }).hookCount())).toEqual([0, 0, 0]);
});

test("a pass that fails leaves the mode and no hooks", () => {
	const bad = fakeModule("Bad", {
		forward: () => {
			throw new Error("shapes do not fit");
		},
	});
	expect(() => parameterTable(bad, { input: new FakeTensor([1], [1]) })).toThrow("shapes do not fit");
	expect(bad.training).toBe(true);
	expect((bad as unknown as { hookCount(): number }).hookCount()).toBe(0);
});

test("a shared parameter is counted once", () => {
	const shared = linear(2, 2);
	const model = fakeModule("Tied", {
		children: {
			encoder: shared,
			decoder: fakeModule("View", { parameters: Object.fromEntries(shared.namedParameters()) }),
		},
	});
	const rows = lines(parameterTable(model).bundle()["text/plain"]);
	expect(rows[3]!.slice(0, 4)).toEqual(["encoder", "Linear", "6", "yes"]);
	expect(rows[4]!.slice(0, 4)).toEqual(["decoder", "View", "0", "shared"]);
	expect(rows.at(-2)!.at(-1)).toBe("6");
});

test("modules in a plain array, which belong to none, are pointed out", () => {
	const model = Object.assign(fakeModule("Net", { children: { out: linear(2, 1) } }), {
		layers: [linear(1, 1), linear(1, 1)],
		sizes: [1, 2],
	});
	expect(formatValue(parameterTable(model))["text/plain"]).toContain(
		"not seen: 2 in the plain array layers (nn.ModuleList keeps them)",
	);
	expect(formatValue(parameterTable(linear(2, 1)))["text/plain"]).not.toContain("not seen");
});

test("names from the model are escaped", () => {
	const html = String(
		parameterTable(fakeModule("<script>", { children: { "<img>": linear(1, 1) } })).bundle()["text/html"],
	);
	expect(html).not.toMatch(/<script|<img/);
});

test("statistics: mean, spread with n - 1, what is not finite apart", () => {
	const summary = summarise([Float32Array.of(1, 2, Number.NaN), [3, Number.POSITIVE_INFINITY, 6]]);
	expect(summary).toMatchObject({ count: 4, mean: 3, min: 1, max: 6, notFinite: 2 });
	expect(summary.std).toBeCloseTo(Math.sqrt(14 / 3), 12);
	expect(summary.histogram.reduce((sum, count) => sum + count, 0)).toBe(4);
	expect(summarise([[1e9 + 1, 1e9 + 3]]).std).toBeCloseTo(Math.SQRT2, 6);
	expect(summarise([]).mean).toBeNaN();
});
