import { defineDisposables, suppressedError } from "./disposables";

/*
 * What lowered code calls: the functions that Babel and oxc name `babelHelpers`, for what Node.js 20 lacks.
 */

type Disposal = { dispose: ((this: unknown) => unknown) | undefined; value: unknown; wait: boolean };

/** The state of one block with `using` declarations: `u` and `a` register a resource, `e` is what the block threw. */
export class UsingContext {
	readonly #resources: Disposal[] = [];
	#error: unknown;
	#failed = false;

	set e(error: unknown) {
		this.#error = error;
		this.#failed = true;
	}

	/** `using name = value`. */
	u<T>(value: T): T {
		return this.#add(value, false);
	}

	/** `await using name = value`. */
	a<T>(value: T): T {
		return this.#add(value, true);
	}

	#add<T>(value: T, wait: boolean): T {
		if (value === null || value === undefined) {
			// `await using` of nothing still waits once.
			if (wait) this.#resources.push({ dispose: undefined, value, wait });
			return value;
		}
		if (typeof value !== "object" && typeof value !== "function") {
			throw new TypeError("using declarations can only be used with objects, functions, null, or undefined.");
		}
		const methods = value as { [Symbol.dispose]?: () => void; [Symbol.asyncDispose]?: () => PromiseLike<void> };
		const dispose = (wait ? methods[Symbol.asyncDispose] : undefined) ?? methods[Symbol.dispose];
		if (typeof dispose !== "function") {
			throw new TypeError(
				`The value of a using declaration has no [Symbol.${wait ? "asyncDispose" : "dispose"}]() method.`,
			);
		}
		this.#resources.push({ dispose, value, wait });
		return value;
	}

	/** Disposes in reverse order, then throws what the block or a disposal threw. A promise where one was `await using`. */
	d(): void | Promise<void> {
		for (let resource = this.#resources.pop(); resource !== undefined; resource = this.#resources.pop()) {
			try {
				const result = resource.dispose?.call(resource.value);
				if (resource.wait)
					return Promise.resolve(result).then(
						() => this.d(),
						(error) => this.#fail(error),
					);
			} catch (error) {
				this.#note(error);
			}
		}
		if (this.#failed) throw this.#error;
	}

	#fail(error: unknown): void | Promise<void> {
		this.#note(error);
		return this.d();
	}

	#note(error: unknown): void {
		this.#error = this.#failed ? suppressedError(error, this.#error) : error;
		this.#failed = true;
	}
}

defineDisposables();

// Decorators keep their metadata under it, and TypeScript knows it.
if ((Symbol as { metadata?: symbol }).metadata === undefined) {
	Object.defineProperty(Symbol, "metadata", { value: Symbol.for("Symbol.metadata") });
}

/** Any, as decorators are by nature. */
type Decorator = (...values: any[]) => any;

export const helpers = {
	usingCtx: (): UsingContext => new UsingContext(),

	/** Legacy decorators: of a class (`member` empty), or of a member given as its key and descriptor. Last one first. */
	decorate(
		decorators: Decorator[],
		target: object,
		...member: [key?: string | symbol, descriptor?: PropertyDescriptor | null]
	): unknown {
		if (member.length === 0) return decorators.reduceRight((result, decorator) => decorator(result) || result, target);
		const [key, given] = member as [string | symbol, PropertyDescriptor | null | undefined];
		let descriptor = given === null ? Object.getOwnPropertyDescriptor(target, key) : given;
		for (const decorator of decorators.toReversed()) {
			if (decorator) descriptor = decorator(target, key, descriptor) || descriptor;
		}
		if (descriptor) Object.defineProperty(target, key, descriptor);
		return descriptor;
	},

	decorateParam(index: number, decorator: Decorator): Decorator {
		return (target, key) => decorator(target, key, index);
	},

	decorateMetadata(key: string, value: unknown): Decorator | undefined {
		const reflect = Reflect as { metadata?: (key: string, value: unknown) => Decorator };
		return reflect.metadata?.(key, value);
	},
};
