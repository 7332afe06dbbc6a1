import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../../core/arguments";
import { ConcatDataset, Subset } from "../combine";
import type { DatasetLike } from "../dataset";
import { IterableDataset } from "../iterable";

/* Data sets that a thread can make for itself: those of a module, and parts and joins of them. */

/** How to make a data set in another thread. Arguments are sent as they are, tensors packed. */
export type Source =
	| { readonly kind: "module"; readonly href: string; readonly args: readonly unknown[] }
	| { readonly kind: "subset"; readonly of: Source; readonly indices: readonly number[] }
	| { readonly kind: "concat"; readonly of: readonly Source[] };

export type AnyDataset<T = unknown> = DatasetLike<T> | IterableDataset<T>;

const modules = new WeakMap<object, Source>();

/**
 * The data set that a module makes: its default export, a class or a function, is called with `args`. With `numWorkers` a
 * `DataLoader` lets threads make it in the same way, each for itself, so that loading and transforms written in JavaScript
 * run beside the training. `args` are what a structured clone takes (numbers, strings, arrays, plain objects, typed
 * arrays) and tensors; each thread gets a copy of them.
 *
 * `module`: a URL, or a path from the working directory, of a JavaScript file that Node can import. The module may also
 * export `workerInitFn(id)`, which every thread calls first.
 */
export async function datasetFromModule<D extends object = AnyDataset<any>>(
	module: string | URL,
	...args: unknown[]
): Promise<D> {
	const href = hrefOf(module);
	const { dataset } = await makeFromModule(href, args);
	modules.set(dataset, { kind: "module", href, args });
	return dataset as D;
}

function hrefOf(module: string | URL): string {
	if (module instanceof URL || /^[a-z]+:\/\//.test(module)) return String(module);
	return pathToFileURL(path.resolve(module)).href;
}

/** @internal */
export async function makeFromModule(
	href: string,
	args: readonly unknown[],
): Promise<{ dataset: AnyDataset; workerInitFn: ((id: number) => unknown) | null }> {
	const exported = (await import(href)) as { default?: unknown; workerInitFn?: unknown };
	// A CommonJS module's exports are the default export of what `import` gives.
	const inner = exported.default as { default?: unknown; workerInitFn?: unknown } | undefined;
	const make = typeof inner === "object" ? inner?.default : inner;
	if (typeof make !== "function") {
		throw new TypeError(
			`[datasetFromModule] ${href} has no default export that makes a data set, but ${describe(make)}`,
		);
	}
	const isClass = /^class\b/.test(Function.prototype.toString.call(make));
	const dataset: unknown = await (isClass
		? new (make as new (...args: unknown[]) => unknown)(...args)
		: (make as (...args: unknown[]) => unknown)(...args));
	const isDataset =
		dataset instanceof IterableDataset ||
		(typeof dataset === "object" && dataset !== null && "get" in dataset && "length" in dataset);
	if (!isDataset) {
		throw new TypeError(
			`[datasetFromModule] the default export of ${href} made ${describe(dataset)}; expected a data set`,
		);
	}
	const init = exported.workerInitFn ?? inner?.workerInitFn;
	return {
		dataset: dataset as AnyDataset,
		workerInitFn: typeof init === "function" ? (init as (id: number) => unknown) : null,
	};
}

/** @internal How to make the data set elsewhere; null where it can live on this thread only. */
export function sourceOf(dataset: object): Source | null {
	const known = modules.get(dataset);
	if (known) return known;
	if (dataset.constructor === Subset) {
		const { dataset: inner, indices } = dataset as Subset<unknown>;
		const of = sourceOf(inner);
		return of && { kind: "subset", of, indices };
	}
	if (dataset.constructor === ConcatDataset) {
		const parts = (dataset as ConcatDataset<unknown>).datasets.map(sourceOf);
		return parts.some((part) => part === null) ? null : { kind: "concat", of: parts as Source[] };
	}
	return null;
}

/** @internal The data set of a source, and what its modules want called first. */
export async function makeFromSource(source: Source): Promise<Awaited<ReturnType<typeof makeFromModule>>> {
	if (source.kind === "module") return makeFromModule(source.href, source.args);
	const parts = await Promise.all((source.kind === "subset" ? [source.of] : source.of).map(makeFromSource));
	const inits = parts.flatMap(({ workerInitFn }) => workerInitFn ?? []);
	const datasets = parts.map(({ dataset }) => dataset as DatasetLike<unknown>);
	return {
		dataset: source.kind === "subset" ? new Subset(datasets[0]!, source.indices) : new ConcatDataset(datasets),
		workerInitFn: inits.length === 0 ? null : (id) => Promise.all(inits.map((init) => init(id))),
	};
}
