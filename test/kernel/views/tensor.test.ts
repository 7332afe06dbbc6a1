import { expect, test } from "vitest";
import { formatValue } from "../../../dist/kernel/views";
import { FakeTensor } from "../support/engine-like";
import { decodePng } from "../support/png";

const htmlOf = (tensor: FakeTensor) =>
	String(formatValue(tensor)["text/html"]).replace(/<style>[\s\S]*?<\/style>/g, "");
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test("the text is the tensor's own; a matrix is a table under a header", () => {
	const tensor = new FakeTensor([2, 2], [1, 0.25, -3, 1e-8], { requiresGrad: true });
	expect(formatValue(tensor)["text/plain"]).toBe("tensor of 2x2");
	const html = htmlOf(tensor);
	expect(html).toContain("<b>tensor</b> 2 × 2 · float32 · cpu · requires gradient");
	expect(html).toContain('aria-label="Matrix of 2 rows and 2 columns" tabindex="0"');
	expect(html).toContain('<tr><th scope="row">0</th><td class="n">1.0000e+00</td><td class="n">2.5000e-01</td></tr>');
	expect(html).toContain('<tr><th scope="row">1</th><td class="n">-3.0000e+00</td><td class="n">1.0000e-08</td></tr>');
});

test("the numbers of a matrix are written one way, as in PyTorch's text", () => {
	const cells = (tensor: FakeTensor) =>
		[...htmlOf(tensor).matchAll(/<td class="n">(.*?)<\/td>/g)].map(([, text]) => text);
	expect(cells(new FakeTensor([2, 2], [1.5, -0.25, Number.NaN, 10]))).toEqual(["1.5000", "-0.2500", "nan", "10.0000"]);
	expect(cells(new FakeTensor([1, 3], [1, 200, -3]))).toEqual(["1", "200", "-3"]);
	expect(cells(new FakeTensor([1, 2], [0, 1], { dtype: "bool" }))).toEqual(["False", "True"]);
});

test("of a large matrix the edges are shown, and only they are read", () => {
	const tensor = new FakeTensor([1000, 500], upTo(500_000));
	FakeTensor.copied = 0;
	const html = htmlOf(tensor);
	expect(FakeTensor.copied).toBe(10 * 500);
	expect(html).toContain('<th scope="row">999</th><td class="n">499500</td>');
	expect(html).toContain('<td class="n">4</td><td>…</td><td class="n">495</td>');
	expect(html.match(/<tr>/g)).toHaveLength(12);
});

test("who made it, or that it has a gradient", () => {
	const shape = [1];
	expect(htmlOf(new FakeTensor(shape, [1], { gradFn: { name: "AddBackward0" } }))).toContain("made by AddBackward0");
	const grad = new FakeTensor(shape, [1]);
	expect(htmlOf(new FakeTensor(shape, [1], { requiresGrad: true, grad }))).toContain("has a gradient");
});

test("what is no matrix keeps its text, escaped", () => {
	const tensor = new FakeTensor([3], [1, 2, 3]);
	tensor.toString = () => "tensor(<b>)";
	expect(htmlOf(tensor)).toContain("<pre>tensor(&lt;b&gt;)</pre>");
	expect(htmlOf(new FakeTensor([0, 3], []))).toContain("<pre>tensor of 0x3</pre>");
});

test("images are pictures, with their values to be opened", () => {
	const html = htmlOf(
		new FakeTensor(
			[2, 1, 8, 8],
			upTo(128).map((i) => i / 127),
		),
	);
	const png = decodePng(Buffer.from(/base64,([^"]+)"/.exec(html)![1]!, "base64"));
	expect([png.width % 8, png.height % 8]).toEqual([(4 + 0) % 8, 0]);
	expect(html).toContain('alt="2 images of 8 × 8 pixels (grey, 0 to 1)"');
	expect(html).toContain("<details><summary>values</summary><pre>tensor of 2x1x8x8</pre>");
	expect(htmlOf(new FakeTensor([16, 8, 8], upTo(1024)))).not.toContain("<img");
	expect(
		htmlOf(
			new FakeTensor(
				[16, 8, 8],
				upTo(1024).map((i) => i % 256),
				{ dtype: "uint8" },
			),
		),
	).toContain("<img");
	const many = htmlOf(
		new FakeTensor(
			[20, 1, 8, 8],
			upTo(1280).map((i) => i / 1280),
		),
	);
	expect(many.match(/<img src="data:image\/png;base64,i/g)).toHaveLength(16);
	expect(many).toContain("4 of 20 images not shown");
});

test("three dimensions of any numbers are no picture", () => {
	const states = upTo(3 * 8 * 8).map((i) => (i % 7) - 3);
	expect(htmlOf(new FakeTensor([3, 8, 8], states))).not.toContain("<img");
	const picture = upTo(3 * 8 * 8).map((i) => i / 191);
	expect(htmlOf(new FakeTensor([3, 8, 8], picture))).toContain("<img");
});
