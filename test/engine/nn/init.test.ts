import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import {
	camelCase,
	dtypeNamed,
	type EncodedTensor,
	expectLike,
	optionsOf,
	readReference,
} from "../../support/reference";

/* Initialisers against PyTorch's numbers: test/reference/make_init.py. */

const { init } = torch.nn;

interface Case {
	name: string;
	seed: number;
	shape: number[];
	dtype: torch.DTypeName;
	/** The transpose of a tensor of that shape. */
	turned?: boolean;
	args: number[];
	kwargs: Record<string, unknown>;
	result: EncodedTensor;
	/** What the generator gives next: as many numbers were drawn as PyTorch draws. */
	after: EncodedTensor;
}

const { cases, gains } = readReference<{
	cases: Case[];
	gains: { nonlinearity: torch.nn.init.Nonlinearity; param: number | null; gain: number }[];
}>("nn_init.json");

describe("initialisers give PyTorch's numbers", () => {
	test.each(cases)("$name $args $kwargs of $shape, $dtype", (given) => {
		torch.manualSeed(given.seed);
		const whole = torch.full(given.shape, 7, { dtype: dtypeNamed(given.dtype) });
		const tensor = given.turned ? whole.t() : whole;
		const options = optionsOf(given.kwargs);
		const fn = (init as any)[`${camelCase(given.name.replace(/_$/, ""))}_`];
		const out = fn(tensor, ...given.args, ...(Object.keys(options).length > 0 ? [options] : []));
		expect(out).toBe(tensor);
		const double = given.dtype === "float64";
		const orthogonal = given.name === "orthogonal_";
		// PyTorch's QR is computed in the tensor's own precision.
		const rtol = orthogonal ? (double ? 1e-12 : 3e-5) : double ? 1e-13 : 1e-6;
		expectLike(tensor, given.result, given.name, {
			rtol,
			atol: orthogonal ? (double ? 1e-13 : 3e-6) : 1e-7 * (double ? 1e-6 : 1),
		});
		expectLike(torch.rand(3), given.after, "the numbers after it", { rtol: 0, atol: 0 });
	});

	test.each(gains)("calculateGain($nonlinearity, $param)", ({ nonlinearity, param, gain }) => {
		expect(init.calculateGain(nonlinearity, param)).toBeCloseTo(gain, 14);
	});
});

describe("initialisers", () => {
	test("write in place outside the graph, and are noticed", () => {
		const weight = new torch.nn.Parameter(torch.zeros(3, 2));
		const doubled = weight.mul(weight);
		init.normal_(weight);
		expect(weight.gradFn).toBeNull();
		expect(weight.requiresGrad).toBe(true);
		expect(() => doubled.sum().backward()).toThrow(/modified by an in-place operation/);
	});

	test("take a generator of one's own", () => {
		const generator = new torch.Generator().manualSeed(3);
		const a = init.uniform_(torch.empty(4), { generator });
		torch.manualSeed(3);
		expect(a.tolist()).toEqual(torch.rand(4).tolist());
	});

	test("work on views that are not contiguous", () => {
		torch.manualSeed(0);
		const whole = torch.zeros(4, 6);
		init.constant_(whole.t().narrow(0, 1, 2), 5);
		expect(whole.sum().item()).toBe(40);
		init.xavierUniform_(whole.t());
		expect(whole.eq(0).any().item()).toBe(0);
	});

	test.each([
		["kaimingUniform_", () => init.kaimingUniform_(torch.empty(3)), /fan in and fan out.*\[3\]/],
		["mode", () => init.kaimingUniform_(torch.empty(3, 3), { mode: "fan" as never }), /mode "fan" not supported/],
		["nonlinearity", () => init.calculateGain("swish" as never), /unsupported nonlinearity "swish"/],
		["orthogonal_", () => init.orthogonal_(torch.empty(3)), /2 or more dimensions/],
		["eye_", () => init.eye_(torch.empty(3)), /2 dimensions.*\[3\]/],
		["dirac_", () => init.dirac_(torch.empty(3, 3)), /3, 4 or 5 dimensions/],
		["dirac_ groups", () => init.dirac_(torch.empty(4, 2, 3), 3), /divisible by groups/],
		["sparse_", () => init.sparse_(torch.empty(4, 2), 1.5), /sparsity must lie between 0 and 1, got 1.5/],
		["normal_", () => init.normal_(torch.empty(4), 0, -1), /std >= 0.0, but found std -1/],
		["an unknown option", () => init.kaimingNormal_(torch.empty(3, 3), { gain: 2 } as never), /unknown option "gain"/],
	])("%s: an error that says what is wrong", (_, run, message) => {
		expect(run).toThrow(message);
	});
});

test("He's initialisations take their parameters in place and by name", () => {
	for (const initialise of [init.kaimingUniform_, init.kaimingNormal_]) {
		const values = (fill: (w: torch.Tensor) => torch.Tensor) => {
			torch.manualSeed(3);
			return fill(torch.empty(3, 2)).tolist();
		};
		const named = values((w) => initialise(w, { a: 0.2, mode: "fan_out", nonlinearity: "leaky_relu" }));
		expect(values((w) => initialise(w, 0.2, "fan_out"))).toEqual(named);
		expect(values((w) => initialise(w, 0.2, { mode: "fan_out", nonlinearity: "leaky_relu" }))).toEqual(named);
		expect(values((w) => initialise(w, 0.2, "fan_out", "leaky_relu"))).toEqual(named);
	}
});
