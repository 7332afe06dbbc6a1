import * as torch from "gradbook";
import { computationGraph, formatValue } from "gradbook/display";
import { describe, expect, test } from "vitest";
import { textOf } from "../support/html";
import { hostile } from "../support/recorder";

const { nn } = torch;
const scalar = (value: number) => torch.tensor(value, { requiresGrad: true });

describe("of an expression", () => {
	test("z = 2 * (a - b) + c: operations, values, gradients", () => {
		const [a, b, c] = [scalar(1), scalar(2), scalar(0.5)];
		const z = a.sub(b).mul(2).add(c);
		const bundle = computationGraph(z, { names: { a, b, c, z } }).bundle();
		expect(bundle["text/plain"].split("\n")).toEqual([
			"Computation graph of 3 operations",
			"  a: 1; gradient 2",
			"  b: 2; gradient -2",
			"  SubBackward0 of (a, b): scalar; gradient 2",
			"  MulBackward0 of (SubBackward0): scalar; gradient 1",
			"  c: 0.5; gradient 1",
			"  AddBackward0 of (MulBackward0, c): z: scalar; gradient 1",
			"  z of (AddBackward0): -1.5",
		]);
		const svg = String(bundle["text/html"]);
		expect(svg.match(/<rect /g)).toHaveLength(7);
		expect(svg.match(/<path d="M/g)).toHaveLength(2 * 6);
		expect(svg).toContain('role="img" aria-label="Computation graph of 3 operations');
		expect(textOf(svg).slice(0, 3)).toEqual(["a", "1", "gradient 2"]);
	});

	test("leaves everything as it was: gradients, hooks, the graph", () => {
		const x = scalar(3);
		let calls = 0;
		const y = x.mul(x);
		y.registerHook(() => void calls++);
		x.registerHook(() => void calls++);
		y.retainGrad();
		const z = y.add(1);
		computationGraph(z).bundle();
		expect([x.grad, y.grad, calls]).toEqual([null, null, 0]);
		z.backward();
		expect([x.grad!.item(), y.grad!.item(), calls]).toEqual([6, 1, 2]);
	});

	test("shared values are drawn once, saved tensors by their shapes", () => {
		const x = torch.ones(2, 3, { requiresGrad: true });
		const y = x.mul(x);
		const text = computationGraph(y.add(y).sum()).bundle()["text/plain"];
		expect(text).toContain("MulBackward0 of (leaf, leaf): 2 × 3; saved 2 × 3, 2 × 3; gradient ‖4.9‖");
		expect(text).toContain("AddBackward0 of (MulBackward0, MulBackward0): 2 × 3; gradient ‖2.4‖");
		expect(text.match(/MulBackward0 of/g)).toHaveLength(1);
	});

	test("after backward() the reason why shapes are missing is told", () => {
		const x = scalar(2);
		const y = x.mul(x).exp();
		y.backward();
		const { "text/plain": text, "text/html": html } = computationGraph(y).bundle();
		expect(text).toContain("leaf: 2; grad 218");
		expect(text).toContain("(backward() has freed what the operations saved");
		expect(html).toContain("backward() has freed");
	});

	test("a long chain ends at the limit, and says so", () => {
		let y = scalar(1);
		for (let i = 0; i < 20_000; i++) y = y.add(1);
		const text = computationGraph(y, { limit: 10 }).bundle()["text/plain"];
		expect(text).toContain("Computation graph of 10 operations");
		expect(text).toContain("(only the last 10 operations are drawn; {limit} draws more)");
	});
});

test("a gradFn shows its graph", () => {
	const y = scalar(1).exp();
	expect(formatValue(y.gradFn)["text/plain"]).toBe(
		"Computation graph of 1 operation\n  leaf: 1\n  ExpBackward0 of (leaf): saved scalar",
	);
});

test("of a model: parameters by name, the input, nothing changed", () => {
	torch.manualSeed(2);
	const model = new nn.Sequential(new nn.Linear(3, 2), new nn.BatchNorm1d(2), new nn.Dropout(0.5));
	const state = JSON.stringify(model.stateDict(), (_, value) => value?.tolist?.() ?? value);
	const random = torch.rand(1).item();
	torch.manualSeed(2);
	for (const parameter of new nn.Linear(3, 2).parameters()) parameter.grad = null;
	const view = computationGraph(model, { input: torch.ones(4, 3) });
	expect(torch.rand(1).item()).toBe(random);
	expect(JSON.stringify(model.stateDict(), (_, value) => value?.tolist?.() ?? value)).toBe(state);
	expect(model.parameters().every((parameter) => parameter.grad === null)).toBe(true);
	expect(model.at(2).training).toBe(true);
	const lines = view.bundle()["text/plain"].split("\n");
	expect(lines.filter((line) => /^ {2}(input|\d\.\w+|result)/.test(line)).map((line) => line.split(";")[0])).toEqual([
		...["  input: 4 × 3", "  0.weight: 2 × 3", "  0.bias: 2", "  1.weight: 2", "  1.bias: 2"],
		"  result of (NativeBatchNormBackward0): 4 × 2",
	]);
});

test("names are escaped", () => {
	const a = scalar(1);
	const html = String(computationGraph(a.exp(), { names: { [hostile]: a } }).bundle()["text/html"]);
	expect(html).not.toMatch(/<img|<script/);
});

test.each([
	[() => computationGraph(torch.ones(2)), "nothing was recorded for this tensor of shape 2"],
	[() => computationGraph(new nn.Linear(1, 1)), "a model's graph is recorded when it is called: give {input: x}"],
	[() => computationGraph(new nn.ReLU(), { input: torch.arange(2) }), "returned no tensor with a graph"],
	[() => computationGraph(3 as never), "expected a tensor, a gradFn, or a model"],
])("bad input is named: %#", (act, message) => {
	expect(act).toThrow(message);
});
