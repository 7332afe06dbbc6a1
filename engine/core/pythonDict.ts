/*
 * Objects that are Python dicts with integers for keys. JavaScript turns keys into strings; a checkpoint must turn them
 * back, or PyTorch does not find them.
 */

const integerKeyed = new WeakSet<object>();

/** Says that the keys of this object are integers in Python. */
export function markIntegerKeys<T extends object>(dict: T): T {
	integerKeyed.add(dict);
	return dict;
}

export function hasIntegerKeys(dict: object): boolean {
	return integerKeyed.has(dict);
}

/** `object[key] = value`, also for a key that means something to JavaScript. */
export function setEntry<T>(object: Record<string, T>, key: string, value: T): void {
	Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}
