import { native } from "./native";

/*
 * What a running profile (engine/profiler) wants to know of the engine's own JavaScript. Rows of the addon are recorded by the
 * addon itself; here are the spans around them: derivatives, steps of optimisers, modules, batches.
 */

/** @internal Read where a span may begin: one property while no profile runs. */
export const profiling = {
	/** Spans are recorded. */
	active: false,
	/** Those of modules too. */
	modules: false,
};

/** @internal What a span is of. 0 is a row of the addon. */
export const spanKind = { user: 1, backward: 2, optimizer: 3, module: 4, data: 5, step: 6 } as const;
export type SpanKind = (typeof spanKind)[keyof typeof spanKind];

/** @internal Runs `body` in a span. Call where `profiling.active` says so. */
export function spanned<T>(name: string, kind: SpanKind, body: () => T): T {
	const span = native.profilerEnter(name, kind);
	try {
		return body();
	} finally {
		native.profilerLeave(span);
	}
}
