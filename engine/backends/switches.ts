import { native } from "../core/native";

/** The numbers that the addon gives to its switches (engine/native/cuda/runtime/switches.h). */
const numbers = {
	matmulTf32: 0,
	matmulReducedHalf: 1,
	matmulReducedBFloat16: 2,
	cudnnEnabled: 3,
	cudnnBenchmark: 4,
	cudnnDeterministic: 5,
	cudnnTf32: 6,
} as const;

export type Switch = keyof typeof numbers;

export function isOn(which: Switch): boolean {
	return native.cudaSwitch(numbers[which]);
}

/** `name` is what the user wrote, for the error. */
export function setSwitch(name: string, which: Switch, on: boolean): void {
	if (typeof on !== "boolean") throw new TypeError(`[${name}] expected a boolean, got ${String(on)}`);
	native.cudaSetSwitch(numbers[which], on);
}
