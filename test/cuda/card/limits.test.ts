import * as torch from "gradbook";
import { afterEach, expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/*
 * What has more elements than one launch can take (2³¹, since positions are 32-bit numbers in kernels) takes several launches. Here
 * a launch may take a few only, so that small tensors come to that: the results are the host's, and there were more launches.
 */

const { Tensor, nn } = torch;
const F = nn.functional;
type T = torch.Tensor;

afterEach(() => native.cudaSetLaunchLimit(2 ** 31 - 1));

/** `f` on tensors made from whole numbers of these shapes, whose gradients follow where it gives one tensor of floats. */
function outputs(shapes: number[][], device: "cpu" | "cuda", f: (...inputs: T[]) => T | T[]): T[] {
	torch.manualSeed(5);
	const inputs = shapes.map((shape) => torch.randint(-8, 9, shape, { device: "cpu" }).to(torch.float32));
	const leaves = inputs.map((x) => x.to(device).requiresGrad_());
	const result = f(...leaves);
	if (!(result instanceof Tensor)) return result;
	if (!result.requiresGrad) return [result];
	const gradient = torch.randint(-8, 9, result.shape, { device: "cpu" }).to(result.dtype).to(device);
	return [result, ...torch.autograd.grad(result, leaves, { gradOutputs: gradient, allowUnused: true })].filter(
		(x): x is T => x !== null,
	);
}

const longs = (values: number[], x: T) => torch.tensor(values, { device: x.device, dtype: torch.int64 });
const many = (n: number, size: number, x: T) =>
	longs(
		Array.from({ length: n }, (_, i) => (i * 7 + (i >> 3)) % size),
		x,
	);
const three = [[7, 11, 12]];
const images = [[5, 3, 8, 8]];

const cases: [name: string, limit: number, shapes: number[][], f: (...inputs: T[]) => T | T[]][] = [
	[
		"broadcasting",
		50,
		[
			[7, 1, 12],
			[11, 1],
		],
		(a, b) => a.mul(b),
	],
	[
		"a transposed operand",
		50,
		[
			[9, 20],
			[20, 9],
		],
		(a, b) => a.add(b.t()),
	],
	["a transposed copy", 100, [[40, 50]], (x) => x.t().contiguous()],
	["a conversion of columns", 30, [[9, 20]], (x) => x.detach().narrow(1, 3, 7).to(torch.int32)],
	["filling columns", 30, [[9, 20]], (x) => x.clone().detach().narrow(1, 3, 7).fill_(2)],
	["where", 30, [[9, 20], [9, 1], [20]], (x, a, b) => torch.where(x.gt(0), a, b)],
	["a sum of all", 100, three, (x) => x.sum()],
	["a sum of all of a view", 20, three, (x) => x.narrow(2, 1, 9).narrow(1, 2, 8).sum()],
	["a sum over the first dimension", 20, three, (x) => x.sum(0)],
	["a sum over the middle dimension", 20, three, (x) => x.sum(1)],
	["a sum over the last dimension", 5, three, (x) => x.sum(2)],
	["a sum over the outer dimensions", 5, three, (x) => x.sum([0, 2])],
	["a sum over the last of a turned tensor", 20, three, (x) => x.permute(2, 0, 1).sum(-1)],
	["a sum in runs", 1001, [[6000]], (x) => x.sum()],
	["a sum of columns in runs", 1000, [[4200, 1024]], (x) => x.detach().sum(0)],
	["the largest of each column", 20, three, (x) => x.detach().amax([0, 1])],
	["a sum of nothing", 5, [[40, 0]], (x) => x.detach().sum(1)],
	["a product of each row", 3, [[9, 4]], (x) => x.detach().prod(1)],
	["any", 20, three, (x) => x.detach().gt(7).any(0)],
	["variance of all", 100, [[40, 30]], (x) => x.var()],
	["deviation of rows", 100, [[3, 400]], (x) => x.detach().std(1)],
	["softmax of long rows", 100, [[3, 401]], (x) => x.softmax(-1)],
	["softmax's logarithm of long rows", 100, [[3, 401]], (x) => x.logSoftmax(-1)],
	["the logarithm of the sum of exponentials of long rows", 100, [[3, 401]], (x) => x.logsumexp(1)],
	["rows by index", 20, [[9, 6]], (x) => x.indexSelect(0, many(30, 9, x))],
	["wide rows by index", 50, [[5, 300]], (x) => x.indexSelect(0, many(30, 5, x))],
	["columns by index", 20, [[6, 9]], (x) => x.indexSelect(1, many(30, 9, x))],
	["elements by two indices", 5, [[6, 9]], (x) => x.at(many(30, 6, x), many(30, 9, x))],
	[
		"rows added by index",
		20,
		[
			[9, 6],
			[30, 6],
		],
		(x, y) => x.indexAdd(0, many(30, 9, x), y),
	],
	[
		"wide rows added by index",
		100,
		[
			[3, 300],
			[30, 300],
		],
		(x, y) => x.indexAdd(0, many(30, 3, x), y),
	],
	[
		"few rows added by index",
		100,
		[
			[3, 300],
			[4, 300],
		],
		(x, y) => x.indexAdd(0, many(4, 3, x), y),
	],
	["elements put by index", 7, [[9], [30]], (x, y) => x.clone().indexPut_([many(30, 9, x)], y, { accumulate: true })],
	["gather", 6, [[9, 20]], (x) => x.gather(1, many(180, 20, x).view(9, 20))],
	[
		"scatterAdd along long lines",
		8,
		[
			[4, 20],
			[4, 50],
		],
		(x, y) => x.scatterAdd(1, many(200, 20, x).view(4, 50), y),
	],
	[
		"scatterAdd along short lines",
		8,
		[
			[4, 20],
			[4, 20],
		],
		(x, y) => x.scatterAdd(0, many(80, 4, x).view(4, 20), y),
	],
	[
		"scatterReduce",
		8,
		[
			[4, 20],
			[4, 50],
		],
		(x, y) => x.detach().scatterReduce(1, many(200, 20, x).view(4, 50), y.detach(), "amax"),
	],
	["an embedding", 20, [[9, 6]], (x) => F.embedding(many(40, 9, x), x)],
	["pooling in pairs", 130, images, (x) => F.maxPool2d(x, 2)],
	["pooling by overlapping windows", 70, images, (x) => F.maxPool2d(x, 3, { stride: 2, padding: 1 })],
	["adaptive pooling", 70, images, (x) => F.adaptiveMaxPool2d(x, 3)],
	[
		"unpooling",
		70,
		images,
		(x) => {
			const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true });
			return F.maxUnpool2d(values, indices, 2);
		},
	],
	["average pooling", 70, images, (x) => F.avgPool2d(x, 2)],
	["interpolation", 900, images, (x) => F.interpolate(x, { scaleFactor: 2, mode: "bilinear" })],
	[
		"normalising a batch",
		25_000,
		[[5000, 3, 4], [3], [3]],
		(x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
	],
	["normalising rows", 60, [[50, 8], [8], [8]], (x, weight, bias) => F.layerNorm(x, [8], { weight, bias })],
	["a convolution", 700, [[5, 3, 8, 8], [4, 3, 3, 3], [4]], (x, w, bias) => F.conv2d(x, w, { bias, padding: 1 })],
	[
		"a transposed convolution",
		700,
		[[5, 3, 6, 6], [3, 4, 3, 3], [4]],
		(x, w, bias) => F.convTranspose2d(x, w, { bias }),
	],
];

test.each(cases)("%s", (name, limit, shapes, f) => {
	const launches = () => {
		const before = native.cudaCompileStats().launched;
		const found = outputs(shapes, "cuda", f);
		return { found, count: native.cudaCompileStats().launched - before };
	};
	const whole = launches();
	native.cudaSetLaunchLimit(limit);
	const parts = launches();
	native.cudaSetLaunchLimit(2 ** 31 - 1);
	// What has rows of its own walks over them by 64-bit numbers.
	expect(parts.count).toBeGreaterThan(name === "normalising rows" ? whole.count - 1 : whole.count);
	const host = outputs(shapes, "cpu", f);
	expect(parts.found.length).toBe(host.length);
	parts.found.forEach((x, i) => {
		expect(torch.allclose(x.cpu().to(torch.float64), host[i]!.to(torch.float64), { rtol: 1e-4, atol: 1e-4 })).toBe(
			true,
		);
	});
});

test("the numbers drawn for each element's own chance do not depend on the launches", () => {
	const chances = torch.linspace(0, 1, 101, { device: "cuda" }).expand(3, 101);
	const draw = () => {
		torch.manualSeed(3);
		return chances.bernoulli().tolist();
	};
	const whole = draw();
	for (const limit of [1, 7, 50, 102]) {
		native.cudaSetLaunchLimit(limit);
		expect(draw()).toEqual(whole);
	}
});
