import { type Device, device } from "./core/device";
import { type Card, currentDevice, isAvailable, setDevice } from "./cuda/device";

/* `torch.accelerator`: cards by a name that says nothing of their maker. */

export { deviceCount, isAvailable, synchronize } from "./cuda/device";
export {
	emptyCache,
	maxMemoryAllocated,
	maxMemoryReserved,
	memoryAllocated,
	memoryReserved,
	memoryStats,
	resetPeakMemoryStats,
} from "./cuda/memory";

/**
 * The kind of accelerator that there may be, `cuda`; with `checkAvailable` null where there is none.
 *
 * ```ts
 * const device = torch.accelerator.isAvailable() ? torch.accelerator.currentAccelerator().type : "cpu";
 * ```
 */
export function currentAccelerator(): Device;
export function currentAccelerator(checkAvailable: boolean | { checkAvailable?: boolean }): Device | null;
export function currentAccelerator(checkAvailable: boolean | { checkAvailable?: boolean } = false): Device | null {
	const check = typeof checkAvailable === "boolean" ? checkAvailable : (checkAvailable.checkAvailable ?? false);
	return check && !isAvailable() ? null : device("cuda");
}

/** The number of the card that "cuda" means. */
export function currentDeviceIndex(): number {
	return currentDevice();
}

/** Makes a card the one that "cuda" means. */
export function setDeviceIndex(card: Card): void {
	setDevice(card);
}
