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
