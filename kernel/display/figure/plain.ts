import { inspectText } from "../inspect";
import type { Json } from "../mime";

/**
 * Plain JSON of a figure's part: typed arrays and tensors become arrays, dates ISO text, NaN and infinities null, as
 * Plotly reads a gap. Numbers that are not whole keep seven digits: more are not seen on a plot and triple its size.
 */
export function toPlain(value: unknown, path: string): Json {
	return convert(value, path, new Set());
}

function convert(value: unknown, path: string, parents: Set<object>): Json {
	switch (typeof value) {
		case "number":
			return fromNumber(value);
		case "bigint":
			return Number(value);
		case "string":
		case "boolean":
			return value;
		case "undefined":
			return null;
		case "object":
			break;
		default:
			throw new TypeError(`[plot] ${path} is ${inspectText(value)}; a figure holds numbers, texts, arrays and objects`);
	}
	if (value === null) return null;
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
	if (value instanceof DataView) throw new TypeError(`[plot] ${path} is a DataView; expected a typed array`);
	if (parents.has(value)) throw new TypeError(`[plot] ${path} contains itself`);
	parents.add(value);
	const result = fromObject(value, path, parents);
	parents.delete(value);
	return result;
}

function fromNumber(value: number): number | null {
	if (Number.isInteger(value)) return value;
	return Number.isFinite(value) ? Number(value.toPrecision(7)) : null;
}

function fromObject(value: object, path: string, parents: Set<object>): Json {
	if ("tolist" in value && typeof value.tolist === "function") return convert(value.tolist(), path, parents);
	if (ArrayBuffer.isView(value)) {
		return Array.from(value as unknown as ArrayLike<number | bigint>, (item) => fromNumber(Number(item)));
	}
	if (Array.isArray(value)) {
		// Most items are numbers, which need no name for where they are.
		return value.map((item, index) =>
			typeof item === "number" ? fromNumber(item) : convert(item, `${path}[${index}]`, parents),
		);
	}
	if (value instanceof Set || value instanceof Map) {
		throw new TypeError(`[plot] ${path} is a ${value.constructor.name}; spread it into an array`);
	}
	const result: { [key: string]: Json } = {};
	for (const [key, item] of Object.entries(value)) {
		if (item !== undefined) result[key] = convert(item, `${path}.${key}`, parents);
	}
	return result;
}
