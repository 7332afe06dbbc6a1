import { types } from "node:util";

/** A module that only `import()` can load: top-level await is in it, or its package has no entry for `require`. */
export class PendingModule {
	constructor(readonly module: Promise<unknown>) {}
}

/** Whether what `require` gave is an ES module, or was one before it was compiled. */
export function isEsModule(module: unknown): boolean {
	if (module === null || (typeof module !== "object" && typeof module !== "function")) return false;
	return (module as { __esModule?: unknown }).__esModule === true || types.isModuleNamespaceObject(module);
}

/**
 * What `import name` gives: of a module that is or was an ES module its default export, of any other all of it. So it is
 * too of one that was compiled from an ES module without a default export: TypeScript lets it be imported so.
 */
export function defaultOf(module: unknown): unknown {
	return isEsModule(module) && "default" in (module as object) ? (module as { default: unknown }).default : module;
}
