/**
 * One value per process for a name, however many copies of this package are loaded: a notebook's folder may have a
 * `gradbook` of its own beside the kernel's, and what a cell shows through the one must reach the output of the other.
 */
export function shared<T>(name: string, make: () => T): T {
	const key = Symbol.for(`gradbook.display.${name}`);
	const holder = globalThis as unknown as Record<symbol, T | undefined>;
	holder[key] ??= make();
	return holder[key];
}
