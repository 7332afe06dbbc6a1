import type { Fill, GeneratorHandle, Handle, Place } from "./types";

/* Random numbers. */

export interface RandomOps {
	/** Seeds are taken modulo 2⁶⁴. */
	generator: (seed: number | bigint, place?: Place) => GeneratorHandle;
	/** The generator that the user seeds: it stands for the default one of every card too. */
	setDefaultGenerator: (generator: GeneratorHandle) => void;
	/** Seeds again; forgets the cached normal. */
	manualSeed: (generator: GeneratorHandle, seed: number | bigint) => void;
	initialSeed: (generator: GeneratorHandle) => bigint;
	/** PyTorch's own layout of a generator's state (5056 bytes). */
	getState: (generator: GeneratorHandle) => Uint8Array;
	setState: (generator: GeneratorHandle, state: Uint8Array) => void;
	/** What `torch.empty((), dtype=int64).random_()` draws: 63 bits. */
	random63: (generator: GeneratorHandle) => bigint;
	/** [a, b) */
	uniform_: Fill;
	/** mean a, standard deviation b */
	normal_: Fill;
	/** integers of [a, b) */
	randint_: Fill;
	/** PyTorch's `random_()` without bounds: integers as far as the dtype holds them (a, b unused) */
	random_: Fill;
	/** probability a (b unused) */
	bernoulli_: Fill;
	/** rate a (b unused) */
	exponential_: Fill;
	/** the probability of each element */
	bernoulliTensor_: (x: Handle, probabilities: Handle, generator: GeneratorHandle) => void;
	randperm: (n: number, generator: GeneratorHandle, place?: Place) => Handle;
	multinomial: (weights: Handle, samples: number, replacement: boolean, generator: GeneratorHandle) => Handle;
	/** Inverted dropout: the result and the mask, already divided by 1 − p. */
	dropout: (x: Handle, p: number, generator: GeneratorHandle) => [result: Handle, mask: Handle];
}
