import { native } from "../core/native";
import { Tensor } from "../core/tensor";
import { warn } from "../core/warn";
import { Handed } from "./handed";

/**
 * @internal The tensors of a batch in pinned memory, as PyTorch's `pin_memory`: in arrays and plain objects member by member, by
 * an object's own `pinMemory()` where it has one; everything else as it is.
 */
export function pin(data: unknown): unknown {
	if (data instanceof Tensor) return data.pinMemory();
	if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return data;
	if (Array.isArray(data)) return data.map(pin);
	if ("pinMemory" in data && typeof data.pinMemory === "function") return data.pinMemory();
	const prototype = Object.getPrototypeOf(data);
	if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return data;
	return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, pin(item)]));
}

let told = false;

/** @internal The batches, each pinned when it is taken. */
export function pinned<B>(batches: IterableIterator<B, undefined>): IterableIterator<B, undefined> {
	if (native.cudaDeviceCount() > 0) return new Pinned(batches);
	if (!told) warn("[DataLoader] pinMemory is true but there is no card: batches stay in memory that is not pinned");
	told = true;
	return batches;
}

class Pinned<B> extends Handed<B> {
	override next(): IteratorResult<B, undefined> {
		const taken = super.next();
		return taken.done ? taken : { done: false, value: pin(taken.value) as B };
	}
}
