import { describe, expect, test } from "vitest";
import { imageGrid } from "../../../dist/kernel/views";
import { FakeTensor } from "../support/engine-like";
import { decodePng } from "../support/png";
import { hostile } from "../support/recorder";

const pngOf = (bundle: Record<string, unknown>) => decodePng(Buffer.from(String(bundle["image/png"]), "base64"));
/** Grey values of the opaque pixels of a PNG with alpha, each once for a pixel of the picture. */
const greys = (image: ReturnType<typeof decodePng>) =>
	image.data.filter((_, i) => i % 2 === 0 && image.data[i + 1] === 255);

describe("one picture of all", () => {
	test("grey values from 0 to 1, a gap between the pictures", () => {
		const bundle = imageGrid(new FakeTensor([2, 1, 1, 2], [0, 1, 0.5, 0.25]), { scale: 1 }).bundle();
		expect(bundle["text/plain"]).toBe("2 images of 2 × 1 pixels (grey, 0 to 1)");
		const image = pngOf(bundle);
		expect([image.width, image.height]).toEqual([2 + 4 + 2, 1]);
		expect(greys(image)).toEqual([0, 255, 128, 64]);
	});

	test("bytes from 0 to 255, whole numbers likewise, others by their own range or a given one", () => {
		const grey = (data: number[], options = {}, dtype = "float32") =>
			greys(pngOf(imageGrid(new FakeTensor([1, 1, 2], data, { dtype }), { scale: 1, ...options }).bundle()));
		expect(grey([0, 100], {}, "uint8")).toEqual([0, 100]);
		expect(grey([0, 100])).toEqual([0, 100]);
		expect(grey([-1, 1])).toEqual([0, 255]);
		expect(grey([0, 100], { range: [0, 200] })).toEqual([0, 128]);
		expect(grey([0, 1], { invert: true })).toEqual([255, 0]);
		expect(grey([3.5, 3.5])).toEqual([128, 128]);
	});

	test("colours are held channel by channel", () => {
		const image = pngOf(imageGrid(new FakeTensor([1, 3, 1, 2], [1, 0, 0, 1, 0, 0]), { scale: 1 }).bundle());
		expect(image.data).toEqual([255, 0, 0, 255, 0, 255, 0, 255]);
	});

	test("three planes are colours, or three pictures where there are three texts", () => {
		const three = new FakeTensor([3, 1, 1], [0, 0.5, 1]);
		expect(imageGrid(three).bundle()["text/plain"]).toBe("1 image of 1 × 1 pixels (colour, 0 to 1)");
		expect(imageGrid(three, { colour: false }).bundle()["text/plain"]).toBe("3 images of 1 × 1 pixels (grey, 0 to 1)");
	});

	test("columns, arrays of pictures, rows of numbers", () => {
		const pixel = (value: number) => new FakeTensor([1, 1], [value]);
		const grid = pngOf(imageGrid([pixel(0), pixel(1), pixel(1)], { columns: 2, scale: 1 }).bundle());
		expect([grid.width, grid.height]).toEqual([6, 6]);
		expect(
			greys(
				pngOf(
					imageGrid(
						[
							[
								[0, 1],
								[1, 0],
							],
						],
						{ scale: 1 },
					).bundle(),
				),
			),
		).toEqual([0, 255, 255, 0]);
	});
});

describe("with text", () => {
	const batch = new FakeTensor([3, 1, 1], [0, 0.5, 1]);

	test("labels by name, predictions with a mark beside the colour", () => {
		const options = { labels: [0, 1, 1], predictions: new FakeTensor([3], [0, 0, 1]), classes: ["coat", "<shirt>"] };
		const bundle = imageGrid(batch, { ...options, caption: "Mistakes" }).bundle();
		expect(bundle["text/plain"]).toBe(
			"Mistakes: 3 images of 1 × 1 pixels (grey, 0 to 1)\n✓ coat | ✗ coat, not <shirt> | ✓ <shirt>",
		);
		const html = String(bundle["text/html"]);
		expect(html.match(/<img /g)).toHaveLength(3);
		expect(html).toContain('alt="✗ coat, not &lt;shirt&gt;"');
		expect(html).toContain('font-weight:600">✗ coat, not &lt;shirt&gt;</figcaption>');
	});

	test("pictures left out are counted, and not read", () => {
		const many = new FakeTensor([1000, 4, 4], new Float32Array(16_000));
		FakeTensor.copied = 0;
		const bundle = imageGrid(many, { limit: 5 }).bundle();
		expect(FakeTensor.copied).toBe(5 * 16);
		expect(bundle["text/plain"]).toContain("(995 of 1,000 images not shown)");
		expect(bundle["text/html"]).toContain("995 of 1,000 images not shown");
	});

	test("every text is escaped", () => {
		const html = String(
			imageGrid(batch, { titles: [hostile, hostile, hostile], caption: hostile }).bundle()["text/html"],
		);
		expect(html).not.toMatch(/<img src=x|<script/);
	});
});

test.each([
	[() => imageGrid(new FakeTensor([4], [1, 2, 3, 4])), "a tensor of shape 4 holds no pictures; expected H × W"],
	[() => imageGrid(new FakeTensor([1, 2, 1, 1], [1, 2])), "2 channels in a tensor of shape 1 × 2 × 1 × 1"],
	[() => imageGrid(new FakeTensor([0, 2, 2], [])), "there are no images in the batch"],
	[() => imageGrid(new FakeTensor([2, 1, 1], [1, 2]), { labels: [1] }), "1 labels for 2 images; expected one for each"],
	[
		() => imageGrid(new FakeTensor([1, 1, 1], [1]), { labels: [3], classes: ["a"] }),
		"labels: class 3, but there are 1 names",
	],
	[() => imageGrid(new FakeTensor([1, 1, 1], [1]), { columns: 0 }), "columns: 0, expected a whole number"],
	[() => imageGrid([[[1, 2], [1]]]), "expected rows of equally many numbers"],
	[() => imageGrid("x" as never), "expected a tensor or an array, got 'x'"],
])("bad input is named: %#", (act, message) => {
	expect(act).toThrow(message);
});
