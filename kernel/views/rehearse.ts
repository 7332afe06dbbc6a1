import { isTensor } from "./engine";

/**
 * Runs `body`, which steps a scheduler, and puts the scheduler, its optimiser's groups and any schedulers inside it back
 * as they were, also where `body` throws. Private fields (`#name`) are out of reach; those of the engine's schedulers do
 * not change.
 */
export function rehearse(scheduler: object, body: () => void): void {
	const restore = remember(scheduler, new Set());
	const { optimizer } = scheduler as { optimizer?: { _stepped?: boolean } };
	try {
		// A scheduler that steps before its optimiser warns; here no optimiser steps.
		if (optimizer?._stepped !== undefined) optimizer._stepped = true;
		body();
	} finally {
		restore();
	}
}

/** Notes the properties of an object, and of the arrays and objects in them; returns what writes them back. */
function remember(value: unknown, seen: Set<object>): () => void {
	if (typeof value !== "object" || value === null || seen.has(value) || isTensor(value)) return () => {};
	seen.add(value);
	const owner = value as Record<string, unknown>;
	const before = Object.entries(owner);
	const inner = before.filter(([, part]) => isOpen(part)).map(([, part]) => remember(part, seen));
	return () => {
		const names = new Set(before.map(([name]) => name));
		for (const name of Object.keys(owner)) if (!names.has(name)) delete owner[name];
		for (const [name, part] of before) if (!Object.is(owner[name], part)) owner[name] = part;
		if (Array.isArray(owner)) owner.length = before.length;
		for (const restore of inner) restore();
	};
}

/** Arrays, plain objects, schedulers and optimisers; of other classes only the reference is kept. */
function isOpen(value: unknown): boolean {
	if (typeof value !== "object" || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	if (Array.isArray(value) || prototype === Object.prototype || prototype === null) return true;
	return "paramGroups" in value || ("optimizer" in value && "lastEpoch" in value);
}
