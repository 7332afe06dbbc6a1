import type { ModuleLike, TensorLike } from "../../../dist/kernel/views/engine";

/* Objects with the engine's shape, for views that must not depend on how the engine computes. */

export interface TensorOptions {
	dtype?: string;
	requiresGrad?: boolean;
	grad?: TensorLike;
	gradFn?: { name: string };
}

export class FakeTensor implements TensorLike {
	readonly dtype: { itemsize: number; toString(): string };
	readonly device = "cpu";
	readonly requiresGrad: boolean;
	readonly grad: TensorLike | null;
	readonly gradFn: { name: string } | null;
	/** How many numbers were copied out. */
	static copied = 0;

	constructor(
		readonly shape: number[],
		readonly data: ArrayLike<number>,
		options: TensorOptions = {},
	) {
		const name = options.dtype ?? "float32";
		this.dtype = { itemsize: name === "uint8" ? 1 : 4, toString: () => `torch.${name}` };
		this.requiresGrad = options.requiresGrad ?? false;
		this.grad = options.grad ?? null;
		this.gradFn = options.gradFn ?? null;
	}
	toTypedArray(): Float32Array {
		FakeTensor.copied += this.data.length;
		return Float32Array.from(this.data);
	}
	tolist(): unknown {
		return Array.from(this.data);
	}
	detach(): FakeTensor {
		return new FakeTensor(this.shape, this.data, { dtype: String(this.dtype).slice(6) });
	}
	narrow(dim: number, start: number, length: number): FakeTensor {
		if (dim !== 0) throw new Error("only along the first dimension");
		const row = this.data.length / this.shape[0]!;
		const data = Array.prototype.slice.call(this.data, start * row, (start + length) * row);
		return new FakeTensor([length, ...this.shape.slice(1)], data, { dtype: String(this.dtype).slice(6) });
	}
	toString(): string {
		return `tensor of ${this.shape.join("x")}`;
	}
}

type Hook = (module: never, args: never, output: unknown) => void;

/** A module that is called, has children in a row and runs forward hooks, as the engine's do. */
export function fakeModule(
	kind: string,
	parts: {
		parameters?: Record<string, TensorLike>;
		children?: Record<string, ModuleLike>;
		forward?: (x: TensorLike) => unknown;
	} = {},
): ModuleLike & { (x: TensorLike): unknown; calls: boolean[] } {
	const { parameters = {}, children = {} } = parts;
	const hooks = new Set<Hook>();
	const module = ((x: TensorLike) => {
		module.calls.push(module.training);
		let output: unknown = x;
		for (const child of Object.values(children)) output = (child as unknown as (x: unknown) => unknown)(output);
		if (parts.forward !== undefined) output = parts.forward(x);
		for (const hook of hooks) hook(module as never, [x] as never, output);
		return output;
	}) as ReturnType<typeof fakeModule>;
	Object.setPrototypeOf(module, { constructor: { name: kind } });
	return Object.assign(module, {
		training: true,
		calls: [] as boolean[],
		*namedModules(): Iterable<readonly [string, ModuleLike]> {
			yield ["", module];
			for (const [name, child] of Object.entries(children)) {
				for (const [inner, found] of child.namedModules()) yield [inner === "" ? name : `${name}.${inner}`, found];
			}
		},
		*namedParameters({ recurse = true }: { recurse?: boolean } = {}): Iterable<readonly [string, TensorLike]> {
			yield* Object.entries(parameters);
			if (!recurse) return;
			for (const [name, child] of Object.entries(children)) {
				for (const [inner, found] of child.namedParameters()) yield [`${name}.${inner}`, found];
			}
		},
		registerForwardHook(hook: Hook) {
			hooks.add(hook);
			return { remove: () => void hooks.delete(hook) };
		},
		hookCount: () => hooks.size,
		toString: () => `${kind}()`,
	});
}
