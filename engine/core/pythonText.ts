/* Numbers and lists as Python writes them: modules and optimisers print PyTorch's text. */

/** A number that is a float in PyTorch: `1.0`, `1e-05`. */
export function float(value: number): string {
	if (Number.isNaN(value)) return "nan";
	if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
	const size = Math.abs(value);
	if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
		const [digits, exponent] = value.toExponential().split("e") as [string, string];
		return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
	}
	return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : BigInt(value)}.0` : String(value);
}

/** A number that is an int where it is whole, as a Python user would have written it. */
export function number(value: number): string {
	return Number.isInteger(value) && Math.abs(value) < 1e16 ? String(value) : float(value);
}

export function boolean(value: boolean): string {
	return value ? "True" : "False";
}

/** `(3, 3)`, and `(3,)` for one. */
export function tuple(values: readonly number[], item: (value: number) => string = number): string {
	return values.length === 1 ? `(${item(values[0]!)},)` : `(${values.map(item).join(", ")})`;
}

/** `torch.Size([2, 3])` */
export function size(shape: readonly number[]): string {
	return `torch.Size([${shape.join(", ")}])`;
}

export function string(value: string): string {
	return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replace(/['\\]/g, "\\$&")}'`;
}

/** Indents every line but the first. */
export function indented(text: string, spaces: number): string {
	return text
		.split("\n")
		.map((line, i) => (i === 0 ? line : line.trim() ? " ".repeat(spaces) + line : ""))
		.join("\n");
}

/** Python's `f"{value:.{precision}e}"`: at least two digits of exponent. */
export function scientific(value: number, precision: number): string {
	if (!Number.isFinite(value)) return special(value);
	const [mantissa, exponent] = halfEven((digits) => Math.abs(value).toExponential(digits), precision).split("e");
	return `${signOf(value)}${mantissa}e${exponent![0]}${exponent!.slice(1).padStart(2, "0")}`;
}

/** Python's `f"{value:.{precision}f}"`. */
export function fixed(value: number, precision: number): string {
	if (!Number.isFinite(value)) return special(value);
	const size = Math.abs(value);
	// Beyond this toFixed writes an exponent.
	if (size >= 1e21) return `${signOf(value)}${BigInt(size)}${precision === 0 ? "" : `.${"0".repeat(precision)}`}`;
	return signOf(value) + halfEven((digits) => size.toFixed(digits), precision);
}

function signOf(value: number): string {
	return value < 0 || Object.is(value, -0) ? "-" : "";
}

function special(value: number): string {
	return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/** JavaScript rounds a number that lies exactly between two texts up, Python to the even digit. */
function halfEven(write: (digits: number) => string, precision: number): string {
	const [exact, exponent] = write(precision + 30).split("e") as [string, string | undefined];
	const cut = exact.length - 30;
	if (exact.slice(cut) === `5${"0".repeat(29)}`) {
		const below = exact.slice(0, cut).replace(/\.$/, "");
		if (Number(below.at(-1)) % 2 === 0) return exponent === undefined ? below : `${below}e${exponent}`;
	}
	return write(precision);
}
