import { native } from "../core/native";
import { type Card, cardOf } from "./device";

/* The cards' default generators: Philox, as PyTorch's. `torch.manualSeed` seeds them too. */

/** Seeds the default generator of the current card. Without a card nothing happens. */
export function manualSeed(seed: number | bigint): void {
	if (native.cudaDeviceCount() > 0) native.cudaManualSeed(cardOf("manualSeed", null), seed);
}

/** Seeds the default generators of all cards. */
export function manualSeedAll(seed: number | bigint): void {
	for (let card = 0; card < native.cudaDeviceCount(); card++) native.cudaManualSeed(card, seed);
}

/** The seed of a card's default generator. */
export function initialSeed(card?: Card): bigint {
	return native.cudaInitialSeed(cardOf("initialSeed", card));
}

/** The state of a card's default generator in PyTorch's layout: seed and offset, 8 bytes each. */
export function getRngState(card?: Card): Uint8Array {
	return native.cudaGetState(cardOf("getRngState", card));
}

/** Takes a card's default generator back to a state. Throws where it is not one of 16 bytes, or its offset is no multiple of 4. */
export function setRngState(state: Uint8Array, card?: Card): void {
	native.cudaSetState(cardOf("setRngState", card), state);
}
