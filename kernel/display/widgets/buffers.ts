import { isPlainObject } from "./trait";

/** A state as it travels: JSON, and the bytes in it beside it with the ways to where they belong. */
export interface Separated<T> {
	state: T;
	paths: (string | number)[][];
	buffers: Uint8Array[];
}

/** Takes bytes out of a state: their keys are left out of objects, and null stands for them in arrays. */
export function separateBuffers<T>(state: T): Separated<T> {
	const paths: (string | number)[][] = [];
	const buffers: Uint8Array[] = [];
	const without = (value: unknown, path: (string | number)[]): unknown => {
		if (value instanceof Uint8Array) {
			paths.push(path);
			buffers.push(value);
			return undefined;
		}
		if (Array.isArray(value)) return value.map((one, i) => without(one, [...path, i]) ?? null);
		if (!isPlainObject(value)) return value;
		const entries = Object.entries(value).map(([key, one]) => [key, without(one, [...path, key])] as const);
		return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
	};
	return { state: without(state, []) as T, paths, buffers };
}

/** Puts bytes back where they belong, in place. Throws where a way leads nowhere. */
export function putBuffers(state: Record<string, unknown>, paths: unknown, buffers: readonly Uint8Array[]): void {
	if (paths === undefined) return;
	if (!Array.isArray(paths) || paths.length > buffers.length) throw new Error(`[widgets] buffer_paths without buffers`);
	for (const [i, path] of paths.entries()) {
		const steps: unknown[] = Array.isArray(path) ? path : [];
		const last = steps.at(-1);
		let target: unknown = state;
		for (const step of steps.slice(0, -1)) {
			if (!Object.hasOwn(Object(target), step as string)) target = undefined;
			else target = (target as Record<string, unknown>)[step as string];
		}
		if (!(Array.isArray(target) || isPlainObject(target)) || (typeof last !== "string" && typeof last !== "number")) {
			throw new Error(`[widgets] no place for a buffer at ${JSON.stringify(path)}`);
		}
		Object.defineProperty(target, last, { value: buffers[i], enumerable: true, configurable: true, writable: true });
	}
}
