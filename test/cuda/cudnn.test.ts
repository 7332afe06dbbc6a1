import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { nothing, runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* Convolutions by a stand-in for cuDNN: which ones it gets and how, and the engine's own kernels in its place. */

vi.setConfig({ testTimeout: 240_000 });

const native = join(__dirname, "..", "..", "dist", "engine", "core", "native", "index.js");

function convolutions(program: string, settings = "cudnn=loud"): { said: string[]; lines: string[] } {
	const { lines, errors } = runProgram(program, standinEnvironment(settings));
	return { said: errors.split("\n").filter((line) => line.startsWith("cuDNN")), lines };
}

/** Result and gradients on the card beside those of the host in float64. */
const compare = `
	const check = (name, f, sizes, dtype = torch.float32) => {
		const [device, wide] = ["cuda", torch.float64];
		const run = (place, type) => {
			torch.manualSeed(3);
			const inputs = sizes.map((s) => torch.randn(s, { device: "cpu" }).to(place, type).requiresGrad_());
			const y = f(...inputs);
			y.mul(y).sum().backward();
			return [y, ...inputs.map((x) => x.grad)].map((x) => x.cpu().to(wide));
		};
		const [got, expected] = [run(device, dtype), run("cpu", wide)];
		const tolerance = { float64: 1e-10, float32: 1e-4, float16: 1e-2, bfloat16: 5e-2 }[dtype.name];
		const largest = (x) => x.abs().max().item();
		console.log(name, got.every((x, i) => largest(x.sub(expected[i])) <= tolerance * largest(expected[i])));
	};
	const F = torch.nn.functional;`;

describe.skipIf(!hasStandin)("cuDNN", () => {
	test("computes convolutions of one to three dimensions and their gradients, transposed ones too", () => {
		const { said, lines } = convolutions(`${compare}
			check("conv1d", (x, w, b) => F.conv1d(x, w, b, { padding: 1 }), [[2, 11, 6], [4, 11, 3], [4]]);
			check("conv2d", (x, w, b) => F.conv2d(x, w, b, { stride: 2, padding: [1, 0] }), [[2, 4, 6, 5], [6, 2, 3, 3], [6]].map((s, i) => i === 1 ? [6, 4, 3, 3] : s));
			check("groups", (x, w) => F.conv2d(x, w, null, { groups: 2, dilation: 2 }), [[1, 4, 6, 6], [6, 2, 2, 2]]);
			check("double", (x, w) => F.conv2d(x, w), [[1, 9, 4, 4], [3, 9, 2, 2]], torch.float64);
			check("conv3d", (x, w) => F.conv3d(x, w), [[1, 5, 3, 4, 3], [2, 5, 2, 2, 2]]);
			check("transposed", (x, w, b) => F.convTranspose2d(x, w, b, { stride: 2, outputPadding: 1 }), [[1, 2, 3, 3], [2, 9, 2, 2], [9]]);
			check("few columns", (x, w, b) => F.conv2d(x, w, b, { padding: 2, stride: 2 }), [[3, 2, 9, 8], [11, 2, 3, 4], [11]]);
			check("one column", (x, w) => F.conv2d(x, w), [[2, 1, 40, 30], [2, 1, 1, 1]], torch.float64);
		`);
		expect(lines.filter((line) => !line.endsWith(" true"))).toEqual([]);
		const passes = ["forward", "data", "filter"].map(
			(pass) => said.filter((line) => line.includes(` ${pass},`)).length,
		);
		// A weight of at most 32 (channel, tap) pairs gets its gradient from the engine.
		expect(passes).toEqual([8, 8, 6]);
		// Two algorithms are proposed; the first one's results may change.
		expect(said.filter((line) => !line.includes("algorithm 1, math 0"))).toEqual([]);
		expect(said.filter((line) => line.endsWith("3 dimensions")).length).toBe(3);
	});

	test("takes half types as they are; without it they are computed in float32", () => {
		const program = `${compare}
			check("half", (x, w, b) => F.conv2d(x, w, b, { padding: 1 }), [[2, 3, 5, 4], [4, 3, 3, 3], [4]], torch.float16);
			check("bfloat16", (x, w, b) => F.conv1d(x, w, b, { groups: 2 }), [[2, 4, 6], [4, 2, 3], [4]], torch.bfloat16);
			check("transposed", (x, w, b) => F.convTranspose2d(x, w, b, { stride: 2 }), [[1, 2, 3, 3], [2, 3, 2, 2], [3]], torch.float16);
			const [x, w] = [torch.ones(1, 2, 4, 4, { device: "cuda" }), torch.ones(3, 2, 2, 2, { device: "cuda" })];
			const y = torch.autocast("cuda", () => F.conv2d(x, w));
			console.log(y.dtype.name, y.sum().item() === 216);`;
		const { said, lines } = convolutions(program);
		expect(lines).toEqual(["half true", "bfloat16 true", "transposed true", "float16 true"]);
		const passes = (math: number, dimensions: number, type: string, of = ["forward", "data", "filter"]) =>
			of.map((pass) => `cuDNN: ${pass}, algorithm 1, math ${math}, ${dimensions} dimensions, ${type}`);
		expect(said.sort()).toEqual(
			[
				...passes(1, 2, "half"),
				...passes(1, 2, "bfloat16"),
				...passes(1, 2, "half"),
				...passes(1, 2, "half", ["forward"]),
			].sort(),
		);
		expect(convolutions(program, "cudnn=refuse")).toEqual({ said: [], lines });
	});

	test("switches: off, the fastest algorithm, any algorithm, TF32", () => {
		const { said, lines } = convolutions(`
			const { cudnn } = torch.backends;
			const [x, w] = [torch.ones(1, 2, 4, 4, { device: "cuda" }), torch.ones(3, 2, 2, 2, { device: "cuda" })];
			const conv = () => torch.nn.functional.conv2d(x, w).sum().item();
			show(() => [cudnn.isAvailable(), cudnn.version(), cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allowTf32]);
			show(() => cudnn.flags({ enabled: false }, conv));
			show(() => [cudnn.enabled, conv()]);
			show(() => cudnn.flags({ deterministic: false }, conv));
			show(() => cudnn.flags({ allowTf32: false }, conv));
			show(() => cudnn.flags({ deterministic: false, benchmark: true }, conv));
			show(() => cudnn.flags({ fast: true }, conv));
			show(() => { cudnn.enabled = "yes"; });
		`);
		expect(lines).toEqual([
			"true,90807,true,false,true,true",
			"216",
			"true,216",
			"216",
			"216",
			"216",
			'[flags] unknown option "fast"; it takes enabled, benchmark, deterministic, allowTf32',
			"[enabled] expected a boolean, got yes",
		]);
		expect(said.slice(0, 3)).toEqual([
			"cuDNN: forward, algorithm 1, math 0, 2 dimensions",
			"cuDNN: forward, algorithm 0, math 0, 2 dimensions",
			"cuDNN: forward, algorithm 1, math 3, 2 dimensions",
		]);
		// Each algorithm warmed up and timed, then the faster one once more.
		expect(
			said
				.slice(3)
				.map((line) => /algorithm (\d)/.exec(line)![1])
				.slice(0, 4),
		).toEqual(["0", "0", "1", "1"]);
		expect(said.slice(3)).toHaveLength(5);
	});

	test("a library that knows no algorithm, does not start, is for a newer driver or is not there is one less", () => {
		const program = `
			const [x, w] = [torch.ones(1, 2, 4, 4, { device: "cuda" }), torch.ones(3, 2, 2, 2, { device: "cuda" })];
			show(() => torch.nn.functional.conv2d(x, w).sum().item());
			const { libraries } = require(${JSON.stringify(native)}).native.cudaInfo();
			show(() => libraries.find((library) => library.title === "cuDNN").problem);`;
		const said = (settings: string) => convolutions(program, settings).lines;
		expect(said("cudnn=refuse")).toEqual(["216", "null"]);
		expect(said("cudnn=broken")[0]).toBe("216");
		expect(said("cudnn=broken")[1]).toMatch(/does not start on cuda:0: CUDNN_STATUS_NOT_INITIALIZED/);
		expect(said("cudnn=cuda13")[0]).toBe("216");
		expect(said("cudnn=cuda13")[1]).toMatch(
			/^cuDNN 9\.8\.7 \(.*\) is made for CUDA 13, and the driver knows CUDA 12\. pip install nvidia-cudnn-cu12 brings it$/,
		);
		const off = runProgram(program, { ...standinEnvironment(), GRADBOOK_CUDNN: "off" });
		expect(off.lines).toEqual(["216", "cuDNN is switched off by GRADBOOK_CUDNN=off"]);
	});
});

test("without a card the switches are there, and cuDNN is not", () => {
	const { lines } = runProgram(
		"const { cudnn } = torch.backends; show(() => [cudnn.isAvailable(), cudnn.version(), cudnn.enabled]);",
		{ ...nothing, GRADBOOK_LIBCUDA: "off" },
	);
	expect(lines).toEqual(["false,,true"]);
});
