import { type Device, type DeviceLike, device as deviceFrom, placeOf } from "../core/device";
import { native } from "../core/native";

/** Which card: a device, its name, its number, or nothing for the current one. */
export type Card = DeviceLike | number | null | undefined;

/** @internal The number of a card; an error where there is none such. */
export function cardOf(op: string, card: Card): number {
	if (typeof card === "number") {
		if (!Number.isInteger(card) || card < 0) throw new RangeError(`[${op}] expected the number of a card, got ${card}`);
		return placeOf(op, `cuda:${card}`) - 1;
	}
	const wanted = card == null ? "cuda" : deviceFrom(card);
	if (wanted !== "cuda" && wanted.type !== "cuda")
		throw new RangeError(`[${op}] expected a cuda device, got ${wanted}`);
	return placeOf(op, wanted) - 1;
}

/** Whether computing on a card is possible: a driver, a card, and the compiler for kernels are all there. */
export function isAvailable(): boolean {
	return native.cudaDeviceCount() > 0;
}

/** How many cards there are; 0 where `isAvailable()` is false. */
export function deviceCount(): number {
	return native.cudaDeviceCount();
}

/** The number of the card that "cuda" means. */
export function currentDevice(): number {
	return cardOf("currentDevice", null);
}

/** Makes a card the one that "cuda" means. */
export function setDevice(card: Card): void {
	native.cudaSetDevice(cardOf("setDevice", card));
}

/** Waits until everything that was queued on the card is done; errors of earlier operations come out here. */
export function synchronize(card?: Card): void {
	native.cudaSynchronize(cardOf("synchronize", card));
}

/** What a card is like. Memory in bytes. */
export interface DeviceProperties {
	readonly name: string;
	/** The compute capability, `major`.`minor`. */
	readonly major: number;
	readonly minor: number;
	readonly totalMemory: number;
	readonly multiProcessorCount: number;
	readonly maxThreadsPerMultiProcessor: number;
	readonly warpSize: number;
	readonly sharedMemoryPerBlock: number;
	/** What a block gets of shared memory where a kernel asks for more. */
	readonly sharedMemoryPerBlockOptin: number;
}

/** Name, memory, multiprocessors and more of a card (default: the current one). */
export function getDeviceProperties(card?: Card): DeviceProperties {
	return native.cudaProperties(cardOf("getDeviceProperties", card));
}

/** Name of a card (default: the current one). */
export function getDeviceName(card?: Card): string {
	return native.cudaProperties(cardOf("getDeviceName", card)).name;
}

/** The compute capability: [9, 0] for 9.0. */
export function getDeviceCapability(card?: Card): [major: number, minor: number] {
	const { major, minor } = native.cudaProperties(cardOf("getDeviceCapability", card));
	return [major, minor];
}

export type { Device };
