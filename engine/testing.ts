import { noGrad } from "./core/gradMode";
import { float, size, tuple } from "./core/pythonText";
import { checkOptionNames, quoted } from "./core/signature";
import { Tensor } from "./core/tensor";
import { isclose } from "./ops";

/* `torch.testing`: comparisons for tests, which say where and by how much values differ. */

export interface AssertCloseOptions {
	/** Allowed part of the expected value. Default by dtype: 1.3e-6 for float32, 1e-7 for float64, 0 for whole numbers. */
	rtol?: number;
	/** Allowed difference; given together with `rtol`. Default by dtype: 1e-5 for float32, 1e-7 for float64, 0 for whole numbers. */
	atol?: number;
	/** Whether NaN equals NaN. Default false. */
	equalNan?: boolean;
	/** Default true. */
	checkDevice?: boolean;
	/** Default true. */
	checkDtype?: boolean;
	/** Default false. */
	checkStride?: boolean;
	/** The error's text, or a function that makes it of the usual one. */
	msg?: string | ((message: string) => string) | null;
}

const optionNames = ["rtol", "atol", "equalNan", "checkDevice", "checkDtype", "checkStride", "msg"];

/** By dtype: rtol, atol. */
const tolerances: Record<string, readonly [number, number]> = {
	float16: [1e-3, 1e-5],
	bfloat16: [1.6e-2, 1e-5],
	float32: [1.3e-6, 1e-5],
	float64: [1e-7, 1e-7],
};

type Comparable = Tensor | number | bigint | boolean | string | null | undefined | readonly unknown[] | object;

/**
 * Throws unless `actual` and `expected` are close: |actual − expected| ≤ atol + rtol · |expected|, with the same shape, dtype
 * and device. Numbers, and arrays, maps and objects of what can be compared, are compared too, item by item.
 */
export function assertClose(actual: Comparable, expected: Comparable, options: AssertCloseOptions = {}): void {
	checkOptionNames("assertClose", optionNames, options);
	if ((options.rtol === undefined) !== (options.atol === undefined)) {
		const missing = options.rtol === undefined ? "rtol" : "atol";
		throw new RangeError(
			`[assertClose] rtol and atol must be either both given or both left out, but got no ${missing}`,
		);
	}
	noGrad(() => compare(actual, expected, options, ""));
}

function compare(actual: unknown, expected: unknown, options: AssertCloseOptions, at: string): void {
	const fail: Fail = (message) => {
		const text = at === "" ? message : `${message}\n\nThe failure occurred for item ${at}`;
		const { msg } = options;
		throw new Error(typeof msg === "function" ? msg(text) : (msg ?? text));
	};
	const [found, wanted] = [entriesOf(actual), entriesOf(expected)];
	if (actual instanceof Tensor && expected instanceof Tensor) compareTensors(actual, expected, options, fail);
	else if (isNumber(actual) && isNumber(expected)) compareNumbers(Number(actual), Number(expected), options, fail);
	else if (found !== null && wanted !== null) compareAll(found, wanted, options, at, fail);
	else if (actual !== expected) fail(`Expected ${quoted(expected)} but got ${quoted(actual)}.`);
}

type Fail = (message: string) => never;

function isNumber(value: unknown): value is number | bigint | boolean {
	return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean";
}

/** The items of an array, a map or a plain object. */
function entriesOf(value: unknown): Map<unknown, unknown> | null {
	if (value instanceof Map) return value;
	if (value === null || typeof value !== "object" || value instanceof Tensor) return null;
	return new Map<unknown, unknown>(Array.isArray(value) ? value.entries() : Object.entries(value));
}

function compareAll(
	found: Map<unknown, unknown>,
	wanted: Map<unknown, unknown>,
	options: AssertCloseOptions,
	at: string,
	fail: Fail,
): void {
	if (found.size !== wanted.size) fail(`The length of the sequences mismatch: ${found.size} != ${wanted.size}`);
	for (const [key, value] of wanted) {
		if (!found.has(key)) fail(`The keys of the mappings do not match:\nMissing keys in the actual mapping: [${key}]`);
		compare(found.get(key), value, options, `${at}[${typeof key === "string" ? `'${key}'` : String(key)}]`);
	}
}

function compareTensors(actual: Tensor, expected: Tensor, options: AssertCloseOptions, fail: Fail): void {
	const { checkDevice = true, checkDtype = true, checkStride = false, equalNan = false } = options;
	const same = (name: string, a: string, b: string) => {
		if (a !== b) fail(`The values for attribute '${name}' do not match: ${a} != ${b}.`);
	};
	same("shape", size(actual.shape), size(expected.shape));
	if (checkStride) same("stride()", tuple(actual.stride()), tuple(expected.stride()));
	if (checkDevice) same("device", String(actual.device), String(expected.device));
	if (checkDtype) same("dtype", String(actual.dtype), String(expected.dtype));
	const [rtol, atol] = allowed(options, actual.dtype.name, expected.dtype.name);
	const [a, b] = [actual.detach().cpu(), expected.detach().cpu().to(actual.dtype)];
	const matches = isclose(a, b, { rtol, atol, equalNan });
	if (matches.all().item()) return;
	if (a.ndim === 0) fail(ofNumbers(a.item(), b.item(), rtol, atol));
	const wrong = matches.logicalNot();
	const count = wrong.sum().item();
	const exact = a.isFloatingPoint() ? [a, b] : [a.long(), b.long()];
	const differences = exact[0]!.sub(exact[1]!).abs().maskedFill(matches, 0);
	const relative = differences.div(exact[1]!.abs()).maskedFill(matches, 0);
	const share = ((count / a.numel()) * 100).toFixed(1);
	fail(
		[
			`Tensor-likes are not ${rtol === 0 && atol === 0 ? "equal" : "close"}!\n`,
			`Mismatched elements: ${count} / ${a.numel()} (${share}%)`,
			greatest("absolute", differences, atol, rtol === 0 && atol === 0, a.isFloatingPoint()),
			greatest("relative", relative, rtol, rtol === 0 && atol === 0, true),
		].join("\n"),
	);
}

function greatest(kind: string, differences: Tensor, allowed: number, exact: boolean, isFloat: boolean): string {
	const [value, place] = differences.flatten().max(0);
	const index: number[] = [];
	let rest = place!.item();
	for (const extent of differences.shape.toReversed()) {
		index.unshift(rest % extent);
		rest = Math.floor(rest / extent);
	}
	const number = isFloat ? float(value!.item()) : String(value!.item());
	return `Greatest ${kind} difference: ${number} at index ${tuple(index)}${exact ? "" : ` (up to ${float(allowed)} allowed)`}`;
}

function allowed(options: AssertCloseOptions, ...dtypes: readonly string[]): readonly [number, number] {
	const { rtol, atol } = options;
	if (rtol !== undefined && atol !== undefined) return [rtol, atol];
	const all = dtypes.map((name) => tolerances[name] ?? [0, 0]);
	return [Math.max(...all.map(([r]) => r!)), Math.max(...all.map(([, a]) => a!))];
}

function compareNumbers(actual: number, expected: number, options: AssertCloseOptions, fail: Fail): void {
	const whole = Number.isInteger(actual) && Number.isInteger(expected);
	const [rtol, atol] = allowed(options, whole ? "int64" : "float64");
	if (actual === expected || (options.equalNan && Number.isNaN(actual) && Number.isNaN(expected))) return;
	if (Number.isFinite(actual) && Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)) return;
	fail(ofNumbers(actual, expected, rtol, atol));
}

function ofNumbers(actual: number, expected: number, rtol: number, atol: number): string {
	const exact = rtol === 0 && atol === 0;
	const difference = Math.abs(actual - expected);
	const relative = expected === 0 ? Number.POSITIVE_INFINITY : difference / Math.abs(expected);
	const line = (kind: string, value: number, limit: number) =>
		`${kind} difference: ${exact && Number.isInteger(value) && kind === "Absolute" ? value : float(value)}${exact ? "" : ` (up to ${float(limit)} allowed)`}`;
	const text = (value: number) => (exact && Number.isInteger(value) ? String(value) : float(value));
	return [
		`Scalars are not ${exact ? "equal" : "close"}!\n`,
		`Expected ${text(expected)} but got ${text(actual)}.`,
		line("Absolute", difference, atol),
		line("Relative", relative, rtol),
	].join("\n");
}
