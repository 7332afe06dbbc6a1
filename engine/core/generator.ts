import { Device, type DeviceLike, device as deviceFrom } from "./device";
import { uint8 } from "./dtype";
import { type GeneratorHandle, native } from "./native";
import { Tensor } from "./tensor";

/** @internal How often something asked for a generator that is not the default one, for who must know (func/vmap.ts). */
export const ownGenerators = { uses: 0 };

/** A source of random numbers with a state of its own: PyTorch's CPU generator (mt19937), number for number. */
export class Generator {
	readonly #handle: GeneratorHandle;

	readonly device: Device;

	/** Of the host: a card's numbers come from its default generator, which `torch.cuda.manualSeed` seeds. */
	constructor(device: DeviceLike | { device?: DeviceLike } = "cpu") {
		const given = device instanceof Device || typeof device === "string" ? device : (device.device ?? "cpu");
		this.device = deviceFrom(given);
		if (this.device.type !== "cpu") {
			throw new RangeError(
				`[Generator] expected the device cpu, got ${this.device}: torch.cuda.manualSeed seeds a card`,
			);
		}
		this.#handle = native.generator(defaultSeed);
	}

	/** @internal */
	get handle(): GeneratorHandle {
		if (this !== defaultGenerator) ownGenerators.uses++;
		return this.#handle;
	}

	/** Seeds the generator; integers, negative ones modulo 2⁶⁴. */
	manualSeed(seed: number | bigint): this {
		native.manualSeed(this.handle, checkSeed("manualSeed", seed));
		return this;
	}

	/** The seed that was set last. */
	initialSeed(): bigint {
		return native.initialSeed(this.handle);
	}

	/** Seeds from the system's entropy and returns that seed. */
	seed(): bigint {
		const [seed] = crypto.getRandomValues(new BigUint64Array(1)) as unknown as [bigint];
		native.manualSeed(this.handle, seed);
		return seed;
	}

	/** The whole state, in PyTorch's own layout (5056 bytes). */
	getState(): Uint8Array {
		return native.getState(this.handle);
	}

	toString(): string {
		return `Generator(device='cpu', seed=${this.initialSeed()})`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}

	/** Puts the generator into a state that `getState` or `torch.getRngState` gave, here or in PyTorch. */
	setState(state: Uint8Array | Tensor): this {
		if (state instanceof Tensor && state.dtype !== uint8) {
			throw new TypeError(`[setState] expected a tensor of uint8, got ${state.dtype}`);
		}
		native.setState(this.handle, state instanceof Tensor ? Uint8Array.from(native.toNumbers(state.handle)) : state);
		return this;
	}
}

/** PyTorch's seed where none was set. */
const defaultSeed = 67280421310721n;

export const defaultGenerator: Generator = new Generator();
native.setDefaultGenerator(defaultGenerator.handle);

/** Seeds the default generator: the same numbers as PyTorch after `torch.manual_seed`. */
export function manualSeed(seed: number | bigint): Generator {
	return defaultGenerator.manualSeed(checkSeed("manualSeed", seed));
}

/** Seeds the default generator from the system's entropy and returns that seed. */
export function seed(): bigint {
	return defaultGenerator.seed();
}

/** The seed that the default generator began with. */
export function initialSeed(): bigint {
	return defaultGenerator.initialSeed();
}

function checkSeed(op: string, seed: number | bigint): number | bigint {
	if (typeof seed === "bigint" || (typeof seed === "number" && Number.isInteger(seed))) return seed;
	throw new TypeError(`[${op}] expected an integer seed, got ${String(seed)}`);
}
