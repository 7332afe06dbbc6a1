import { defaultGenerator, Generator } from "../core/generator";
import { native } from "../core/native";
import type { Tensor } from "../core/tensor";
import { fromTypedArray } from "../ops/create";

/** A 63-bit number, as PyTorch draws it where it needs a seed. */
export function drawSeed(generator: Generator = defaultGenerator): bigint {
	return native.random63(generator.handle);
}

/** A generator that begins at `seed`. */
export function generatorOf(seed: bigint): Generator {
	return new Generator().manualSeed(seed);
}

/** Indices as an int64 tensor in the host's memory, where samplers draw, whatever new tensors go to by default. */
export function indexTensor(indices: readonly number[]): Tensor {
	return fromTypedArray(BigInt64Array.from(indices, BigInt), null, { device: "cpu" });
}
