import { called } from "../core/named";
import { Tensor } from "../core/tensor";

type MethodNames = { [K in keyof Tensor]: Tensor[K] extends (...args: any[]) => any ? K : never }[keyof Tensor];
type TensorMethods = {
	[K in MethodNames]?: Tensor[K] extends (...args: infer A) => any ? (this: Tensor, ...args: A) => any : never;
};
type FunctionsOf = { [K in MethodNames]?: (x: Tensor, ...args: any[]) => ReturnType<Tensor[K]> };

/** Puts an op family's methods on Tensor. Their types stand in the family's `declare module` block. */
export function methods(family: TensorMethods & ThisType<Tensor>): void {
	for (const [name, value] of Object.entries(family)) define(name, { value, writable: true });
}

/** Makes functions that take the tensor first methods of the same name. */
export function asMethods(family: FunctionsOf): void {
	// Reflect.ownKeys, since Object.entries would leave Symbol.iterator out.
	for (const name of Reflect.ownKeys(family)) {
		const fn = family[name as keyof typeof family] as (x: Tensor, ...args: unknown[]) => unknown;
		const value = function (this: Tensor, ...args: unknown[]) {
			return fn(this, ...args);
		};
		define(name, { value: typeof name === "string" ? called(name, value) : value, writable: true });
	}
}

/** Makes functions of the tensor alone properties of it. */
export function asProperties(family: { [K in Exclude<keyof Tensor, "toString">]?: (x: Tensor) => Tensor[K] }): void {
	for (const [name, fn] of Object.entries(family) as [string, (x: Tensor) => unknown][]) {
		define(name, {
			get(this: Tensor) {
				return fn(this);
			},
		});
	}
}

function define(name: string | symbol, descriptor: PropertyDescriptor): void {
	Object.defineProperty(Tensor.prototype, name, { ...descriptor, configurable: true });
}
