import { type Scalar, Tensor } from "../core/tensor";
// The methods that this file names anew must be there.
import { div, mul, sub } from "./arithmetic";
import "./binary";
import "./compare";
import "./unary";
import type { BinaryMethods } from "./binary";
import type { CompareMethods } from "./compare";
import type { By } from "./parameters";
import type { UnaryMethods } from "./unary";

/*
 * Second names that PyTorch has for some pointwise functions, as one table: the function, the method and the in-place method
 * (where the first name has one) are those of the first name.
 */

/** a ± alpha·b */
type Sum = (...args: [other: Tensor | Scalar, options?: { alpha?: number }] | By<"sub">) => Tensor;
/** a · b */
type Product = (...args: [other: Tensor | Scalar] | By<"mul">) => Tensor;
/** a / b; `roundingMode` "trunc" or "floor" rounds the quotient */
type Quotient = (
	...args: [other: Tensor | Scalar, options?: { roundingMode?: "trunc" | "floor" | null }] | By<"div">
) => Tensor;

type Methods = UnaryMethods & BinaryMethods & CompareMethods & { neg(): Tensor; sub: Sum; mul: Product; div: Quotient };

const table = {
	absolute: "abs",
	negative: "neg",
	fix: "trunc",
	arcsin: "asin",
	arccos: "acos",
	arctan: "atan",
	arcsinh: "asinh",
	arccosh: "acosh",
	arctanh: "atanh",
	subtract: "sub",
	multiply: "mul",
	divide: "div",
	trueDivide: "div",
	arctan2: "atan2",
	greater: "gt",
	greaterEqual: "ge",
	less: "lt",
	lessEqual: "le",
	notEqual: "ne",
} as const satisfies Record<string, keyof Methods>;

type Name = keyof typeof table;
type AliasMethods = { [K in Name]: Methods[(typeof table)[K]] };
type InPlaceMethods = { [K in Name as `${K}_`]: Methods[(typeof table)[K]] };
type Functions = {
	readonly [K in Name]: (x: Tensor, ...args: Parameters<Methods[(typeof table)[K]]>) => Tensor;
};

declare module "../core/tensor" {
	interface Tensor extends AliasMethods, InPlaceMethods {}
}

const functions = {} as Record<Name, (x: Tensor, ...args: unknown[]) => Tensor>;
for (const [name, first] of Object.entries(table) as [Name, string][]) {
	for (const suffix of ["", "_"]) {
		const method = Object.getOwnPropertyDescriptor(Tensor.prototype, first + suffix);
		if (method === undefined) throw new Error(`[${name}] stands for ${first}${suffix}, which is not there`);
		Object.defineProperty(Tensor.prototype, name + suffix, method);
	}
	functions[name] = (x, ...args) => (x as unknown as Record<string, (...args: unknown[]) => Tensor>)[first]!(...args);
}

export const {
	absolute,
	negative,
	fix,
	arcsin,
	arccos,
	arctan,
	arcsinh,
	arccosh,
	arctanh,
	arctan2,
	greater,
	greaterEqual,
	less,
	lessEqual,
	notEqual,
}: Functions = functions as Functions;

// As functions these take a number first too.
export { div as divide, div as trueDivide, mul as multiply, sub as subtract };
