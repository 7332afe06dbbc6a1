import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as torch from "../../../dist/engine";
import { transforms as T } from "../../../dist/engine/vision";
import { transformBatch } from "../../../dist/engine/vision/transforms/transform";

/* torchvision's own results: test/reference/vision.py made vision.json. */

interface Plain {
	dtype: string;
	shape: number[];
	data: number[];
}

interface Case {
	name: string;
	text: string;
	seed: number;
	input: Plain;
	output: Plain;
	after: number[];
}

const file = path.resolve(__dirname, "../../reference/vision.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

const toFloat = () => new T.ToDtype(torch.float32, { scale: true });
const transforms: Record<string, () => T.Transform> = {
	toDtypeScale: toFloat,
	toDtype: () => new T.ToDtype(torch.float32),
	toDtypeUint8Int32: () => new T.ToDtype(torch.int32, { scale: true }),
	toDtypeUint8Int64: () => new T.ToDtype(torch.int64, { scale: true }),
	toDtypeFloatUint8: () => new T.ToDtype(torch.uint8, { scale: true }),
	toDtypeInt32Uint8: () => new T.ToDtype(torch.uint8, { scale: true }),
	toDtypeFloat64: () => new T.ToDtype(torch.float64, { scale: true }),
	normalize: () => new T.Compose([toFloat(), new T.Normalize([0.5], [0.25])]),
	normalizeColour: () => new T.Normalize([0.1, 0.2, 0.3], [0.5, 2.0, 0.7]),
	horizontalFlip: () => new T.RandomHorizontalFlip(),
	verticalFlip: () => new T.RandomVerticalFlip(0.3),
	neverFlip: () => new T.RandomVerticalFlip({ p: 0 }),
	alwaysFlip: () => new T.RandomHorizontalFlip(1),
	randomCrop: () => new T.RandomCrop([3, 2]),
	randomCropPadding: () => new T.RandomCrop(4, { padding: 2 }),
	randomCropFill: () => new T.RandomCrop([4, 5], { padding: [1, 2], fill: 7 }),
	randomCropEdge: () => new T.RandomCrop([5, 5], { padding: [1, 0, 2, 3], paddingMode: "edge" }),
	randomCropReflect: () => new T.RandomCrop([5, 5], { padding: [1, 2, 3, 0], paddingMode: "reflect" }),
	randomCropSymmetric: () => new T.RandomCrop([6, 6], { padding: [3, 2, 1, 4], paddingMode: "symmetric" }),
	randomCropIfNeeded: () => new T.RandomCrop([7, 4], { padIfNeeded: true }),
	randomCropNoChoice: () => new T.RandomCrop([4, 5]),
	randomCropOneChoice: () => new T.RandomCrop([4, 3]),
	centerCrop: () => new T.CenterCrop([2, 2]),
	centerCropOdd: () => new T.CenterCrop([1, 3]),
	centerCropLarger: () => new T.CenterCrop([7, 3]),
	centerCropMuchLarger: () => new T.CenterCrop([8, 9]),
	composed: () =>
		new T.Compose([
			new T.RandomCrop(4, { padding: 1 }),
			new T.RandomHorizontalFlip(),
			new T.CenterCrop(3),
			new T.RandomCrop(2),
			toFloat(),
		]),
	composedNested: () =>
		new T.Compose([
			new T.RandomVerticalFlip(0.6),
			new T.Compose([new T.RandomHorizontalFlip(0.4), new T.RandomCrop([3, 3])]),
		]),
};

const dtypes: Record<string, torch.DType> = {
	"torch.uint8": torch.uint8,
	"torch.int32": torch.int32,
	"torch.int64": torch.int64,
	"torch.float32": torch.float32,
	"torch.float64": torch.float64,
};

const imagesOf = ({ dtype, shape, data }: Plain) => torch.tensor(data, { dtype: dtypes[dtype] }).reshape(shape);

function expectSame(out: torch.Tensor, { output, after }: Case): void {
	expect(out.shape).toEqual(output.shape);
	expect(String(out.dtype)).toBe(output.dtype);
	expect(torch.equal(out, imagesOf(output))).toBe(true);
	expect(torch.randint(0, 1_000_000, [3]).tolist()).toEqual(after);
}

describe.each(cases.map((each) => [each.name, each] as const))("%s", (name, expected) => {
	const transform = transforms[name]!();
	const images = imagesOf(expected.input);

	test("image by image", () => {
		torch.manualSeed(expected.seed);
		expectSame(torch.stack(Array.from({ length: images.size(0) }, (_, i) => transform(images.select(0, i)))), expected);
	});

	test("as a batch", () => {
		torch.manualSeed(expected.seed);
		const before = images.clone();
		expectSame(transformBatch(transform, images), expected);
		expect(torch.equal(images, before)).toBe(true);
	});

	test("between other functions, which see single images", () => {
		torch.manualSeed(expected.seed);
		let seen = 0;
		const watch = (image: torch.Tensor) => {
			seen++;
			expect(image.ndim).toBe(3);
			return image;
		};
		expectSame(transformBatch(new T.Compose([watch, transform, new T.Lambda(watch)]), images), expected);
		expect(seen).toBe(2 * images.size(0));
	});

	test("text", () => {
		// Nested Composes are indented in torchvision's text by an oddity of its own.
		if (name !== "composedNested") expect(`${transform}`).toBe(expected.text);
	});
});

test("a transform is a function and an instance of its class", () => {
	const flip = new T.RandomHorizontalFlip(1);
	expect(typeof flip).toBe("function");
	expect(flip).toBeInstanceOf(T.RandomHorizontalFlip);
	expect(flip).toBeInstanceOf(T.Transform);
	expect(flip(torch.tensor([[[1, 2, 3]]])).tolist()).toEqual([[[3, 2, 1]]]);
	expect([torch.tensor([[[1, 2]]])].map(flip)[0]!.tolist()).toEqual([[[2, 1]]]);
});

test("a class of one's own needs forward only", () => {
	class Invert extends T.Transform {
		constructor(readonly top: number) {
			super();
		}
		override forward(image: torch.Tensor): torch.Tensor {
			return image.neg().add(this.top);
		}
	}
	const invert = new Invert(10);
	expect(invert(torch.tensor([[[1, 2]]])).tolist()).toEqual([[[9, 8]]]);
	expect(`${new T.Compose([invert, new T.ToImage()])}`).toBe("Compose(\n      Invert()\n      ToImage()\n)");
	const batch = transformBatch(new T.Compose([invert, invert]), torch.tensor([[[[1, 2]]], [[[3, 4]]]]));
	expect(batch.tolist()).toEqual([[[[1, 2]]], [[[3, 4]]]]);
});

test("ToImage and ToTensor", () => {
	expect(new T.ToImage()(torch.zeros(2, 3)).shape).toEqual([1, 2, 3]);
	expect(new T.ToImage()(torch.zeros(4, 2, 3)).shape).toEqual([4, 2, 3]);
	expect(() => new T.ToImage()(torch.zeros(3))).toThrow("[ToImage] expected a tensor of at least 2 dimensions");
	const bytes = torch.tensor([[0, 51, 255]], { dtype: torch.uint8 });
	const floats = new T.ToTensor()(bytes);
	expect([floats.dtype, floats.shape]).toEqual([torch.float32, [1, 1, 3]]);
	expect(floats.tolist()).toEqual([[[0, Math.fround(0.2), 1]]]);
	expect(new T.ToTensor()(torch.zeros(1, 2, 2, { dtype: torch.int32 })).dtype).toBe(torch.int32);
});

test("every argument works by name, and leading ones in place", () => {
	expect(`${new T.Normalize({ mean: [0.5], std: [0.25] })}`).toBe(`${new T.Normalize([0.5], [0.25], false)}`);
	expect(`${new T.RandomCrop({ size: 4, padding: [1, 2] })}`).toBe(
		`${new T.RandomCrop([4, 4], { padding: [1, 2, 1, 2] })}`,
	);
	expect(`${new T.CenterCrop({ size: 3 })}`).toBe(`${new T.CenterCrop([3])}`);
	expect(`${new T.ToDtype({ dtype: torch.float32, scale: true })}`).toBe(`${new T.ToDtype(torch.float32, true)}`);
	expect(`${new T.RandomVerticalFlip()}`).toBe("RandomVerticalFlip(p=0.5)");
});

test("Normalize leaves the image alone unless told otherwise", () => {
	const image = torch.ones(1, 2, 2);
	new T.Normalize([0.5], [0.5])(image);
	expect(image.sum().item()).toBe(4);
	new T.Normalize([0.5], [0.25], { inplace: true })(image);
	expect(image.sum().item()).toBe(8);
});

test.each<[string, () => unknown, string]>([
	[
		"p",
		() => new T.RandomHorizontalFlip(1.5),
		"[RandomHorizontalFlip] p must be a probability between 0 and 1, got 1.5",
	],
	[
		"p",
		() => new T.RandomVerticalFlip({ p: Number.NaN }),
		"[RandomVerticalFlip] p must be a probability between 0 and 1, got NaN",
	],
	["no transforms", () => new T.Compose([]), "[Compose] expected at least one transform, got none"],
	["no array", () => new T.Compose(3 as never), "[Compose] transforms should be an array of functions, got number 3"],
	["no function", () => new T.Compose([new T.ToImage(), "x" as never]), "a transform must be a function, got string"],
	["Lambda", () => new T.Lambda(3 as never), "[Lambda] expected a function, got number 3"],
	[
		"dtype",
		() => new T.ToDtype("float32" as never),
		'[ToDtype] dtype must be a dtype such as torch.float32, got "float32"',
	],
	[
		"size",
		() => new T.RandomCrop([1, 2, 3]),
		"[RandomCrop] size must be a positive whole number or [height, width], got [1, 2, 3]",
	],
	["size", () => new T.CenterCrop(0), "[CenterCrop] size must be a positive whole number or [height, width], got 0"],
	[
		"padding",
		() => new T.RandomCrop(3, { padding: 1.5 }),
		"[RandomCrop] padding must be a whole number of pixels, [left and right, top and bottom] or",
	],
	["padding", () => new T.RandomCrop(3, { padding: [1, 2, 3] }), "or null, got [1, 2, 3]"],
	[
		"mode",
		() => new T.RandomCrop(3, { paddingMode: "x" as never }),
		'[RandomCrop] paddingMode must be "constant" or "edge" or "reflect" or "symmetric", got "x"',
	],
	[
		"too small",
		() => new T.RandomCrop(30)(torch.zeros(1, 28, 28)),
		"required crop size (30, 30) is larger than the image size (28, 28)",
	],
	[
		"too small",
		() => new T.RandomCrop(9, { padding: 1 })(torch.zeros(1, 5, 5)),
		"larger than the padded image size (7, 7)",
	],
	[
		"reflect",
		() => new T.RandomCrop(4, { padding: 9, paddingMode: "reflect" })(torch.zeros(1, 5, 5)),
		"needs an image side of at least 10 pixels, got 5",
	],
	[
		"std",
		() => new T.Normalize([0.5], [0]),
		"[Normalize] std must be an array of numbers other than 0, one per channel, got [0]",
	],
	[
		"mean",
		() => new T.Normalize(0.5 as never, [1]),
		"[Normalize] mean must be an array of numbers, one per channel, got 0.5",
	],
	[
		"bytes",
		() => new T.Normalize([0], [1])(torch.zeros(1, 2, 2, { dtype: torch.uint8 })),
		"expected a float image, got torch.uint8",
	],
	[
		"flat",
		() => new T.Normalize([0], [1])(torch.zeros(2, 2)),
		"expected an image of the shape [..., C, H, W], got [2, 2]",
	],
	[
		"unsafe",
		() => new T.ToDtype(torch.int64, { scale: true })(torch.zeros(1, 2, 2)),
		"from torch.float32 to torch.int64 with scale cannot be performed safely",
	],
])("what is wrong is named: %s", (_what, make, message) => {
	expect(make).toThrow(message);
});
