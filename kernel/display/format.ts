import { stripAnsi } from "./escape";
import { inspectText, messageOf } from "./inspect";
import { displaySymbol, type Json, type MimeBundle } from "./mime";
import { shared } from "./shared";

/** A bundle as a renderer may give it: text is added where it is missing, bytes become base64. */
export type LooseBundle = { [mimeType: string]: Json | Uint8Array | undefined };

interface Renderer {
	matches(value: unknown): boolean;
	render(value: never): LooseBundle | undefined;
}

const renderers = shared<Renderer[]>("renderers", () => []);

/** A mark on values that have been shown already: as a cell's last expression they show nothing. */
export const shownSymbol: unique symbol = Symbol.for("gradbook.display.shown") as never;

/**
 * Shows values of somebody else's class (or all that a predicate accepts) by what `render` returns. The latest
 * registration that accepts a value wins; `undefined` passes it on to the next. Returns a function that takes the
 * registration back.
 *
 * @example registerRenderer(Point, (p) => ({ "text/html": `<b>${p.x}, ${p.y}</b>` }));
 */
export function registerRenderer<T>(
	target: (abstract new (...args: never[]) => T) | ((value: unknown) => value is T),
	render: (value: T) => LooseBundle | undefined,
): () => void {
	const renderer: Renderer = { matches: isClass(target) ? (value) => value instanceof target : target, render };
	renderers.unshift(renderer);
	return ending(() => {
		const index = renderers.indexOf(renderer);
		if (index >= 0) renderers.splice(index, 1);
	});
}

/** What a value looks like: by its own `[Symbol.for("Jupyter.display")]`, by a registered renderer, else as text. */
export function formatValue(value: unknown): MimeBundle {
	const { bundle } = present(value);
	return bundle;
}

/**
 * What a cell whose last expression has this value shows; undefined for `undefined` and for what was shown already.
 * A display method may return a promise (Deno's convention allows it), which is awaited.
 */
export async function formatResult(value: unknown): Promise<MimeBundle | undefined> {
	if (value === undefined || isShown(value)) return undefined;
	const { bundle, later } = present(value);
	return later ?? bundle;
}

/** The bundle at once, and where the value needs time for its real one, a promise of that. */
export function present(value: unknown): { bundle: MimeBundle; later?: Promise<MimeBundle> } {
	try {
		const own = ownBundle(value);
		if (isPromise(own)) {
			const later = own.then(
				(bundle) => complete(value, bundle),
				(error: unknown) => failed(value, error),
			);
			return { bundle: { "text/plain": inspectText(value) }, later };
		}
		if (own !== undefined) return { bundle: complete(value, own) };
		for (const renderer of renderers) {
			if (!renderer.matches(value)) continue;
			const bundle = renderer.render(value as never);
			if (bundle !== undefined) return { bundle: complete(value, bundle) };
		}
	} catch (error) {
		return { bundle: failed(value, error) };
	}
	return { bundle: { "text/plain": inspectText(value) } };
}

/** Whether a value has been put on the page by the call that made it. */
export function isShown(value: unknown): boolean {
	try {
		if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
		return (value as Record<symbol, unknown>)[shownSymbol] === true;
	} catch {
		// A proxy whose traps throw.
		return false;
	}
}

/** A function that takes back what a call has done: as the last value of a cell it shows nothing. */
export function ending(undo: () => void): () => void {
	return Object.defineProperty(undo, shownSymbol, { value: true });
}

function ownBundle(value: unknown): LooseBundle | Promise<LooseBundle> | undefined {
	if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
	const method = (value as Record<symbol, unknown>)[displaySymbol];
	if (typeof method !== "function") return undefined;
	const bundle: unknown = method.call(value);
	if (typeof bundle !== "object" || bundle === null) {
		throw new TypeError(`[Symbol.for("Jupyter.display")] returned ${inspectText(bundle)}, expected a MIME bundle`);
	}
	return bundle as LooseBundle | Promise<LooseBundle>;
}

/** Checks a bundle and adds what every bundle has. */
function complete(value: unknown, bundle: LooseBundle): MimeBundle {
	const result: MimeBundle = { "text/plain": "" };
	for (const [type, data] of Object.entries(bundle)) {
		if (data === undefined) continue;
		if (!/^[\w.+-]+\/[\w.+;=-]+$/.test(type)) throw new TypeError(`a MIME bundle has no place for the key "${type}"`);
		result[type] = data instanceof Uint8Array ? Buffer.from(data).toString("base64") : data;
	}
	const text = bundle["text/plain"];
	result["text/plain"] = typeof text === "string" ? stripAnsi(text) : inspectText(value);
	return result;
}

/** A value whose own display failed is shown as text, with the reason: the cell's work is not lost for it. */
function failed(value: unknown, error: unknown): MimeBundle {
	return { "text/plain": `${inspectText(value)}\n[its display failed: ${messageOf(error)}]` };
}

function isClass(target: unknown): target is abstract new (...args: never[]) => unknown {
	// A class's `prototype` property cannot be written; that of a plain function can, and an arrow has none.
	return Object.getOwnPropertyDescriptor(target, "prototype")?.writable === false;
}

function isPromise(value: unknown): value is Promise<LooseBundle> {
	return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
