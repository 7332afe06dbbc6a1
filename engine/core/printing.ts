import { getDefaultDtype } from "./defaults";
import { bool, type DType, int64 } from "./dtype";
import { native } from "./native";
import { fixed, scientific } from "./pythonText";
import { Tensor } from "./tensor";

/* Tensors as text, character for character as PyTorch writes them. */

export interface PrintOptions {
	/** Digits after the point. Default 4. */
	precision: number;
	/** Tensors with more elements are summarised. Default 1000. */
	threshold: number;
	/** Elements shown at either end of a summarised dimension. Default 3. */
	edgeitems: number;
	/** Characters of a line. Default 80. */
	linewidth: number;
	/** Scientific notation: always, never, or (null, the default) where the numbers ask for it. */
	sciMode: boolean | null;
}

const profiles = {
	default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
	short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
	full: { precision: 4, threshold: Number.POSITIVE_INFINITY, edgeitems: 3, linewidth: 80 },
};

const settings: PrintOptions = { ...profiles.default, sciMode: null };

/** Changes how tensors print. `profile` gives a set of values that the other options then change. */
export function setPrintoptions(options: Partial<PrintOptions> & { profile?: keyof typeof profiles } = {}): void {
	const { profile, ...changes } = options;
	for (const name of Object.keys(changes)) {
		if (!(name in settings)) {
			throw new TypeError(
				`[setPrintoptions] unknown option "${name}"; it takes ${Object.keys(settings).join(", ")}, profile`,
			);
		}
	}
	if (profile !== undefined && !(profile in profiles)) {
		throw new TypeError(
			`[setPrintoptions] profile must be "default", "short" or "full", got ${JSON.stringify(profile)}`,
		);
	}
	Object.assign(settings, profile && profiles[profile], { sciMode: null });
	for (const [name, value] of Object.entries(changes))
		if (value !== undefined) Object.assign(settings, { [name]: value });
}

/** The present options. */
export function getPrintoptions(): PrintOptions {
	return { ...settings };
}

/** The elements that are shown, row-major: numbers, bigints for int64, 0 and 1 for bool. */
interface Grid {
	elements: ArrayLike<number | bigint>;
	shape: readonly number[];
	/** Dimensions of which only the ends are there. */
	gaps: readonly boolean[];
}

function gridOf(x: Tensor): Grid {
	let handle = x.handle;
	const edge = settings.edgeitems;
	const summarize = x.numel() > settings.threshold;
	const gaps = x.shape.map((size) => summarize && size > 2 * edge);
	gaps.forEach((gap, dim) => {
		if (!gap) return;
		const size = x.size(dim);
		const ends = [native.slice(handle, dim, 0, edge, 1), native.slice(handle, dim, size - edge, size, 1)];
		handle = native.cat(ends, dim);
	});
	const elements = x.dtype.isFloatingPoint ? native.toNumbers(handle) : native.toData(handle);
	return { elements, shape: native.shape(handle), gaps };
}

/** Widths and notation for all elements of one tensor. */
class Formatter {
	readonly #isFloat: boolean;
	#integers = true;
	#scientific = false;
	width = 1;
	readonly #isBool: boolean;

	constructor(values: ArrayLike<number | bigint>, dtype: DType) {
		this.#isFloat = dtype.isFloatingPoint;
		this.#isBool = dtype === bool;
		if (!this.#isFloat) {
			for (const value of Array.from(values)) this.width = Math.max(this.width, this.#plain(value).length);
			return;
		}
		const numbers: number[] = [];
		let least = Number.POSITIVE_INFINITY;
		let most = 0;
		for (const value of values as Float64Array) {
			if (!Number.isFinite(value) || value === 0) continue;
			numbers.push(value);
			const size = Math.abs(value);
			if (size < least) least = size;
			if (size > most) most = size;
			if (!Number.isInteger(value)) this.#integers = false;
		}
		if (numbers.length === 0) return;
		this.#scientific = settings.sciMode ?? (most / least > 1000 || most > 1e8 || least < 1e-4);
		const extra = this.#integers && !this.#scientific ? 1 : 0;
		for (const value of numbers) this.width = Math.max(this.width, this.#measured(value).length + extra);
	}

	#plain(value: number | bigint): string {
		return this.#isBool ? (value ? "True" : "False") : String(value);
	}

	#measured(value: number): string {
		if (this.#scientific) return scientific(value, settings.precision);
		return fixed(value, this.#integers ? 0 : settings.precision);
	}

	format(value: number | bigint): string {
		let text: string;
		if (!this.#isFloat) text = this.#plain(value);
		else {
			const number = value as number;
			text = this.#measured(number);
			if (this.#integers && !this.#scientific && Number.isFinite(number)) text += ".";
		}
		return text.padStart(this.width);
	}
}

function lines({ elements, shape, gaps }: Grid, indent: number, formatter: Formatter): string {
	const rank = shape.length;
	const edge = settings.edgeitems;
	let next = 0;
	return part(0, indent);

	function part(dim: number, column: number): string {
		if (dim === rank) return formatter.format(elements[next++]!);
		const innermost = dim === rank - 1;
		const parts = Array.from({ length: shape[dim]! }, () => part(dim + 1, column + 1));
		if (gaps[dim]) parts.splice(edge, 0, innermost && edge > 0 ? " ..." : "...");
		if (!innermost) return `[${parts.join(`,${"\n".repeat(rank - dim - 1)}${" ".repeat(column + 1)}`)}]`;
		const perLine = Math.max(1, Math.floor((settings.linewidth - column) / (formatter.width + 2)));
		const rows: string[] = [];
		for (let i = 0; i < parts.length; i += perLine) rows.push(parts.slice(i, i + perLine).join(", "));
		return `[${rows.join(`,\n${" ".repeat(column + 1)}`)}]`;
	}
}

function contents(x: Tensor, indent: number): string {
	if (x.numel() === 0) return "[]";
	const grid = gridOf(x);
	return lines(grid, indent, new Formatter(grid.elements, x.dtype));
}

/** Python's tuple. */
function tuple(shape: readonly number[]): string {
	return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}

function suffixesOf(x: Tensor): string[] {
	const suffixes: string[] = [];
	if (x.device.type !== "cpu") suffixes.push(`device='${x.device}'`);
	if (x.numel() === 0) {
		if (x.ndim !== 1) suffixes.push(`size=${tuple(x.shape)}`);
		if (x.dtype !== getDefaultDtype()) suffixes.push(`dtype=${x.dtype}`);
	} else {
		if (settings.edgeitems === 0) suffixes.push(`size=${tuple(x.shape)}`);
		if (x.dtype !== getDefaultDtype() && x.dtype !== int64 && x.dtype !== bool) suffixes.push(`dtype=${x.dtype}`);
	}
	const node = x.gradFn;
	if (node !== null) suffixes.push(`grad_fn=<${node.name}>`);
	else if (x.requiresGrad) suffixes.push("requires_grad=True");
	return suffixes;
}

let otherText: ((x: Tensor, textOf: (inner: Tensor) => string) => string | null) | null = null;

/** @internal How tensors print whose handles are none of the addon's. */
export function setOtherText(text: typeof otherText): void {
	otherText = text;
}

/** A tensor as PyTorch prints it; `suffixes` say what is particular about it. */
export function tensorText(x: Tensor, suffixes = suffixesOf(x)): string {
	const other = otherText?.(x, (inner) => tensorText(inner));
	if (other) return other;
	const prefix = "tensor(";
	let text = prefix + contents(x, prefix.length);
	let lastLine = text.length - text.lastIndexOf("\n") + 1;
	for (const suffix of suffixes) {
		if (lastLine + suffix.length + 2 > settings.linewidth) {
			text += `,\n${" ".repeat(prefix.length)}${suffix}`;
			lastLine = prefix.length + suffix.length;
		} else {
			text += `, ${suffix}`;
			lastLine += suffix.length + 2;
		}
	}
	return `${text})`;
}

declare module "./tensor" {
	interface Tensor {
		/** PyTorch's text of the tensor. */
		toString(): string;
	}
}

Object.defineProperties(Tensor.prototype, {
	toString: {
		value(this: Tensor) {
			return tensorText(this);
		},
		writable: true,
		configurable: true,
	},
	[Symbol.for("nodejs.util.inspect.custom")]: {
		value(this: Tensor) {
			return tensorText(this);
		},
		writable: true,
		configurable: true,
	},
	// Else `-x`, `x * 2` and `x < y` would be NaN and false: of the text of a tensor.
	[Symbol.toPrimitive]: {
		value(this: Tensor, hint: string) {
			if (hint !== "number") return this.toString();
			throw new TypeError(
				"[Tensor] JavaScript's operators take numbers, got a tensor: x.neg(), x.mul(2), x.lt(y) are its own, x.item() is its number",
			);
		},
		writable: true,
		configurable: true,
	},
});
