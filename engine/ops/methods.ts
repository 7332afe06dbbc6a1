import { Tensor } from "../core/tensor";

type TensorMethods = {
	[K in keyof Tensor]?: Tensor[K] extends (...args: infer A) => any ? (this: Tensor, ...args: A) => any : never;
};

/** Puts an op family's methods on Tensor. Their types stand in the family's `declare module` block. */
export function methods(family: TensorMethods & ThisType<Tensor>): void {
	for (const [name, value] of Object.entries(family)) {
		Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
	}
}
