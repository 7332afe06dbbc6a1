import { entered } from "../core/block";
import { native } from "../core/native";
import { profiling, spanKind } from "../core/profiling";
import { quoted } from "../core/signature";

const nothing: Disposable = { [Symbol.dispose]() {} };

/**
 * Names what happens within `body`, or for the rest of a `using` block, in a running profile: a row of its table, a bar of its
 * trace. Costs next to nothing while none runs. A promise that `body` returns is waited for.
 */
export function recordFunction<T>(name: string, body: () => T): T;
export function recordFunction(name: string): Disposable;
export function recordFunction<T>(name: string, body?: () => T): T | Disposable {
	if (typeof name !== "string") throw new TypeError(`[recordFunction] the name must be a string, got ${quoted(name)}`);
	if (!profiling.active) return body ? body() : nothing;
	const span = native.profilerEnter(name, spanKind.user);
	const block = entered(() => native.profilerLeave(span));
	if (!body) return block;
	return finished(body, () => block[Symbol.dispose]());
}

/** @internal Calls `body`, and `end` when it is done, or when the promise that it returns is. */
export function finished<T>(body: () => T, end: () => void): T {
	let result: T;
	try {
		result = body();
	} catch (error) {
		end();
		throw error;
	}
	if (result instanceof Promise) return result.finally(end) as T;
	end();
	return result;
}
