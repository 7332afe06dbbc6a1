import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
	codes,
	firstDifference,
	grouped,
	type Handle,
	isFloat,
	type Name,
	nameOf,
	native,
	number,
	numbers,
	reference,
	tensor,
} from "./support";

/* Pointwise ops against what PyTorch gave: test/reference/native/pointwise.py. */

interface Case {
	op: string;
	parameters: (number | string)[];
	of: Name;
	scalar?: number | boolean;
	dtype?: Name;
	values?: (number | string | boolean)[];
	y?: (number | string)[];
	error?: string;
}
const data = reference("pointwise");
const points: number[] = data.points.map(number);
const rows = native as unknown as Record<string, (...args: unknown[]) => Handle>;

/** float32 to a few units in the last place; half types to one; double to the C libraries' difference. */
const tolerance: Partial<Record<Name, number>> = { float16: 1.1e-3, bfloat16: 8e-3, float32: 1e-6, float64: 1e-14 };

/** A few units in the last place of float32's smallest numbers. */
const SUBNORMAL = 1e-44;

/** Where results cancel (PyTorch's own last digits are not its mathematics'), or are composed of rounded steps there. */
const absolute: Record<string, number> = {
	gelu: 3e-7,
	geluBackward: 3e-7,
	geluTanh: 3e-7,
	geluTanhBackward: 3e-7,
	tanhBackward: 1e-6,
	tanhshrink: 4e-8,
	softsignBackward: 1e-7,
	logaddexp2: 5e-8,
	digamma: 1e-6,
};
const absoluteHalf: Record<string, number> = { tanhshrink: 4e-3, geluTanh: 3e-7, erf: 2e-8, logaddexp2: 2e-8 };
const absoluteDouble: Record<string, number> = {
	tanhshrink: 1e-17,
	tanhBackward: 1e-16,
	softsignBackward: 1e-19,
	logaddexp2: 1e-16,
	geluTanh: 1e-16,
	geluTanhBackward: 1e-16,
};

/**
 * Known differences: ops that PyTorch composes of others and refuses or wraps halfway for integers and bool, and NaN in
 * derivatives, where its vector and its scalar loops disagree with each other.
 */
function exempt(op: string, of: Name, expected: number, input: unknown): boolean {
	if (op === "softsign" && !isFloat(of)) return true;
	if (op === "copysign" && of === "bfloat16") return true;
	return op.endsWith("Backward") && (Number.isNaN(expected) || Number.isNaN(input as number));
}
const refusedByCompositionOnly = (op: string, of: Name) => of === "bool" && ["softsign", "tanhshrink"].includes(op);

function compare(op: string, of: Name, got: Handle, expected: Case, inputs: unknown[]): void {
	expect(nameOf(got)).toBe(expected.dtype);
	const type = expected.dtype!;
	const half = type === "float16" || type === "bfloat16";
	const near =
		(type === "float64" ? absoluteDouble : half ? absoluteHalf : absolute)[op] ?? (type === "float64" ? 0 : SUBNORMAL);
	const values = numbers(got);
	expected.values!.forEach((value, i) => {
		const wanted = number(value);
		if (exempt(op, of, wanted, inputs[i])) return;
		const difference = firstDifference([values[i]!], [wanted], isFloat(type) ? tolerance[type] : 0, near);
		expect(difference && `${op} of ${of} ${String(inputs[i])}: ${difference}`).toBeUndefined();
	});
}

function check(c: Case, run: () => Handle, inputs: unknown[]): void {
	if (c.error) {
		if (!refusedByCompositionOnly(c.op, c.of)) expect(run).toThrow();
	} else {
		compare(c.op, c.of, run(), c, inputs);
	}
}

describe("one input", () => {
	test.each(grouped<Case>(data.unary, (c) => c.op))("%s", (op, cases) => {
		for (const c of cases) {
			const inputs = isFloat(c.of) ? points : (data.whole as number[]);
			check(c, () => rows[op]!(tensor(inputs, undefined, c.of), ...c.parameters.map(number)), inputs);
		}
	});
});

describe("derivatives", () => {
	const fromResult = new Set(["sigmoid", "tanh", "relu"]);
	const cases = (data.grads as Case[]).filter((c) => native.table().includes(`${c.op}Backward`));
	test.each(grouped(cases, (c) => c.op))("%s", (op, list) => {
		for (const c of list) {
			const gradient = native.linspace(-2, 3, points.length, codes[c.of]);
			const saved = tensor(fromResult.has(op) ? c.y!.map(number) : points, undefined, c.of);
			const parameters = op === "threshold" ? c.parameters.slice(0, 1) : c.parameters;
			const got = rows[`${op}Backward`]!(gradient, saved, ...parameters.map(number));
			compare(`${op}Backward`, c.of, got, { ...c, dtype: c.of }, points);
		}
	});
	test("there is a case for every derivative", () => {
		const table = readFileSync(join(__dirname, "../../../engine/native/ops/pointwise.def"), "utf8");
		const backward = [...table.matchAll(/^GB_GRAD\((\w+)/gm)].map(([, name]) => name!);
		expect(backward.length).toBeGreaterThan(10);
		expect(backward.filter((name) => !cases.some((c) => `${c.op}Backward` === name))).toEqual([]);
	});
});

describe("two inputs", () => {
	test.each(grouped<Case>(data.binary, (c) => c.op))("%s", (op, cases) => {
		for (const c of cases) {
			// PyTorch's Python function takes tensors only; its operators take numbers, and so do we.
			if (c.error?.includes("must be Tensor")) continue;
			// A bool to the power of true: the one power of bool that PyTorch has.
			if (op === "pow" && c.of === "bool") continue;
			const pairs: [number, number][] = (isFloat(c.of) ? data.pairs : data.wholes).map((p: string[]) => p.map(number));
			const second = pairs.map(([, b]) => (op === "pow" && !isFloat(c.of) ? Math.abs(b) : b));
			const a = tensor(
				pairs.map(([value]) => value),
				undefined,
				c.of,
			);
			const b = c.scalar ?? tensor(second, undefined, c.of);
			check(c, () => (op === "add" || op === "sub" ? rows[op]!(a, b, 1) : rows[op]!(a, b)), pairs);
		}
	});
});

test("type promotion is PyTorch's, for every pair of types and ranks", () => {
	const operand = (kind: string, value: Name | number | boolean) =>
		kind === "number" ? (value as number) : native.empty(kind === "dim" ? [2] : [], codes[value as Name]);
	for (const [kindA, a, kindB, b, expected] of data.promotion) {
		const got = Object.entries(codes).find(
			([, code]) => code === native.resultType(operand(kindA, a), operand(kindB, b)),
		);
		expect([kindA, a, kindB, b, got?.[0]]).toEqual([kindA, a, kindB, b, expected]);
	}
});

test("a result is written into a tensor of its own or a higher kind only", () => {
	for (const [to, from, expected] of data.inplace as [Name, Name, Case][]) {
		const x = tensor([1, 1], undefined, to);
		const run = () => native.mul(x, tensor([1, 1], undefined, from), x);
		if (expected.error) expect(run).toThrow(`[mul] ${expected.error}`);
		else expect(nameOf(run())).toBe(to);
	}
});

test("memory that is shared in part is not written", () => {
	const x = tensor([1, 2, 3, 4]);
	const wide = native.expand(tensor([1]), [4]);
	expect(() => native.add(wide, 1, 1, wide)).toThrow("more than one element of the written-to tensor");
	const [head, tail] = [native.slice(x, 0, 0, 3, 1), native.slice(x, 0, 1, 4, 1)];
	expect(() => native.add(head, tail, 1, head)).toThrow("some elements of the input tensor and the written-to tensor");
	expect(() => native.add(tensor([1]), x, 1, tensor([1]))).toThrow(
		"output with shape [1] doesn't match the broadcast shape [4]",
	);
	native.copy_(tail, head);
	expect(numbers(x)).toEqual([1, 1, 2, 3]);
});

test("integers divided by zero are an error", () => {
	const [a, zero] = [tensor([1, 2], undefined, "int64"), tensor([1, 0], undefined, "int64")];
	for (const op of ["floorDivide", "truncDivide", "remainder", "fmod"] as const) {
		expect(() => native[op](a, zero)).toThrow("ZeroDivisionError");
		expect(() => native[op](a, 0)).toThrow("ZeroDivisionError");
	}
	expect(() => native.pow(a, -1)).toThrow("Integers to negative integer powers are not allowed");
	expect(numbers(native.div(a, zero))).toEqual([1, Number.POSITIVE_INFINITY]);
});

describe("a result so large that it goes past the caches", () => {
	const many = (1 << 23) + 77;
	const [x, y] = [1, 2].map((seed) => {
		const all = native.empty([many + 8], codes.float32);
		native.normal_(all, native.generator(seed), 0, 2);
		return native.slice(all, 0, seed, many + seed, 1); // not where a line of memory begins
	}) as [Handle, Handle];
	const ops: Record<string, (a: Handle, b: Handle, out?: Handle) => Handle> = {
		relu: (a, _, out) => native.relu(a, out),
		log1p: (a, _, out) => native.log1p(a, out),
		add: (a, b, out) => native.add(a, b, 2, out),
		scaled: (a, _, out) => native.mul(0.5, a, out),
		atLeast: (a, _, out) => native.maximum(a, 0.25, out),
		siluBackward: (a, b) => native.siluBackward(a, b),
		addcmul: (a, b) => native.addcmul(a, b, a, 0.5),
		lt: (a, b, out) => native.lt(a, b, out),
		where: (a, b) => native.where(native.lt(a, b), a, b),
		maskedFill: (a, b) => native.maskedFill(a, native.lt(a, b), 7),
	};
	const parts = [0, 1000, many >> 1, many - 300];
	const part = (t: Handle, at: number) => native.slice(t, 0, at, at + 300, 1);

	test.each(Object.entries(ops))("%s", (_, op) => {
		const whole = op(x, y);
		for (const at of parts) {
			expect(numbers(part(whole, at))).toEqual(numbers(op(part(x, at), part(y, at))));
		}
		if (op.length < 3) return;
		const room = native.empty([many + 8], native.dtype(whole));
		const out = native.slice(room, 0, 5, many + 5, 1);
		op(x, y, out);
		for (const at of parts) expect(numbers(part(out, at))).toEqual(numbers(part(whole, at)));
		if (native.dtype(whole) !== codes.float32) return;
		const own = native.clone(x);
		op(own, y, own); // in place
		expect(numbers(part(own, many - 300))).toEqual(numbers(part(whole, many - 300)));
	});
});
