import * as torch from "gradbook";
import { formatValue } from "gradbook/display";
import { expect, test } from "vitest";
import { textOf } from "../support/html";

const { nn, optim } = torch;

test("an optimiser shows PyTorch's text, its groups, and after a step what it remembers", () => {
	torch.manualSeed(0);
	const model = new nn.Linear(3, 2);
	const optimizer = new optim.Adam([{ params: [model.weight], lr: 0.1 }, { params: [model.bias!] }], { lr: 0.01 });
	const before = formatValue(optimizer);
	expect(before["text/plain"]).toBe(String(optimizer));
	expect(textOf(before["text/html"])).toEqual([
		...["Adam", "group", "tensors", "parameters", "lr", "betas", "eps", "weightDecay"],
		...["0", "1", "6", "0.1", "[ 0.9, 0.999 ]", "1e-8", "0"],
		...["1", "1", "2", "0.01", "[ 0.9, 0.999 ]", "1e-8", "0"],
	]);
	model(torch.ones(1, 3)).sum().backward();
	optimizer.step();
	model.bias!.requiresGrad_(false);
	const after = textOf(formatValue(optimizer)["text/html"]);
	expect(after.slice(0, 5)).toEqual(["Adam", "group", "tensors", "parameters", "trained"]);
	expect(after.slice(after.indexOf("State of 2 tensors"))).toEqual([
		...["State of 2 tensors", "remembered", "tensors", "value", "memory"],
		...["step", "2", "1"],
		...["expAvg", "2", "2 tensors, as 2 × 3", "32 B"],
		...["expAvgSq", "2", "2 tensors, as 2 × 3", "32 B"],
		...["total", "64 B"],
	]);
});
