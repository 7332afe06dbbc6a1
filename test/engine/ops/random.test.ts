import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { camel, dtypeNamed, mismatch, type Numeral, number, numbersOf, readCases } from "../../reference/inputs";

/* The same seed, the same numbers as PyTorch (test/reference/make_random.py). */

interface Step {
	kind: string;
	size: number[];
	dtype: string;
	args: unknown[];
	out: Numeral[];
	is: string;
}

interface Case {
	seed: string;
	own?: boolean;
	steps: Step[];
}

type InPlace = (...args: unknown[]) => torch.Tensor;

function draw({ kind, size, dtype: name, args }: Step, generator: torch.Generator | undefined): torch.Tensor {
	const dtype = dtypeNamed(name);
	const more = generator && { generator };
	const [a, b, c] = args as [number, number, boolean];
	switch (kind) {
		case "rand":
			return torch.rand(size, { dtype, ...more });
		case "randn":
			return torch.randn(size, { dtype, ...more });
		case "randint":
			return torch.randint(a, b, size, { dtype, ...more });
		case "randperm":
			return torch.randperm(a, more);
		case "bernoulli":
			return torch.bernoulli(torch.full(size, a, { dtype }), more);
		case "multinomial":
			return torch.multinomial(torch.tensor(args[0] as number[]), b, { replacement: c, ...more });
		case "normal":
			return torch.normal(a, b, size, more);
		case "dropout":
			return torch.nn.functional.dropout(torch.ones(size, { dtype }), a);
		case "strided_normal_":
			return torch
				.zeros([...size, 2])
				.at("...", 0)
				.normal_(more);
		case "turned": {
			const [op, ...rest] = args as [string, ...number[]];
			const x = torch.zeros(size, { dtype }).t();
			return (x as unknown as Record<string, InPlace>)[camel(op)]!(...rest);
		}
		case "normals": {
			const [mean, std] = (args as [string, number[]][]).map(([of, values]) => {
				return torch.tensor(values, { dtype: dtypeNamed(of) });
			});
			return torch.normal(mean!, std!, more);
		}
		case "like": {
			const [op, ...bounds] = args as [string, ...number[]];
			const call = (torch as unknown as Record<string, InPlace>)[camel(op)]!;
			return call(torch.full(size, 0.5, { dtype }).t(), ...bounds);
		}
		default: {
			const x = torch.zeros(size, { dtype });
			const method = (x as unknown as Record<string, InPlace>)[kind]!;
			return method.apply(x, more ? [...args, more] : args);
		}
	}
}

describe("numbers as PyTorch's", () => {
	for (const row of readCases<Case>("random.json")) {
		const name = row.steps.map(({ kind, size, dtype, args }) => `${kind}[${size}] ${dtype} ${JSON.stringify(args)}`);
		test(`seed ${row.seed}${row.own ? " of an own generator" : ""}: ${name.join("; ")}`, () => {
			const seed = BigInt(row.seed);
			torch.manualSeed(row.own ? 0 : seed);
			const generator = row.own ? new torch.Generator().manualSeed(seed) : undefined;
			row.steps.forEach((step, i) => {
				const found = draw(step, generator);
				expect(found.dtype.name, `dtype of step ${i}`).toBe(step.is);
				// A summary of a long result: its end.
				const values = numbersOf(found).slice(-step.out.length || undefined);
				const expected = step.out.map(number);
				const tolerance = found.dtype === torch.float64 ? 1e-13 : /16/.test(found.dtype.name) ? 1e-3 : 3e-7;
				const wrong = mismatch(values, expected, tolerance, tolerance);
				if (wrong) throw new Error(`step ${i} (${step.kind}): ${wrong}`);
			});
		});
	}
});

test("a state that was kept gives the same numbers again", () => {
	const generator = new torch.Generator().manualSeed(3);
	torch.randn(3, { generator });
	const state = generator.getState();
	const first = torch.randn(5, { generator });
	generator.setState(state);
	expect(torch.randn(5, { generator }).equal(first)).toBe(true);
	generator.setState(torch.tensor(state, { dtype: torch.uint8 }));
	expect(torch.randn(5, { generator }).equal(first)).toBe(true);
	expect(() => generator.setState(torch.zeros(5056))).toThrow("[setState] expected a tensor of uint8");
});

test("an own generator leaves the default one alone", () => {
	torch.manualSeed(1);
	const expected = torch.rand(2);
	torch.manualSeed(1);
	torch.rand(5, { generator: new torch.Generator().manualSeed(9) });
	expect(torch.rand(2).equal(expected)).toBe(true);
});

test("what cannot be drawn is refused", () => {
	expect(() => torch.randint(5, 5, [2])).toThrow(/\[randint\] low must be less than high/);
	expect(() => torch.randperm(-1)).toThrow(/\[randperm\]/);
	expect(() => torch.randperm(129, { dtype: torch.int8 })).toThrow(/\[randperm\] n cannot be greater than 128/);
	expect(() => torch.randint(200, [2], { dtype: torch.int8 })).toThrow(/\[randint_\] to - 1 is out of bounds for int8/);
	expect(() => torch.zeros(2).bool().random_(-1, 2)).toThrow(/\[randint_\] from is out of bounds for bool/);
	expect(() => torch.normal(torch.zeros(2), -1)).toThrow(/\[normal\] std must not be negative, got -1/);
	expect(() => torch.normal(0, torch.tensor([1, -2]))).toThrow(/\[normal\] std must not be negative, got -2/);
	expect(() => torch.zeros(2).bool().geometric_(0.5)).toThrow(/\[geometric_\]/);
	expect(() => torch.rand(-1)).toThrow(/\[rand\] sizes cannot be negative/);
	expect(() => torch.rand(2, { seed: 3 } as never)).toThrow(/\[rand\] unknown option "seed"/);
	expect(() => torch.zeros(2).uniform_(3, 1)).toThrow(/\[uniform_\]/);
	expect(() => torch.zeros(2).normal_(0, -1)).toThrow(/\[normal_\]/);
	expect(() => torch.multinomial(torch.tensor([0.5, 0.5]), 3)).toThrow(/\[multinomial\]/);
	expect(() => torch.manualSeed(1.5)).toThrow(/\[manualSeed\]/);
});
