import * as torch from "gradbook";

/* Suites of the CPU run a second time with new tensors on a card (the project "cuda" of vitest.config.mts). */

/** Whether this run is the one on a card. */
export const onCard = torch.getDefaultDevice().type === "cuda";

/** Runs a test's body; on a card until its work is done, so that what fails there fails here. */
export function onDevice(body: () => void): void {
	body();
	if (onCard) torch.cuda.synchronize();
}

/** Without cuDNN on a real card, where its tanh and sigmoid are good to five digits: test/cuda/card/recurrent.test.ts is for it. */
export function withExactLayers<T>(body: () => T): T {
	if (process.env.GRADBOOK_TEST_CARD !== "real") return body();
	return torch.backends.cudnn.flags({ enabled: false }, body);
}

/** What an op throws comes out on a card when it is waited for. */
export function settled<T>(value: T): T {
	if (onCard) torch.cuda.synchronize();
	return value;
}

/** Runs with new tensors in the host's memory: for what draws the CPU's random numbers. */
export function onHost<T>(body: () => T): T {
	const before = torch.getDefaultDevice();
	torch.setDefaultDevice("cpu");
	try {
		return body();
	} finally {
		torch.setDefaultDevice(before);
	}
}

/** A module whose parameters were drawn on the CPU, as PyTorch's were, on the device of this run. */
export function moved<M extends torch.nn.Module>(make: () => M): M {
	return onHost(make).to(torch.getDefaultDevice());
}

/**
 * Runs `body` after seeding; true where it drew random numbers of a card, which are others than the CPU's: what came of them
 * has no reference.
 */
export function drew(seed: number, body: () => void): boolean {
	torch.manualSeed(seed);
	if (!onCard) {
		body();
		return false;
	}
	const untouched = torch.rand(1).item();
	torch.manualSeed(seed);
	body();
	return torch.rand(1).item() !== untouched;
}
