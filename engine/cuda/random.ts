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
