import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { type DType, Tensor } from "gradbook";
import { camel, decode, flatten, type Layout, makeInput, type Numeral, readCases, type Spec } from "./inputs";

/* The cases of ops (make_ops.py): what they call, with which tensors, and how they are named. */

interface Result {
	shape?: number[];
	dtype?: string;
	data?: Numeral[];
	value?: Numeral;
}

export interface Case {
	op: string;
	in: string[];
	args: unknown[];
	kwargs?: Record<string, unknown>;
	out: Result[];
	node?: string | null;
	grads?: (Numeral[] | null)[];
	error?: string;
	/** False where gradients are not compared with finite differences: at a kink. */
	numeric?: boolean;
	/** False where there is no second derivative. */
	second?: boolean;
	gradients?: boolean;
	layouts?: boolean;
}

/** By which names PyTorch takes what comes after the first argument (test/reference/make_names.py). */
const parameterNames = JSON.parse(readFileSync(join(__dirname, "ops/names.json"), "utf8")) as Record<string, string[]>;

/** PyTorch has these by names of its schemas that its documentation does not know. */
const otherNames = new Set([
	"where",
	"copy_",
	"isin",
	"split",
	"tensor_split",
	"hsplit",
	"vsplit",
	"dsplit",
	"scatter",
	"scatter_",
	"cholesky_solve",
	"linalg.matrix_rank",
	"linalg.tensorsolve",
]);

type Call = (...args: unknown[]) => unknown;

/** The op of a case at one of its places, taking all arguments (a method's tensor first). */
function find(name: string, place: string): Call {
	if (name === "__getitem__") return (x, indices) => (x as Tensor).at(...(indices as torch.Index[]));
	if (name === "__setitem__") {
		return (x, indices, value) => (x as Tensor).clone().setAt(indices as torch.Index[], value as Tensor);
	}
	const own = camel(name.split(".").at(-1)!);
	if (place === "Tensor") {
		return (x, ...rest) => {
			const found = (x as unknown as Record<string, unknown>)[own];
			if (found === undefined) throw new Error(`a tensor has no ${own}`);
			return typeof found === "function" ? (found as Call).apply(x, rest) : found;
		};
	}
	const path = place === "torch" ? [] : place.split(".");
	const module = path.reduce<unknown>((space, part) => (space as Record<string, unknown>)[part], torch);
	const found = (module as Record<string, Call>)[own];
	if (typeof found !== "function") throw new Error(`${place} has no ${own}`);
	return found;
}

/** One run of a case: its inputs and how to call it with them. */
export function prepare(row: Case, float: DType, layout: Layout = "contiguous") {
	const inputs: Tensor[] = [];
	const make = (spec: Spec) => {
		inputs.push(makeInput(spec, float, layout));
		return inputs.at(-1)!;
	};
	const args = decode(row.args, make) as unknown[];
	const options =
		row.kwargs &&
		Object.fromEntries(Object.entries(row.kwargs).map(([name, value]) => [camel(name), decode(value, make)]));
	const inPlace = row.op.endsWith("_") && !row.op.startsWith("__");
	/** Calls with other tensors in the places of the inputs. */
	const call = (place: string, tensors: readonly Tensor[] = inputs, overwrite = false): unknown[] => {
		const swap = (value: unknown): unknown => {
			if (value instanceof Tensor) return tensors[inputs.indexOf(value)] ?? value;
			return Array.isArray(value) ? value.map(swap) : value;
		};
		const given = swap(args) as unknown[];
		const named = options && Object.fromEntries(Object.entries(options).map(([name, value]) => [name, swap(value)]));
		if (inPlace && !overwrite) given[0] = (given[0] as Tensor).clone();
		return flatten(find(row.op, place)(...given, ...(named ? [named] : [])));
	};
	/** The same with all arguments but the first by name; null where PyTorch has no such names. */
	const byName = (place: string): unknown[] | null => {
		const names = parameterNames[`${row.op} ${row.args.length - 1}`];
		if (names === undefined || otherNames.has(row.op)) return null;
		const [first, ...rest] = args;
		const named = { ...options, ...Object.fromEntries(rest.map((value, i) => [camel(names[i]!), value])) };
		return flatten(find(row.op, place)(inPlace ? (first as Tensor).clone() : first, named));
	};
	return { inputs, call, byName, inPlace };
}

export function nameOf(row: Case): string {
	const short = (value: unknown): string => {
		if (Array.isArray(value)) return `[${value.map(short).join(", ")}]`;
		if (typeof value === "object" && value !== null && "tensor" in value) {
			const { shape, dtype } = value.tensor as Spec;
			return `${dtype}(${shape.join(",")})`;
		}
		return JSON.stringify(value);
	};
	const options = Object.entries(row.kwargs ?? {}).map(([name, value]) => `${name}=${short(value)}`);
	return `${row.op}(${[...row.args.map(short), ...options].join(", ")})`;
}

/** The files of cases. */
export const families = [
	"pointwise",
	"reductions",
	"shapes",
	"matrix",
	"indexing",
	"surface",
	"convolution",
	"pooling",
	"linalg",
	"dtypes",
	"found",
	"further",
	"special",
] as const;

export const casesOf = (family: string): Case[] => readCases<Case>(`ops/${family}.json`);
