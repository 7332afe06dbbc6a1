import * as torch from "gradbook";
import { autograd, type DType, noGrad, Tensor } from "gradbook";
import { describe, expect, test } from "vitest";
import { type Layout, mismatch, number, numbersOf, uniform } from "../../reference/inputs";
import { type Case, casesOf, families, nameOf, prepare } from "../../reference/ops";
import { onCard, onDevice, settled } from "../../support/device";

/*
 * Every op against PyTorch (test/reference/make_ops.py): values, dtypes, graph nodes and gradients in float32 and float64,
 * as a function and as a method, from memory that is not contiguous, with a recorded backward pass; and by itself: first
 * and second derivatives against finite differences.
 */

const text = JSON.stringify;
const isFloat = (row: Case) => text([row.args, row.kwargs]).includes('"dtype":"float"');
const namesDtype = (row: Case) => /\{"dtype":"float64"\}/.test(text([row.args, row.kwargs]));

function checkValues(found: unknown[], row: Case, float: DType, what: string): void {
	expect(found.length, `${what}: number of results`).toBe(row.out.length);
	const [rtol, atol] = float === torch.float64 ? [1e-12, 1e-14] : [1e-5, 1e-6];
	row.out.forEach((expected, i) => {
		const got = found[i];
		if (expected.value !== undefined) {
			expect(got, `${what}: result ${i}`).toBe(expected.value);
			return;
		}
		if (!(got instanceof Tensor)) throw new Error(`${what}: result ${i} is ${String(got)}, expected a tensor`);
		expect(got.shape, `${what}: shape of result ${i}`).toEqual(expected.shape);
		const lowered = expected.dtype === "float64" && float !== torch.float64 && isFloat(row) && !namesDtype(row);
		expect(got.dtype.name, `${what}: dtype of result ${i}`).toBe(lowered ? float.name : expected.dtype);
		const half = /float16/.test(got.dtype.name);
		const values = expected.data!.map(number).map((v) => (got.dtype === torch.float32 ? Math.fround(v) : v));
		const wrong = mismatch(
			numbersOf(got),
			values,
			half ? 1e-2 : got.dtype === torch.float32 ? 1e-5 : rtol,
			half ? 1e-3 : atol,
		);
		if (wrong) throw new Error(`${what}: result ${i}: ${wrong}`);
	});
}

/** The differentiable results and the gradients that the reference started with. */
function rootsOf(found: unknown[]): [Tensor[], Tensor[]] {
	const roots: Tensor[] = [];
	const starts: Tensor[] = [];
	found.forEach((y, i) => {
		if (!(y instanceof Tensor) || !y.requiresGrad) return;
		roots.push(y);
		const values = uniform(y.numel(), 0.25, 1.75, 500 + i).map(Math.fround);
		starts.push(torch.tensor(Float64Array.from(values), { dtype: y.dtype }).view(y.shape));
	});
	return [roots, starts];
}

function checkGradients(
	found: unknown[],
	inputs: Tensor[],
	row: Case,
	float: DType,
	what: string,
	createGraph = false,
): void {
	const wanted = inputs.filter((x) => x.requiresGrad);
	const [roots, starts] = rootsOf(found);
	const grads = autograd.grad(roots, wanted, { gradOutputs: starts, allowUnused: true, createGraph });
	const [rtol, atol] = float === torch.float64 ? [1e-11, 1e-13] : [2e-5, 2e-6];
	const half = /float16/.test(text(row.out));
	row.grads!.forEach((expected, i) => {
		const got = grads[i] ?? null;
		if (expected === null || got === null) {
			// PyTorch says "none" where this engine may give zeros, and the other way round.
			expect(
				[...(expected ?? []), ...(got ? numbersOf(got) : [])].every((v) => v === 0),
				`${what}: gradient ${i}`,
			).toBe(true);
			return;
		}
		expect(got.shape, `${what}: shape of gradient ${i}`).toEqual(wanted[i]!.shape);
		expect(got.dtype, `${what}: dtype of gradient ${i}`).toBe(wanted[i]!.dtype);
		const wrong = mismatch(numbersOf(got), expected.map(number), half ? 1e-2 : rtol, half ? 1e-3 : atol);
		if (wrong) throw new Error(`${what}: gradient ${i}: ${wrong}`);
	});
}

function run(row: Case): void {
	const places = row.in;
	if (row.error !== undefined) {
		const { call } = prepare(row, torch.float32);
		expect(() => settled(call(places[0]!))).toThrow(/^\[/);
		return;
	}
	const floats = isFloat(row) ? [torch.float32, torch.float64] : [torch.float32];
	for (const float of floats) {
		const { inputs, call, byName } = prepare(row, float);
		const before = inputs.map(numbersOf);
		const found = call(places[0]!);
		checkValues(found, row, float, float.name);
		inputs.forEach((x, i) => {
			expect(numbersOf(x), `input ${i} is unchanged`).toEqual(before[i]);
		});
		if (row.grads) {
			const named = found.find((y): y is Tensor => y instanceof Tensor && y.gradFn !== null);
			if (row.node !== null && row.node !== undefined) expect(named?.gradFn?.name).toBe(row.node);
			checkGradients(found, inputs, row, float, float.name);
			checkGradients(call(places[0]!), inputs, row, float, `${float.name}, recorded`, true);
		}
		for (const place of places) {
			const named = noGrad(() => byName(place));
			if (named) checkValues(named, row, float, `${float.name} in ${place}, by name`);
		}
		for (const place of places.slice(1)) {
			checkValues(
				noGrad(() => call(place)),
				row,
				float,
				`${float.name} in ${place}`,
			);
		}
		if (row.layouts !== false) for (const layout of ["strided", "transposed"] as const) runLayout(row, float, layout);
	}
	// The derivatives are the same on a card: there their values are compared, not checked once more by differences.
	if (row.grads && row.numeric !== false && !onCard) checkNumerically(row);
}

function runLayout(row: Case, float: DType, layout: Layout): void {
	const { inputs, call, inPlace } = prepare(row, float, layout);
	if (inputs.every((x) => x.isContiguous())) return;
	const found = call(row.in[0]!);
	checkValues(found, row, float, `${float.name}, ${layout}`);
	if (row.grads) checkGradients(found, inputs, row, float, `${float.name}, ${layout}`);
	if (!inPlace) return;
	const written = noGrad(() => call(row.in[0]!, inputs, true));
	checkValues(written, row, float, `${float.name}, ${layout}, written`);
}

function checkNumerically(row: Case): void {
	const { inputs, call } = prepare(row, torch.float64);
	const fn = (...tensors: Tensor[]) =>
		call(row.in[0]!, tensors).filter((y): y is Tensor => y instanceof Tensor && y.isFloatingPoint());
	if (inputs.some((x) => x.numel() === 0)) return;
	autograd.gradcheck(fn, inputs);
	if (row.second !== false) autograd.gradgradcheck(fn, inputs, { atol: 1e-4 });
}

/**
 * cuDNN's tiles multiply what lies beside an element by zero, and so may spread NaN and infinity further than the formula does, as
 * PyTorch's do on a card: such cases are the engine's own kernels'.
 */
const spreads = (row: Case) =>
	onCard && /conv/.test(row.op) && [row.out, row.grads].some((x) => /"-?(nan|inf)/i.test(text(x) ?? ""));

function runOnDevice(row: Case): void {
	if (spreads(row)) torch.backends.cudnn.flags({ enabled: false }, () => onDevice(() => run(row)));
	else onDevice(() => run(row));
}

for (const family of families) {
	describe(family, () => {
		const rows = casesOf(family);
		const byOp = grouped(rows);
		for (const [op, cases] of byOp) {
			describe(op, () => {
				for (const row of cases) test(nameOf(row), () => runOnDevice(row));
			});
		}
	});
}

function grouped(rows: readonly Case[]): Map<string, Case[]> {
	const groups = new Map<string, Case[]>();
	for (const row of rows) groups.set(row.op, [...(groups.get(row.op) ?? []), row]);
	return groups;
}
