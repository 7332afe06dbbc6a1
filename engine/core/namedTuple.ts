import type { Tensor } from "./tensor";

/** Results that have an order and names: `const [values, indices] = x.sort()` and `x.sort().values`. */
export type NamedTuple<N extends string> = readonly Tensor[] & { readonly [K in N]: Tensor };

export interface ValuesAndIndices {
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	readonly values: Tensor;
	readonly indices: Tensor;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

class Named extends Array<Tensor> {
	#op = "";
	#names: readonly string[] = [];

	static make(op: string, names: readonly string[], tensors: readonly Tensor[]): Named {
		const tuple = new Named(tensors.length);
		tensors.forEach((tensor, i) => {
			tuple[i] = tensor;
			// Printed by PyTorch's name, a property by ours.
			const property = names[i]!.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
			Object.defineProperty(tuple, property, { value: tensor });
		});
		tuple.#op = op;
		tuple.#names = names;
		return tuple;
	}

	// What map and slice return is a plain array.
	static override get [Symbol.species](): ArrayConstructor {
		return Array;
	}

	/** PyTorch's text of its return types. */
	override toString(): string {
		const fields = this.#names.map((name, i) => `${name}=${String(this[i])}`);
		return `torch.return_types.${this.#op}(\n${fields.join(",\n")})`;
	}

	[inspectSymbol](): string {
		return this.toString();
	}
}

/** @internal */
export function namedTuple<T>(op: string, names: readonly string[], tensors: readonly Tensor[]): T {
	return Named.make(op, names, tensors) as unknown as T;
}

/** @internal */
export function valuesAndIndices(op: string, values: Tensor, indices: Tensor): ValuesAndIndices {
	return namedTuple(op, ["values", "indices"], [values, indices]);
}
