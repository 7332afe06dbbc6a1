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
	/** Its number among the inputs. */
	input: number;
	output: Plain;
	after: number[];
}

interface Mixed {
	name: "MixUp" | "CutMix";
	options: { alpha?: number; num_classes?: number };
	text: string;
	seed: number;
	input: number;
	labels: number[] | number[][];
	images: number[];
	shares: number[][];
	after: number[];
}

const file = path.resolve(__dirname, "../../reference/vision.json");
const { cases, inputs, mixed, crops } = JSON.parse(readFileSync(file, "utf8")) as {
	cases: Case[];
	inputs: Plain[];
	mixed: Mixed[];
	crops: [text: string, images: number[][]][];
};

const toFloat = () => new T.ToDtype(torch.float32, { scale: true });
const transforms: Record<string, () => T.Transform> = {
	autoAugment: () => new T.AutoAugment(),
	autoAugmentCifar: () => new T.AutoAugment(T.AutoAugmentPolicy.CIFAR10),
	autoAugmentSvhn: () => new T.AutoAugment({ policy: "svhn", interpolation: "bilinear", fill: [1, 20, 30] }),
	randAugment: () => new T.RandAugment(),
	randAugmentGrey: () => new T.RandAugment(3, 5, { numMagnitudeBins: 10, fill: 7 }),
	trivialAugment: () => new T.TrivialAugmentWide(),
	trivialAugmentBins: () => new T.TrivialAugmentWide(9, { interpolation: "bilinear" }),
	augMix: () => new T.AugMix(),
	augMixSome: () =>
		new T.AugMix({
			severity: 7,
			mixtureWidth: 2,
			chainDepth: 2,
			alpha: 0.5,
			allOps: false,
			interpolation: "nearest",
			fill: 3,
		}),
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
	resizeExactOdd: () => new T.Resize([3, 3], { interpolation: "nearest-exact" }),
	padColours: () => new T.Pad([1, 2], { fill: [1, 2, 3] }),
	randomCropColours: () => new T.RandomCrop([9, 9], { padIfNeeded: true, fill: [1, 2, 3] }),
	resizeLimit: () => new T.Resize(5, { maxSize: 6 }),
	resizeBicubicPlain: () => new T.Resize([5, 12], { interpolation: "bicubic", antialias: false }),
	resizeSame: () => new T.Resize([7, 9]),
	randomResizedCrop: () => new T.RandomResizedCrop(5),
	randomResizedCropSmall: () => new T.RandomResizedCrop([3, 4], { scale: [0.2, 0.4], ratio: [0.5, 2] }),
	randomResizedCropWide: () => new T.RandomResizedCrop(4, { scale: [1, 1], ratio: [3, 4] }),
	rotation: () => new T.RandomRotation(40),
	rotationBilinear: () => new T.RandomRotation([10, 80], { interpolation: "bilinear", fill: 0.5 }),
	rotationBytes: () =>
		new T.RandomRotation(90, { interpolation: T.InterpolationMode.BILINEAR, fill: [10, 20, 30], center: [1, 2] }),
	rotationExpand: () => new T.RandomRotation([33, 33], { expand: true }),
	rotationQuarter: () => new T.RandomRotation([90, 90], { expand: true }),
	rotationHalf: () => new T.RandomRotation([180, 180]),
	affine: () => new T.RandomAffine(20, { translate: [0.2, 0.3], scale: [0.7, 1.4], shear: 15 }),
	affineBilinear: () => new T.RandomAffine(0, { shear: [-10, 10, -20, 20], interpolation: "bilinear", fill: 7 }),
	affineCenter: () => new T.RandomAffine([-30, 60], { scale: [0.5, 0.9], center: [0, 3], interpolation: "bilinear" }),
	jitter: () => new T.ColorJitter(0.4, 0.5, 0.6, 0.2),
	jitterBytes: () => new T.ColorJitter({ brightness: 0.4, contrast: 0.5, saturation: 0.6, hue: 0.2 }),
	jitterSome: () => new T.ColorJitter({ brightness: [0.5, 2], hue: 0.5 }),
	jitterGrey: () => new T.ColorJitter(0.4, 0.5, 0.6, 0.2),
	jitterNone: () => new T.ColorJitter(),
	grayscale: () => new T.Grayscale(),
	grayscaleThree: () => new T.Grayscale(3),
	grayscaleOfGrey: () => new T.Grayscale({ numOutputChannels: 3 }),
	randomGrayscale: () => new T.RandomGrayscale(0.5),
	erasing: () => new T.RandomErasing(),
	erasingChannels: () => new T.RandomErasing(1, { scale: [0.1, 0.5], value: [1, 2, 3] }),
	erasingRandom: () => new T.RandomErasing({ p: 0.9, ratio: [0.5, 1.5], value: "random" }),
	apply: () => new T.RandomApply([new T.RandomHorizontalFlip(), new T.RandomCrop([7, 9], { padding: 1 })], { p: 0.6 }),
	choice: () => new T.RandomChoice([new T.RandomHorizontalFlip(1), new T.RandomVerticalFlip(1), new T.Grayscale(3)]),
	choiceWeighted: () => new T.RandomChoice([new T.RandomHorizontalFlip(1), new T.Grayscale(3)], { p: [3, 1] }),
	order: () => new T.RandomOrder([new T.RandomHorizontalFlip(), new T.RandomVerticalFlip(), new T.ColorJitter(0.5)]),
	blur: () => new T.GaussianBlur(3),
	blurBytes: () => new T.GaussianBlur([5, 3], { sigma: [0.5, 1.5] }),
	blurFixed: () => new T.GaussianBlur(3, 0.8),
	invert: () => new T.RandomInvert(),
	invertFloats: () => new T.RandomInvert(1),
	invertInts: () => new T.RandomInvert({ p: 1 }),
	posterize: () => new T.RandomPosterize(3),
	posterizeFloats: () => new T.RandomPosterize(2, 1),
	solarize: () => new T.RandomSolarize(128),
	solarizeFloats: () => new T.RandomSolarize(0.5, { p: 0.8 }),
	autocontrast: () => new T.RandomAutocontrast(),
	autocontrastFloats: () => new T.RandomAutocontrast({ p: 1 }),
	equalize: () => new T.RandomEqualize(),
	equalizeFloats: () => new T.RandomEqualize(1),
	equalizeMany: () => new T.RandomEqualize(1),
	sharpness: () => new T.RandomAdjustSharpness(2),
	sharpnessBlur: () => new T.RandomAdjustSharpness(0, { p: 1 }),
	noise: () => new T.GaussianNoise(),
	noiseBytes: () => new T.GaussianNoise(0.1, 0.2),
	noiseWide: () => new T.GaussianNoise({ clip: false }),
	channels: () => new T.RandomChannelPermutation(),
	pad: () => new T.Pad([1, 2], { fill: 3 }),
	padReflect: () => new T.Pad({ padding: 2, paddingMode: "reflect" }),
	training: () =>
		new T.Compose([
			new T.RandomResizedCrop(6),
			new T.RandomHorizontalFlip(),
			new T.ColorJitter(0.2, 0.2),
			new T.RandomRotation(10),
			toFloat(),
			new T.RandomErasing({ value: "random" }),
			new T.Normalize([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
		]),
};

for (const kind of ["", "Bytes", "Ints"]) {
	transforms[`resizeDown${kind}`] = () => new T.Resize([4, 3]);
	transforms[`resizeUp${kind}`] = () => new T.Resize({ size: [9, 14] });
	transforms[`resizeShorter${kind}`] = () => new T.Resize(4);
	transforms[`resizePlain${kind}`] = () => new T.Resize([4, 12], { antialias: false });
	transforms[`resizeBicubic${kind}`] = () => new T.Resize([5, 12], { interpolation: "bicubic" });
	transforms[`resizeNearest${kind}`] = () => new T.Resize([4, 12], { interpolation: "nearest" });
	transforms[`resizeExact${kind}`] = () => new T.Resize([4, 12], { interpolation: T.InterpolationMode.NEAREST_EXACT });
}

const dtypes: Record<string, torch.DType> = {
	"torch.uint8": torch.uint8,
	"torch.int32": torch.int32,
	"torch.int64": torch.int64,
	"torch.float32": torch.float32,
	"torch.float64": torch.float64,
};

const imagesOf = ({ dtype, shape, data }: Plain) => torch.tensor(data, { dtype: dtypes[dtype] }).reshape(shape);

function expectSame(out: torch.Tensor, { name, output, after }: Case): void {
	expect(out.shape).toEqual(output.shape);
	expect(String(out.dtype)).toBe(output.dtype);
	// Sums of products agree to what the order of summation allows (a half then falls to either side when wide integers are
	// rounded); bytes, and what is only moved, agree exactly.
	const wanted = imagesOf(output);
	const sums =
		/^(resize|randomResized|rotationBi|affineBi|affineCenter|jitter|training|grayscale|blur|noise|auto|sharp)/.test(
			name,
		);
	if (sums && out.isFloatingPoint()) expect(torch.allclose(out, wanted, 1e-5, 2e-6)).toBe(true);
	else if (sums && out.dtype === torch.int32) expect(out.sub(wanted).abs().max().item()).toBeLessThanOrEqual(1);
	else expect(torch.equal(out, wanted)).toBe(true);
	expect(torch.randint(0, 1_000_000, [3]).tolist()).toEqual(after);
}

describe.each(cases.map((each) => [each.name, each] as const))("%s", (name, expected) => {
	const transform = transforms[name]!();
	const images = imagesOf(inputs[expected.input]!);

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

test.each(mixed.map((each) => [each.text, each] as const))("%s of a batch", (text, expected) => {
	const { alpha, num_classes } = expected.options;
	const transform = new T[expected.name]({ alpha, numClasses: num_classes });
	expect(String(transform)).toBe(text);
	const images = imagesOf(inputs[expected.input]!);
	const classes = torch.tensor(
		expected.labels as number[],
		Array.isArray(expected.labels[0]) ? {} : { dtype: torch.int64 },
	);
	torch.manualSeed(expected.seed);
	const [x, y] = transform(images, classes);
	expect(torch.allclose(x.flatten(), torch.tensor(expected.images), 1e-5, 1e-6)).toBe(true);
	expect(torch.allclose(y, torch.tensor(expected.shares), 1e-5, 1e-6)).toBe(true);
	expect(torch.randint(0, 1_000_000, [3]).tolist()).toEqual(expected.after);
});

test("batches that cannot be mixed are errors", () => {
	const [images, labels] = [torch.rand(2, 1, 3, 3), torch.tensor([0n, 1n])];
	expect(() => new T.MixUp()(images, labels)).toThrow(/numClasses must be passed/);
	expect(() => new T.CutMix({ numClasses: 3 })(images, torch.ones(2, 2))).toThrow(/must match numClasses: 2 != 3/);
	expect(() => new T.MixUp({ numClasses: 3 })(images.at(0), labels)).toThrow(/batched input with 4 dims/);
	expect(() => new T.MixUp({ numClasses: 3 })(images, torch.tensor([0n]))).toThrow(/does not match the batch size/);
	expect(() => new T.MixUp({ alpha: 0 })).toThrow(/alpha must be positive/);
});

test("five and ten crops", () => {
	const image = imagesOf(inputs[0]!).at(0);
	for (const [i, crop] of [new T.FiveCrop(3), new T.TenCrop([3, 2], { verticalFlip: true })].entries()) {
		const [text, images] = crops[i]!;
		expect(String(crop)).toBe(text);
		expect(crop(image).map((part) => part.flatten().tolist())).toEqual(images);
	}
	expect(() => new T.FiveCrop(5)(image)).toThrow(/bigger than input size/);
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

test.each([
	[() => new T.Resize(0), "[Resize] size must be a positive whole number or [height, width], got 0"],
	[() => new T.Resize([3, 4], { maxSize: 9 }), "[Resize] maxSize goes with one number as size"],
	[() => new T.Resize(5, { maxSize: 5 }), "[Resize] maxSize must be larger than the size 5, got 5"],
	[() => new T.Resize(5, { interpolation: "lanczos" as never }), '[Resize] interpolation must be "nearest" or '],
	[() => new T.RandomRotation(-3), "[RandomRotation] degrees must be a number of degrees that is not negative"],
	[
		() => new T.RandomRotation(3, { interpolation: "bicubic" as never }),
		'[RandomRotation] interpolation must be "nearest" or "bilinear", got "bicubic"',
	],
	[() => new T.RandomAffine(3, { scale: [0, 1] }), "[RandomAffine] scale values should be positive, got [0, 1]"],
	[() => new T.ColorJitter(-1), "[ColorJitter] brightness must be a number that is not negative"],
	[() => new T.ColorJitter({ hue: 0.7 }), "[ColorJitter] hue values should be between -0.5 and 0.5 and increasing"],
	[() => new T.ColorJitter(0.5)(torch.zeros(2, 3, 3)), "[ColorJitter] expected images of 1 or 3 channels"],
	[
		() => new T.RandomErasing({ value: [1, 2] })(torch.zeros(3, 3, 3)),
		"[RandomErasing] value should have 1 or 3 entries",
	],
	[() => new T.RandomApply([]), "[RandomApply] expected at least one transform, got none"],
	[
		() => new T.RandomChoice([new T.Grayscale()], [1, 2]),
		"the length of p doesn't match the number of transforms: 2 != 1",
	],
	[() => new T.RandomOrder([3 as never]), "[RandomOrder] a transform must be a function, got number 3"],
] as const)("errors name the transform and the value: %s", (make, message) => {
	expect(make).toThrow(message);
});

test("augmentation that chooses by itself refuses what makes no sense", () => {
	expect(() => new T.AutoAugment("mnist" as "svhn")).toThrow(
		'[AutoAugment] policy must be "imagenet" or "cifar10" or "svhn", got "mnist"',
	);
	expect(() => new T.RandAugment(2, 31)).toThrow(
		"[RandAugment] magnitude must be less than numMagnitudeBins (31), got 31",
	);
	expect(() => new T.AugMix({ severity: 11 })).toThrow("[AugMix] the severity must be between 1 and 10, got 11");
	expect(() => new T.TrivialAugmentWide({ interpolation: "bicubic" as "nearest" })).toThrow(
		'[TrivialAugmentWide] interpolation must be "nearest" or "bilinear", got "bicubic"',
	);
});
