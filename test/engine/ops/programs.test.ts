import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { autograd, Tensor } from "gradbook";
import { expect, test } from "vitest";
import { camel, dtypeNamed, mismatch, type Numeral, number, numbersOf } from "../../reference/inputs";
import { onDevice, settled } from "../../support/device";

/* Random programs against PyTorch (test/reference/make_programs.py): every value on the way, errors, and gradients. */

interface Plain {
	shape: number[];
	dtype: string;
	data: Numeral[];
}

type Argument = number | number[] | { value: number };

interface Program {
	inputs: (Plain & { wants: boolean })[];
	steps: [op: string, tensor: number, arguments: Argument[]][];
	results: Plain[][];
	error?: string;
	grads?: (Plain | null)[];
}

const { programs } = JSON.parse(readFileSync(join(__dirname, "../../reference/programs.json"), "utf8")) as {
	programs: Program[];
};

const tolerances: Record<string, number> = { float16: 2e-3, float32: 2e-5, float64: 1e-10 };

function same(found: Tensor, expected: Plain, where: string): void {
	expect(found.shape, where).toEqual(expected.shape);
	expect(found.dtype.name, where).toBe(expected.dtype);
	const tolerance = tolerances[expected.dtype] ?? 0;
	const wrong = mismatch(numbersOf(found).map(Number), expected.data.map(number), tolerance, tolerance);
	if (wrong) throw new Error(`${where}: ${wrong}`);
}

function run({ inputs, steps, results, error, grads }: Program): void {
	const leaves = inputs.map(({ shape, dtype, data, wants }) =>
		torch
			.tensor(Float64Array.from(data.map(number)), { dtype: dtypeNamed(dtype) })
			.reshape(shape)
			.requiresGrad_(wants),
	);
	const values = [...leaves];
	steps.forEach(([op, at, given], i) => {
		const where = `step ${i}, ${op}`;
		const rest = given.map((one) => (typeof one === "object" && "value" in one ? values[one.value]! : one));
		const method = (values[at] as unknown as Record<string, (...args: unknown[]) => Tensor | Tensor[]>)[camel(op)]!;
		const call = () => method.apply(values[at], rest);
		if (results[i] === undefined) {
			expect(() => settled(call()), `${where}: PyTorch says ${error}`).toThrow(/^\[/);
			return;
		}
		const result = call();
		const found = result instanceof Tensor ? [result] : [...result];
		expect(found.length, where).toBe(results[i]!.length);
		found.forEach((value, k) => {
			same(value, results[i]![k]!, where);
		});
		values.push(...found);
	});
	if (!grads) return;
	const wanted = leaves.filter((leaf) => leaf.requiresGrad);
	const last = values.at(-1)!;
	const slopes = autograd.grad(last, wanted, { gradOutputs: torch.onesLike(last), allowUnused: true });
	grads.forEach((expected, i) => {
		const slope = slopes[i] ?? null;
		if (expected && slope) same(slope, expected, `gradient ${i}`);
		// PyTorch says "none" where this engine may give zeros, and the other way round.
		else expect([...(expected?.data ?? []), ...(slope ? numbersOf(slope) : [])].every((v) => v === 0)).toBe(true);
	});
}

const text = (program: Program) =>
	`${program.inputs.map(({ shape, dtype }) => `${dtype}(${shape})`).join(", ")}: ${program.steps
		.map(([op, at, given]) => `${op}(${[at, ...given.map((one) => JSON.stringify(one))].join(", ")})`)
		.join("; ")}`;

test.each(programs.map((program, i) => [`${i}: ${text(program)}`, program] as const))("%s", (_, program) =>
	onDevice(() => run(program)),
);
