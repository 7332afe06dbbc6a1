import { inspect } from "node:util";
import * as torch from "gradbook";
import { afterEach, describe, expect, test } from "vitest";
import { camel, dtypeNamed, type Numeral, number, readCases } from "../../reference/inputs";

/* Text of tensors, character for character PyTorch's (test/reference/make_printing.py). */

interface Case {
	values: (Numeral | string)[];
	dtype: string;
	shape: number[];
	text: string;
	graph?: string;
	options?: Record<string, unknown>;
	default?: string;
}

afterEach(() => {
	torch.setPrintoptions({ profile: "default" });
	torch.setDefaultDtype(torch.float32);
});

function made(row: Case): torch.Tensor {
	const dtype = dtypeNamed(row.dtype);
	const x =
		row.dtype === "int64"
			? torch.tensor(BigInt64Array.from(row.values.map((v) => BigInt(v))))
			: torch.tensor(Float64Array.from(row.values.map((v) => number(v as Numeral))), { dtype });
	const shaped = x.view(row.shape);
	if (!row.graph) return shaped;
	shaped.requiresGrad_();
	return row.graph === "leaf" ? shaped : (shaped as unknown as Record<string, () => torch.Tensor>)[row.graph]!();
}

test("a tensor is a text, and never a number that JavaScript's operators would make of it", () => {
	const x = torch.tensor([1, 2]);
	expect(`${x}`).toBe("tensor([1., 2.])");
	expect(`loss ${torch.tensor(0.5)}`).toBe("loss tensor(0.5000)");
	for (const operator of [(a: any) => -a, (a: any) => a * 2, (a: any) => a > 1, (a: any) => Math.log(a)]) {
		expect(() => operator(torch.tensor(2))).toThrow("[Tensor] JavaScript's operators take numbers, got a tensor");
	}
});

describe("text as PyTorch's", () => {
	readCases<Case>("printing.json").forEach((row, i) => {
		const about = [row.dtype, `[${row.shape}]`, row.graph, row.options && JSON.stringify(row.options), row.default];
		test(`${i}: ${about.filter(Boolean).join(" ")}`, () => {
			if (row.default) torch.setDefaultDtype(dtypeNamed(row.default));
			if (row.options) {
				torch.setPrintoptions(
					Object.fromEntries(Object.entries(row.options).map(([name, value]) => [camel(name), value])),
				);
			}
			expect(made(row).toString()).toBe(row.text);
		});
	});
});

test("String, template literals and util.inspect give the same text", () => {
	const x = torch.tensor([1, 2.5]);
	expect(String(x)).toBe("tensor([1.0000, 2.5000])");
	expect(`${x}`).toBe(String(x));
	expect(inspect(x)).toBe(String(x));
	expect(inspect({ x })).toBe("{ x: tensor([1.0000, 2.5000]) }");
});

test("a large tensor is summarised without touching all of it", () => {
	const x = torch.zeros(3000, 3000);
	const before = process.memoryUsage().arrayBuffers;
	expect(String(x)).toMatch(/^tensor\(\[\[0\., 0\., 0\., {2}\.\.\., 0\., 0\., 0\.\],\n/);
	expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
});

test("named results print as PyTorch's return types", () => {
	const { values, indices } = torch.tensor([3, 1, 2]).sort();
	expect(String(values)).toBe("tensor([1., 2., 3.])");
	expect(String(torch.tensor([3, 1]).sort())).toBe(
		"torch.return_types.sort(\nvalues=tensor([1., 3.]),\nindices=tensor([1, 0]))",
	);
	expect(indices.dtype).toBe(torch.int64);
});

test("options are checked by name", () => {
	expect(() => torch.setPrintoptions({ digits: 3 } as never)).toThrow(/unknown option "digits".*precision/);
	expect(() => torch.setPrintoptions({ profile: "long" as never })).toThrow(/profile must be/);
});

test("JSON has a tensor's elements", () => {
	const loss = torch.tensor(0.5, { requiresGrad: true });
	expect(JSON.stringify({ loss, classes: torch.tensor([[1n], [2n]]), odd: torch.tensor([Number.NaN]) })).toBe(
		'{"loss":0.5,"classes":[[1],[2]],"odd":[null]}',
	);
});
