import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { expect } from "vitest";

/* PyTorch's numbers, as test/reference/common.py writes them. */

export interface EncodedTensor {
	tensor: (number | "nan" | "inf" | "-inf" | boolean)[];
	shape: number[];
	dtype: torch.DTypeName;
}

export function readReference<T>(name: string): T & { torch: string } {
	return JSON.parse(readFileSync(join(__dirname, "..", "reference", name), "utf8"));
}

export function isEncodedTensor(value: unknown): value is EncodedTensor {
	return typeof value === "object" && value !== null && "tensor" in value;
}

const special: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

function numbers(encoded: EncodedTensor): number[] {
	return encoded.tensor.map((value) => (typeof value === "string" ? special[value]! : Number(value)));
}

export function dtypeNamed(name: torch.DTypeName): torch.DType {
	return (torch as Record<string, unknown>)[name] as torch.DType;
}

export function tensorOf(encoded: EncodedTensor, dtype: torch.DType = dtypeNamed(encoded.dtype)): torch.Tensor {
	return torch.tensor(numbers(encoded), { dtype }).reshape(encoded.shape);
}

/** Tensors among the values become tensors, `{torchDtype}` dtypes. */
export function decode(value: unknown): any {
	if (isEncodedTensor(value)) return tensorOf(value);
	if (Array.isArray(value)) return value.map(decode);
	if (typeof value === "object" && value !== null) {
		if ("torchDtype" in value) return dtypeNamed(value.torchDtype as torch.DTypeName);
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
	}
	return value;
}

export function camelCase(name: string): string {
	return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** PyTorch's keyword arguments as ours. */
export function optionsOf(kwargs: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [camelCase(key), decode(value)]));
}

export interface Tolerance {
	rtol: number;
	atol: number;
}

export const float32Tolerance: Tolerance = { rtol: 1e-5, atol: 1e-6 };
export const float64Tolerance: Tolerance = { rtol: 1e-12, atol: 1e-13 };

/** Compares values, shape and dtype; lists element by element. */
export function expectLike(found: unknown, expected: unknown, what: string, tolerance?: Tolerance): void {
	if (Array.isArray(expected)) {
		expect(Array.isArray(found), `${what} is a list`).toBe(true);
		expect((found as unknown[]).length, `length of ${what}`).toBe(expected.length);
		expected.forEach((item, i) => {
			expectLike((found as unknown[])[i], item, `${what}[${i}]`, tolerance);
		});
		return;
	}
	if (!isEncodedTensor(expected)) {
		expect(found, what).toEqual(expected);
		return;
	}
	if (!(found instanceof torch.Tensor)) throw new Error(`${what} should be a tensor, got ${String(found)}`);
	expect(found.shape, `shape of ${what}`).toEqual(expected.shape);
	expect(found.dtype.name, `dtype of ${what}`).toBe(expected.dtype);
	const { rtol, atol } = tolerance ?? (expected.dtype === "float64" ? float64Tolerance : float32Tolerance);
	const values = found.detach().reshape(-1).tolist() as number[];
	numbers(expected).forEach((wanted, i) => {
		const value = values[i]!;
		if (Object.is(value, wanted) || value === wanted || (Number.isNaN(value) && Number.isNaN(wanted))) return;
		if (!(Math.abs(value - wanted) <= atol + rtol * Math.abs(wanted))) {
			throw new Error(`${what}, element ${i}: expected ${wanted}, got ${value} (difference ${value - wanted})`);
		}
	});
}

/** The weights of common.py's `weights`. */
export function weights(output: torch.Tensor): torch.Tensor {
	const values = Float64Array.from({ length: output.numel() }, (_, i) => 0.5 + ((i * 37) % 11) / 7);
	return torch.tensor(values).to(output.device).to(output.dtype).reshape(output.shape);
}

function differentiable(outputs: unknown): torch.Tensor[] {
	if (outputs instanceof torch.Tensor) return outputs.requiresGrad ? [outputs] : [];
	return Array.isArray(outputs) ? outputs.flatMap(differentiable) : [];
}

/** What common.py's `backward` does. */
export function backward(outputs: unknown): void {
	const tensors = differentiable(outputs);
	if (tensors.length > 0) torch.autograd.backward(tensors, { gradTensors: tensors.map(weights) });
}
