import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* Factorisations by a stand-in for cuSOLVER: which ones it gets and how, and the engine's own kernels in its place. */

vi.setConfig({ testTimeout: 240_000 });

const native = join(__dirname, "..", "..", "dist", "engine", "core", "native", "index.js");

function factored(program: string, settings = "cusolver=loud"): { said: string[]; lines: string[] } {
	const { lines, errors } = runProgram(program, standinEnvironment(settings));
	return { said: errors.split("\n").filter((line) => line.startsWith("cuSOLVER")), lines };
}

/** What a decomposition promises, of numbers from a seed; each line ends in "true" where it is kept. */
const promises = `
	const { linalg } = torch;
	const random = (shape, dtype) => (torch.manualSeed(3), torch.randn(shape, { dtype: torch.float64, device: "cpu" }).to(dtype).cuda());
	const near = (x, y, tolerance) => torch.allclose(x.cpu().double(), y.cpu().double(), { rtol: tolerance, atol: tolerance });
	const eigen = (shape, dtype = torch.float64, scale = 1) => {
		const tolerance = dtype === torch.float64 ? 1e-10 : 1e-4;
		const half = random(shape, dtype).mul(scale);
		const x = half.add(half.mT);
		const [w, v] = linalg.eigh(x);
		const [upper] = linalg.eigh(x.triu(), "U");
		const unit = torch.eye(shape.at(-1)).cuda().expand(v.shape);
		console.log("eigh", shape.join(), [
			near(v.mul(w.div(scale).unsqueeze(-2)).matmul(v.mT), x.div(scale), tolerance),
			near(v.mT.matmul(v), unit, tolerance),
			near(w.div(scale), linalg.eigvalsh(x.cpu()).div(scale), tolerance),
			near(upper.div(scale), w.div(scale), tolerance),
			w.dtype === dtype && v.dtype === dtype,
		].every(Boolean));
	};
	const singular = (shape, dtype = torch.float64, scale = 1) => {
		const tolerance = dtype === torch.float64 ? 1e-10 : 1e-4;
		const x = random(shape, dtype).mul(scale);
		const [u, s, vh] = linalg.svd(x, false);
		const unit = torch.eye(s.size(-1)).cuda().expand([...shape.slice(0, -2), s.size(-1), s.size(-1)]);
		console.log("svd", shape.join(), [
			near(u.mul(s.div(scale).unsqueeze(-2)).matmul(vh), x.div(scale), tolerance),
			near(u.mT.matmul(u), unit, tolerance),
			near(vh.matmul(vh.mT), unit, tolerance),
			near(s.div(scale), linalg.svdvals(x.cpu()).div(scale), tolerance),
			s.dtype === dtype && u.dtype === dtype && vh.dtype === dtype,
		].every(Boolean));
	};`;

const kept = (lines: string[]) => expect(lines.filter((line) => !line.endsWith(" true"))).toEqual([]);

describe.skipIf(!hasStandin)("cuSOLVER", () => {
	test("eigenvalues: rotations for floats of middle size, all of a batch in one call, the others divided", () => {
		const { said, lines } = factored(`${promises}
			eigen([17, 17]);
			eigen([33, 33], torch.float32);
			eigen([2, 3, 18, 18]);
			eigen([20, 20], torch.float32, 1e30);
			eigen([20, 20], torch.float64, 1e-250);
			eigen([16, 16]);
			const x = random([40, 40], torch.float32).mT;
			show(() => near(linalg.eigvalsh(x), linalg.eigvalsh(x.cpu()), 1e-4));`);
		kept(lines.slice(0, -1));
		expect(lines.at(-1)).toBe("true");
		const twice = (line: string) => [line, line];
		expect(said).toEqual(
			[
				...twice("syevd of 17 x 17 doubles"),
				...twice("syevj of 33 x 33 floats"),
				...twice("syevBatched of 18 x 18 doubles, 6 times"),
				...twice("syevd of 20 x 20 floats"),
				...twice("syevd of 20 x 20 doubles"),
				"syevj without vectors of 40 x 40 floats",
			].map((line) => `cuSOLVER: ${line}`),
		);
	});

	test("singular values: one by one, small ones of a batch in one call, more by the engine's own kernels", () => {
		const { said, lines } = factored(`${promises}
			singular([17, 17]);
			singular([40, 20], torch.float32);
			singular([20, 40]);
			singular([2, 3, 30, 18]);
			singular([2, 18, 30], torch.float32);
			singular([3, 34, 17]);
			singular([5, 34, 17]);
			singular([20, 17], torch.float32, 1e30);
			singular([18, 20], torch.float64, 1e-250);
			singular([30, 16]);`);
		kept(lines);
		expect(said).toEqual(
			[
				"gesvdj of 17 x 17 doubles",
				"gesvdj of 40 x 20 floats",
				"gesvdj of 40 x 20 doubles",
				"gesvdjBatched of 30 x 18 doubles, 6 times",
				"gesvdjBatched of 30 x 18 floats, 2 times",
				...Array(3).fill("gesvdj of 34 x 17 doubles"),
				"gesvdj of 20 x 17 floats",
				"gesvdj of 20 x 18 doubles",
			].map((line) => `cuSOLVER: ${line}`),
		);
	});

	test("values alone are asked for without vectors, unless a gradient will take these", () => {
		const program = `${promises}
			const values = (f, x) => show(() => near(f(x), f(x.cpu()), 1e-4));
			values(linalg.eigvalsh, random([20, 20], torch.float64));
			values(linalg.eigvalsh, random([2, 20, 20], torch.float64));
			values(linalg.svdvals, random([40, 20], torch.float64));
			values(linalg.svdvals, random([2, 18, 30], torch.float32));
			for (const ord of [2, -2, "nuc"]) values((x) => linalg.matrixNorm(x, ord), random([20, 20], torch.float64));
			values(linalg.cond, random([20, 20], torch.float64));
			values(linalg.matrixRank, random([20, 20], torch.float64));
			values((x) => linalg.matrixRank(x, { hermitian: true }), random([20, 20], torch.float64));
			linalg.svdvals(random([20, 20], torch.float64).requiresGrad_()).sum().backward();`;
		const { said, lines } = factored(program);
		expect(lines.filter((line) => line !== "true")).toEqual([]);
		const alone = "without vectors of";
		expect(said.map((line) => line.replace("cuSOLVER: ", ""))).toEqual([
			`syevd ${alone} 20 x 20 doubles`,
			`syevBatched ${alone} 20 x 20 doubles, 2 times`,
			`gesvdj ${alone} 40 x 20 doubles`,
			`gesvdjBatched ${alone} 30 x 18 floats, 2 times`,
			...Array(5).fill(`gesvdj ${alone} 20 x 20 doubles`),
			`syevd ${alone} 20 x 20 doubles`,
			"gesvdj of 20 x 20 doubles",
		]);
		const again = factored(program, "cusolver=restless");
		expect(again.lines.filter((line) => line !== "true")).toEqual([]);
		expect(again.said).toContain(`cuSOLVER: gesvd ${alone} 40 x 20 doubles`);
	});

	test("rotations that do not end are done again by a bidiagonal matrix", () => {
		const { said, lines } = factored(
			`${promises}
			singular([40, 20]);
			singular([20, 40], torch.float32);
			singular([2, 30, 18]);`,
			"cusolver=restless",
		);
		kept(lines);
		expect(said.filter((line) => / gesvd of/.test(line))).toEqual(
			["40 x 20 doubles", "40 x 20 floats", "30 x 18 doubles", "30 x 18 doubles"].map(
				(of) => `cuSOLVER: gesvd of ${of}`,
			),
		);
	});

	test("factors and what is solved with them are the host's", () => {
		const { said, lines } = factored(`${promises}
			const { float32, float64 } = torch;
			const same = (what, f, inputs, tolerance = 1e-10) => {
				const [card, host] = [f(...inputs), f(...inputs.map((x) => x.cpu()))].map((results) => [...results]);
				const kinds = card.every((x, i) => x.dtype === host[i].dtype && String(x.shape) === String(host[i].shape));
				console.log(what, kinds && card.every((x, i) => near(x, host[i], tolerance)));
			};
			const factors = (x) => linalg.luFactorEx(x);
			same("lu", factors, [random([40, 40], float64)]);
			same("lu, wide", factors, [random([2, 33, 50], float64)]);
			same("lu, tall, turned", factors, [random([4, 34, 60], float32).mT], 1e-3);
			const positive = (n) => { const x = random([n, n], float64); return x.matmul(x.mT).add(torch.eye(n).cuda()); };
			same("cholesky", (x) => linalg.choleskyEx(x), [positive(33)]);
			same("cholesky, batch", (x) => linalg.choleskyEx(x, { upper: true }), [torch.stack([positive(34), positive(34).mul(2)]).mT]);
			for (const mode of ["reduced", "complete"]) {
				for (const shape of [[35, 35], [2, 50, 33], [33, 40]]) same("qr " + mode, (x) => linalg.qr(x, mode), [random(shape, float64)]);
			}
			same("solve", (a, b) => [linalg.solve(a, b)], [random([2, 40, 40], float64), random([2, 40, 3], float64).neg()], 1e-8);
			same("inverse", (a) => [linalg.inv(a)], [random([40, 40], float64)], 1e-8);
			same("determinant", (a) => [linalg.det(a).log()], [positive(40)]);
			same("gradient", (a) => { const x = a.detach().requiresGrad_(); linalg.inv(x).sum().backward(); return [x.grad]; }, [positive(40)]);
			same("ours", factors, [random([5, 40, 40], float64)]);
			same("small", factors, [random([32, 32], float64)]);`);
		kept(lines);
		const kinds = ["getrf", "getrs", "potrf", "geqrf", "orgqr"];
		expect(kinds.map((kind) => said.filter((line) => line.includes(` ${kind} of`)).length)).toEqual([12, 4, 3, 8, 8]);
		expect(said).toContain("cuSOLVER: getrf of 60 x 34 floats");
		expect(said).toContain("cuSOLVER: orgqr of 50 x 50 doubles");
	});

	test("what cannot be factored is named", () => {
		const { lines } = factored(`${promises}
			const x = torch.eye(40, { dtype: torch.float64, device: "cuda" });
			const at = (row, column, value) => { const y = x.clone(); y.setAt([row, column], value); return y; };
			show(() => linalg.choleskyEx(torch.stack([x, at(17, 17, -1)])).info.tolist());
			show(() => linalg.cholesky(at(7, 7, NaN)));
			show(() => linalg.inv(torch.stack([x, at(20, 20, 0)])));
			show(() => linalg.luFactorEx(torch.zeros(40, 40, { device: "cuda" })).info.item());
			const [lu, pivots] = linalg.luFactor(x);
			show(() => linalg.luSolve(lu, pivots.add(9), x).sum().item());
			show(() => linalg.luSolve(lu, pivots, x).sum().item());
			const step = torch.cuda.graph((x) => linalg.inv(x.add(1)).sum(), { warmup: 0 });
			show(() => step(x));
			const ex = torch.cuda.graph((x) => linalg.luFactorEx(x).LU, { warmup: 0 });
			for (let i = 0; i < 2; i++) show(() => near(ex(x), x, 0));`);
		const [infos, positive, inverse, zero, out, sum, read, ...captured] = lines;
		expect(infos).toBe("0,18");
		expect(positive).toContain("leading minor of order 8 is not positive-definite");
		expect(inverse).toContain("(batch element 1): the diagonal element 21 is zero");
		expect([zero, sum]).toEqual(["1", "40"]);
		expect(out).toMatch(/pivot \d+ is out of range for matrices of size 40/);
		expect(read).toContain("not possible in a captured step");
		expect(captured).toEqual(["true", "true"]);
	});

	test("what is not finite is named, and nothing of it reaches the library", () => {
		const { lines } = factored(`
			const x = torch.eye(20, { device: "cuda" });
			x.setAt([3, 5], NaN);
			show(() => torch.linalg.eigvalsh(x).sum().item());
			show(() => torch.linalg.eigvalsh(x.mT).sum().item());
			show(() => torch.linalg.svdvals(x).sum().item());
			show(() => torch.linalg.svdvals(torch.eye(20, { device: "cuda" })).sum().item());`);
		const reason = "the algorithm did not converge: the matrix holds NaN or infinity, or numbers too large";
		expect(lines).toEqual(["20", `[eigvalsh] ${reason}`, `[svdvals] ${reason}`, "20"]);
	});

	test("a library that does not start or is not there is one less; a captured step does without it", () => {
		const program = `${promises}
			eigen([20, 20]);
			singular([20, 18]);
			show(() => near(linalg.inv(random([40, 40], torch.float64)), linalg.inv(random([40, 40], torch.float64).cpu()), 1e-8));
			const { libraries } = require(${JSON.stringify(native)}).native.cudaInfo();
			show(() => libraries.find((library) => library.title === "cuSOLVER").problem);`;
		const broken = factored(program, "cusolver=broken");
		kept([...broken.lines.slice(0, 2), ` ${broken.lines[2]}`]);
		expect(broken.lines[3]).toMatch(/does not start on cuda:0: CUSOLVER_STATUS_NOT_INITIALIZED/);
		const off = runProgram(program, { ...standinEnvironment("cusolver=loud"), GRADBOOK_CUSOLVER: "off" });
		kept([...off.lines.slice(0, 2), ` ${off.lines[2]}`]);
		expect(off.lines[3]).toBe("cuSOLVER is switched off by GRADBOOK_CUSOLVER=off");
		expect(off.errors).not.toContain("cuSOLVER:");
		const captured = factored(`${promises}
			const x = random([20, 20], torch.float64);
			const step = torch.cuda.graph((x) => torch.linalg.svdvals(x), { warmup: 0 });
			for (let i = 0; i < 3; i++) show(() => near(step(x), torch.linalg.svdvals(x.cpu()), 1e-12));`);
		expect(captured).toEqual({ said: [], lines: ["true", "true", "true"] });
	});
});
