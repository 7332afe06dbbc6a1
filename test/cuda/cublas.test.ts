import { describe, expect, test, vi } from "vitest";
import { runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* Matrix products by a stand-in for cuBLASLt: which ones it gets and how, and the engine's own kernel in its place. */

vi.setConfig({ testTimeout: 120_000 });

/** The products that the stand-in computed: batch × rows × columns × depth, with its types. */
function products(program: string, settings = "cublas=loud"): { said: string[]; lines: string[] } {
	const { lines, errors } = runProgram(program, standinEnvironment(settings));
	return { said: errors.split("\n").filter((line) => line.startsWith("cuBLASLt")), lines };
}

/** Compares on both devices: each product on the card with float64 on the host. */
const compare = `
	const check = (name, f, dtype, tolerance) => {
		torch.manualSeed(1);
		const host = (...s) => torch.randn(...s).to(dtype);
		const expected = f((...s) => host(...s).to(torch.float64));
		torch.manualSeed(1);
		const got = f((...s) => host(...s).cuda());
		console.log(name, torch.allclose(got.cpu().to(torch.float64), expected, { rtol: tolerance, atol: tolerance }));
	};`;

describe.skipIf(!hasStandin)("cuBLASLt", () => {
	test("takes products of every floating-point type, with any strides that it knows, and linear with its bias", () => {
		const { said, lines } = products(`${compare}
			const { linear } = torch.nn.functional;
			check("float32", (r) => r(3, 5).matmul(r(5, 4)), torch.float32, 1e-5);
			check("float64", (r) => r(3, 5).matmul(r(5, 4)), torch.float64, 1e-12);
			check("float16", (r) => r(3, 5).matmul(r(5, 4)), torch.float16, 1e-2);
			check("bfloat16", (r) => r(3, 5).matmul(r(5, 4)), torch.bfloat16, 1e-1);
			check("transposed", (r) => r(5, 3).t().matmul(r(4, 5).t()), torch.float32, 1e-5);
			check("part", (r) => r(3, 9).narrow(1, 2, 5).matmul(r(7, 4).narrow(0, 1, 5)), torch.float32, 1e-5);
			check("vector", (r) => r(3, 5).matmul(r(5)), torch.float32, 1e-5);
			check("batch", (r) => r(2, 3, 5).matmul(r(2, 5, 4)), torch.float32, 1e-5);
			check("wide batch", (r) => r(2, 3, 5).matmul(r(5, 4)), torch.float32, 1e-5);
			check("heads", (r) => r(2, 3, 2, 5).transpose(1, 2).matmul(r(2, 3, 2, 5).permute(0, 2, 3, 1)), torch.float32, 1e-5);
			check("addmm", (r) => torch.addmm(r(3, 4), r(3, 5), r(5, 4), { beta: 0.5, alpha: 2 }), torch.float32, 1e-5);
			check("linear", (r) => linear(r(2, 3, 5), r(4, 5), r(4)), torch.float32, 1e-5);
			check("half linear", (r) => linear(r(3, 5), r(4, 5), r(4)), torch.float16, 1e-2);
		`);
		expect(lines.filter((line) => !line.endsWith(" true"))).toEqual([]);
		expect(said).toEqual([
			"cuBLASLt: 1 x 3 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 1, sums 70, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 2, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 14, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 1 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 2 x 3 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 6 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 4 x 3 x 3 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 3 x 4 x 5, type 0, sums 68, epilogue 1",
			"cuBLASLt: 1 x 6 x 4 x 5, type 0, sums 68, epilogue 4",
			"cuBLASLt: 1 x 3 x 4 x 5, type 2, sums 68, epilogue 4",
		]);
	});

	test("does not get integers, empty sums and elements that share places: the engine's own kernel does them", () => {
		const { said, lines } = products(`
			const ones = (...s) => torch.ones(...s, { device: "cuda" });
			show(() => ones(2, 3).to(torch.int64).matmul(ones(3, 2).to(torch.int64)).tolist());
			show(() => ones(2, 0).matmul(ones(0, 2)).tolist());
			show(() => ones(1, 1).expand(2, 3).matmul(ones(3, 2)).tolist());
			show(() => ones(2, 6).asStrided([2, 3], [6, 2]).matmul(ones(3, 2)).tolist());
		`);
		expect(lines).toEqual(["3,3,3,3", "0,0,0,0", "3,3,3,3", "3,3,3,3"]);
		expect(said).toEqual([]);
	});

	test("rounds float32 to TF32 only where one allows it", () => {
		const { said, lines } = products(`
			const { matmul } = torch.backends.cuda;
			const x = torch.tensor([[1 + 2 ** -12]], { device: "cuda" });
			show(() => [matmul.allowTf32, torch.getFloat32MatmulPrecision(), x.matmul(x).item() > 1]);
			matmul.allowTf32 = true;
			show(() => [matmul.allowTf32, torch.getFloat32MatmulPrecision(), x.matmul(x).item()]);
			torch.setFloat32MatmulPrecision("highest");
			show(() => [matmul.allowTf32, x.matmul(x).item() > 1]);
			torch.setFloat32MatmulPrecision("medium");
			show(() => [matmul.allowTf32, torch.getFloat32MatmulPrecision()]);
			show(() => { matmul.allowTf32 = 1; });
			show(() => torch.setFloat32MatmulPrecision("low"));
		`);
		expect(lines).toEqual([
			"false,highest,true",
			"true,high,1",
			"false,true",
			"true,medium",
			"[allowTf32] expected a boolean, got 1",
			'[setFloat32MatmulPrecision] expected one of "highest", "high", "medium", got "low"',
		]);
		expect(said.map((line) => /sums (\d+)/.exec(line)![1])).toEqual(["68", "77", "68"]);
	});

	test("a library that has no algorithm, does not start or is not there is one less, no error", () => {
		const program = `
			const x = torch.ones(2, 3, { device: "cuda" });
			show(() => x.matmul(x.t()).tolist());
			show(() => require(${JSON.stringify("node:util")}).inspect(torch.backends.cuda.matmul.allowTf32));
			show(() => torch.nn.functional.linear(x, torch.ones(2, 3, { device: "cuda" }), torch.ones(2, { device: "cuda" })).tolist());`;
		for (const settings of ["cublas=refuse", "cublas=broken"]) {
			expect(products(program, settings).lines).toEqual(["3,3,3,3", "false", "4,4,4,4"]);
		}
		const without = { ...standinEnvironment(), GRADBOOK_CUBLASLT: "off" };
		expect(runProgram(program, without).lines).toEqual(["3,3,3,3", "false", "4,4,4,4"]);
	});

	test("plans outlive their tensors; another bias of the same layout is read, not the first one", () => {
		const { lines } = products(`
			const x = torch.ones(2, 3, { device: "cuda" });
			const { linear } = torch.nn.functional;
			for (let i = 0; i < 3; i++) show(() => linear(x, x, torch.full([2], i, { device: "cuda" })).tolist());
		`);
		expect(lines).toEqual(["3,3,3,3", "4,4,4,4", "5,5,5,5"]);
	});
});
