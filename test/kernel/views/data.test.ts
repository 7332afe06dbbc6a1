import * as torch from "gradbook";
import { formatValue } from "gradbook/display";
import { expect, test } from "vitest";
import { textOf } from "../support/html";
import { hostile } from "../support/recorder";

const { ConcatDataset, DataLoader, Dataset, Subset, TensorDataset } = torch.utils.data;

class Pictures extends Dataset<[torch.Tensor, number]> {
	readonly classes = ["shirt", hostile];
	taken = 0;
	get length(): number {
		return 1000;
	}
	get(index: number): [torch.Tensor, number] {
		this.taken++;
		return [torch.rand(1, 8, 8), index % 2];
	}
}

test("pictures with the names of their classes, and no random numbers used up", () => {
	const pictures = new Pictures();
	torch.manualSeed(1);
	const expected = torch.rand(2).tolist();
	torch.manualSeed(1);
	const bundle = formatValue(pictures);
	expect(torch.rand(2).tolist()).toEqual(expected);
	expect(pictures.taken).toBe(40);
	expect(bundle["text/plain"]).toBe("Pictures: 1,000 items of (1 × 8 × 8 float32, number)");
	const html = String(bundle["text/html"]);
	expect(html.match(/<img src="data:image\/png/g)).toHaveLength(40);
	expect(html).toContain("<figcaption>shirt</figcaption>");
	expect(html).not.toMatch(/<img src=x|<script/);
	const part = String(formatValue(new Subset(pictures, [1, 3]))["text/html"]);
	expect(part.match(/<img src="data/g)).toHaveLength(2);
	expect(part).not.toContain("shirt");
});

test("what is no picture is a table", () => {
	const rows = new TensorDataset(torch.arange(12).reshape(6, 2), torch.arange(6));
	const bundle = formatValue(rows);
	expect(bundle["text/plain"]).toBe("TensorDataset: 6 items of (2 int64, scalar int64)");
	expect(textOf(bundle["text/html"]).slice(2, 8)).toEqual(["index", "[0]", "[1]", "0", "tensor([0, 1])", "0"]);
	expect(textOf(formatValue(new ConcatDataset([rows, rows]))["text/html"])[1]).toContain("12 items");
	expect(formatValue(new Subset(rows, []))["text/plain"]).toBe("Subset: 0 items");
});

test("a loader tells how it deals out, and of what", () => {
	const data = new TensorDataset(torch.rand(50, 3), torch.arange(50));
	torch.manualSeed(1);
	const expected = torch.rand(2).tolist();
	torch.manualSeed(1);
	const text = formatValue(new DataLoader(data, { batchSize: 8, shuffle: true, dropLast: true }))["text/plain"];
	expect(torch.rand(2).tolist()).toEqual(expected);
	expect(text).toBe(
		"DataLoader: 6 batches, of 8, in the order of RandomSampler, an incomplete last one is left out; a batch is (8 × 3 float32, 8 int64)\n" +
			"  of TensorDataset: 50 items of (3 float32, scalar int64)",
	);
});

test("maps, arrays and other things with a length are no data sets", () => {
	for (const value of [new Map([[1, 2]]), [1, 2], new Float32Array(2), { length: 3 }]) {
		expect(formatValue(value)["text/html"]).toBeUndefined();
	}
});
