import * as torch from "gradbook";
import { expect, test } from "vitest";
import { readReference } from "../../support/reference";

/* Special functions against fifty digits (test/reference/make_gammas.py): PyTorch's are good to nine there. */

const reference = readReference<{ gamma: number[][]; erfcx: number[][]; ndtri: number[][] }>("gammas.json");
const { special } = torch;

const columns = (rows: number[][]) => rows[0]!.map((_, i) => rows.map((row) => row[i]!));
const double = (values: number[]) => torch.tensor(Float64Array.from(values));

function close(found: torch.Tensor, expected: number[]): void {
	(found.tolist() as number[]).forEach((value, i) => {
		expect(Math.abs(value / expected[i]! - 1), `${value} against ${expected[i]}`).toBeLessThan(2e-13);
	});
}

test("incomplete gamma functions keep their digits for large arguments", () => {
	const [a, x, p, q] = columns(reference.gamma) as [number[], number[], number[], number[]];
	close(special.gammainc(double(a), double(x)), p);
	close(special.gammaincc(double(a), double(x)), q);
});

test("erfcx and ndtri keep them far out", () => {
	const [x, scaled] = columns(reference.erfcx) as [number[], number[]];
	close(special.erfcx(double(x)), scaled);
	const [p, quantiles] = columns(reference.ndtri) as [number[], number[]];
	close(special.ndtri(double(p)), quantiles);
	const back = special.ndtr(special.ndtri(torch.tensor([0.001, 0.5, 0.9])));
	expect(torch.allclose(back, torch.tensor([0.001, 0.5, 0.9]))).toBe(true);
});

test("gradients that PyTorch has not are refused as PyTorch refuses them", () => {
	const a = torch.ones(2, { requiresGrad: true });
	const x = torch.ones(2);
	for (const [name, run] of [
		["gammainc: input", () => special.gammainc(a, x)],
		["gammaincc: input", () => special.gammaincc(a, x)],
		["zeta: self", () => special.zeta(a.add(1), x)],
	] as const) {
		expect(() => run().sum().backward()).toThrow(`the derivative for '${name}' is not implemented`);
	}
});
