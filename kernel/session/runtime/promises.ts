import { inspect } from "node:util";

const bookkeeping = new Set(["async_id_symbol", "trigger_async_id_symbol", "kResourceStore"]);

/**
 * Has a promise look as it does elsewhere. Where AsyncLocalStorage is in use, Node writes its own bookkeeping onto every
 * promise (up to Node 23), which `inspect` would show: a promise that somebody forgot to await is a common sight.
 */
export function plainPromises(): void {
	Object.defineProperty(Promise.prototype, inspect.custom, {
		configurable: true,
		writable: true,
		value(this: object) {
			for (const key of Object.getOwnPropertySymbols(this)) {
				if (bookkeeping.has(key.description ?? "")) Reflect.defineProperty(this, key, { enumerable: false });
			}
			return this;
		},
	});
}
