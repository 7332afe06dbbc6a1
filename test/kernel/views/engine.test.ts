import * as torch from "gradbook";
import { formatValue, imageGrid, liveCurve, parameterTable, plot, plotlyMimeType, withOutput } from "gradbook/display";
import { Accuracy } from "gradbook/metrics";
import { transforms } from "gradbook/vision";
import { expect, test } from "vitest";
import { Recorder } from "../support/recorder";

const { nn, optim } = torch;

/* The views with the engine's own objects: what duck typing promises must be true of them. */

test("a tensor's text is PyTorch's, its header tells of its graph", () => {
	const x = torch.ones(2, 2, { requiresGrad: true });
	expect(formatValue(x)["text/plain"]).toBe("tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)");
	expect(formatValue(x)["text/html"]).toContain("2 × 2 · float32 · cpu · requires gradient");
	expect(formatValue(x.add(1))["text/html"]).toContain("made by AddBackward0");
	expect(formatValue(torch.arange(3))["text/plain"]).toBe("tensor([0, 1, 2])");
});

test.each([
	["a tensor of no dimensions", torch.tensor(3), "tensor(3.)"],
	["a loss", torch.ones(2, { requiresGrad: true }).sum(), "tensor(2., grad_fn=<SumBackward0>)"],
	["a dtype", torch.int64, "torch.int64"],
	["a device", torch.device("cuda:1"), "device(type='cuda', index=1)"],
	["a generator", new torch.Generator().manualSeed(3), "Generator(device='cpu', seed=3)"],
	["a metric", new Accuracy({ task: "binary" }), "Accuracy()"],
	["a transform", new transforms.Compose([new transforms.ToImage()]), "Compose(\n      ToImage()\n)"],
	["a distribution", new torch.distributions.Normal(0, 1), "Normal(loc: 0.0, scale: 1.0)"],
	["an engine's part", torch.amp.GradScaler, "[class GradScaler]"],
])("%s has a text of one line or few", (_, value, text) => {
	expect(formatValue(value)["text/plain"]).toBe(text);
});

test("the edges of a large matrix are its own", () => {
	const html = String(formatValue(torch.arange(200 * 300).reshape(200, 300))["text/html"]);
	expect(html).toContain('<th scope="row">199</th><td class="n">59700</td>');
	expect(html).toContain('<td class="n">59999</td></tr></tbody>');
});

test("a network's parameter table, before and after a step", () => {
	torch.manualSeed(0);
	const model = new nn.Sequential(
		new nn.Flatten(),
		new nn.Linear(4, 3),
		new nn.ReLU(),
		new nn.Dropout(0.5),
		new nn.Linear(3, 2),
	);
	const before = formatValue(model);
	expect(before["text/plain"]).toBe(String(model));
	expect(before["text/html"]).toContain("<caption>Sequential</caption>");
	expect(before["text/html"]).not.toContain("gradients");

	const input = torch.ones(5, 2, 2);
	const table = parameterTable(model, { input }).bundle()["text/plain"];
	const rows = table.split("\n").map((line) => line.trim().split(/ {2,}/).slice(0, 4));
	expect(rows.slice(3, 8)).toEqual([
		["0", "Flatten", "5 × 4", "0"],
		["1", "Linear", "5 × 3", "15"],
		["2", "ReLU", "5 × 3", "0"],
		["3", "Dropout", "5 × 3", "0"],
		["4", "Linear", "5 × 2", "8"],
	]);
	expect(model.training).toBe(true);
	expect(table).toContain("23 trained, 92 B");

	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
	model(input).sum().backward();
	optimizer.step();
	for (const parameter of model.at(1).parameters()) parameter.requiresGrad_(false);
	const after = parameterTable(model).bundle()["text/plain"];
	expect(after).toContain("gradients (mean ± std)");
	expect(after).toMatch(/1 +Linear +15 +frozen/);
});

test("drawing a table uses up no random numbers", () => {
	const model = new nn.Sequential(new nn.Linear(4, 4), new nn.Dropout(0.5));
	torch.manualSeed(3);
	const expected = torch.rand(3).tolist();
	torch.manualSeed(3);
	parameterTable(model, { input: torch.ones(2, 4) }).bundle();
	expect(torch.rand(3).tolist()).toEqual(expected);
});

test("pictures with predictions, plots of tensors, curves of losses", () => {
	const images = torch.rand(3, 1, 4, 4);
	const grid = imageGrid(images, {
		labels: torch.tensor([0, 1, 1]),
		predictions: torch.tensor([0, 1, 0]),
		classes: ["a", "b"],
	});
	expect(grid.bundle()["text/plain"]).toContain("✓ a | ✓ b | ✗ a, not b");
	const figure = plot([{ x: torch.arange(3), y: torch.tensor([0.1, 0.2, 0.3]) }]).bundle()[plotlyMimeType];
	expect(figure).toMatchObject({ data: [{ x: [0, 1, 2], y: [0.1, 0.2, 0.3] }] });
	const curves = withOutput(new Recorder(), () => liveCurve());
	curves.add(0, { loss: torch.tensor(0.5) });
	expect(curves.figure().figure.data[0]).toMatchObject({ y: [0.5] });
});
