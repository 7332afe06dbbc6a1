/*
 * What `using` brings beside itself and Node.js 20 lacks: SuppressedError, DisposableStack and AsyncDisposableStack, as
 * TypeScript declares them (https://tc39.es/proposal-explicit-resource-management/).
 */

class SuppressedErrorOfOurs extends Error {
	override readonly name = "SuppressedError";

	constructor(
		readonly error: unknown,
		readonly suppressed: unknown,
		message?: string,
	) {
		super(message);
	}
}

type Step = () => unknown;

/** What both kinds of stacks are: steps that are taken back from the last to the first. */
abstract class Stack {
	protected steps: Step[] = [];
	#disposed = false;

	get disposed(): boolean {
		return this.#disposed;
	}

	protected abstract methodOf(value: object): ((this: unknown) => unknown) | undefined;

	use<T>(value: T): T {
		this.check();
		if (value === null || value === undefined) return value;
		const method = typeof value === "object" || typeof value === "function" ? this.methodOf(value) : undefined;
		if (typeof method !== "function") throw new TypeError("use: the value has no method that disposes of it");
		this.steps.push(() => method.call(value));
		return value;
	}

	adopt<T>(value: T, dispose: (value: T) => unknown): T {
		this.check();
		this.steps.push(() => dispose(value));
		return value;
	}

	defer(dispose: Step): void {
		this.check();
		this.steps.push(dispose);
	}

	/** The steps, from the last to the first: none the second time. */
	protected end(): Step[] {
		this.#disposed = true;
		const steps = this.steps.reverse();
		this.steps = [];
		return steps;
	}

	protected moveTo<S extends Stack>(other: S): S {
		this.check();
		other.steps = this.steps;
		this.steps = [];
		this.#disposed = true;
		return other;
	}

	protected check(): void {
		if (this.#disposed) throw new ReferenceError(`${this.constructor.name}: everything in it is disposed of`);
	}
}

/** Errors of several steps: a later one suppresses those before. */
class Failures {
	#error: { thrown: unknown } | undefined;

	add(error: unknown): void {
		const before = this.#error;
		this.#error = { thrown: before === undefined ? error : suppressedError(error, before.thrown) };
	}

	throw(): void {
		if (this.#error !== undefined) throw this.#error.thrown;
	}
}

class DisposableStackOfOurs extends Stack {
	readonly [Symbol.toStringTag] = "DisposableStack";

	protected methodOf(value: object): (() => unknown) | undefined {
		return (value as Partial<Disposable>)[Symbol.dispose];
	}

	dispose(): void {
		const failures = new Failures();
		for (const step of this.end()) {
			try {
				step();
			} catch (error) {
				failures.add(error);
			}
		}
		failures.throw();
	}

	[Symbol.dispose](): void {
		this.dispose();
	}

	move(): DisposableStackOfOurs {
		return this.moveTo(new DisposableStackOfOurs());
	}
}

class AsyncDisposableStackOfOurs extends Stack {
	readonly [Symbol.toStringTag] = "AsyncDisposableStack";

	protected methodOf(value: object): (() => unknown) | undefined {
		const methods = value as Partial<AsyncDisposable & Disposable>;
		return methods[Symbol.asyncDispose] ?? methods[Symbol.dispose];
	}

	async disposeAsync(): Promise<void> {
		const failures = new Failures();
		for (const step of this.end()) {
			try {
				await step();
			} catch (error) {
				failures.add(error);
			}
		}
		failures.throw();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.disposeAsync();
	}

	move(): AsyncDisposableStackOfOurs {
		return this.moveTo(new AsyncDisposableStackOfOurs());
	}
}

/** `error` was thrown while `before` was on its way. */
export function suppressedError(error: unknown, before: unknown): Error {
	return new SuppressedError(error, before, "An error was suppressed during disposal.");
}

/** Gives the globals that this Node.js does not have. */
export function defineDisposables(): void {
	const missing = {
		SuppressedError: SuppressedErrorOfOurs,
		DisposableStack: DisposableStackOfOurs,
		AsyncDisposableStack: AsyncDisposableStackOfOurs,
	};
	for (const [name, value] of Object.entries(missing)) {
		if (name in globalThis) continue;
		Object.defineProperty(value, "name", { value: name });
		Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
	}
}
