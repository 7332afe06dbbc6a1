/** A module that only `import()` can load: top-level await is in it, or its package has no entry for `require`. */
export class PendingModule {
	constructor(readonly module: Promise<unknown>) {}
}

/** Whether what `require` gave is an ES module, or was one before it was compiled. */
export function isEsModule(module: unknown): boolean {
	if (module === null || (typeof module !== "object" && typeof module !== "function")) return false;
	const object = module as { __esModule?: unknown; [Symbol.toStringTag]?: unknown };
	return object.__esModule === true || object[Symbol.toStringTag] === "Module";
}
