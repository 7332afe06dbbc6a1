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

/** An object with a property for each switch, which reads and sets it; beside what `rest` has. */
export function withSwitches<K extends string, R extends object>(
	switches: Record<K, Switch>,
	rest: R,
): Record<K, boolean> & R {
	for (const [name, which] of Object.entries<Switch>(switches)) {
		Object.defineProperty(rest, name, {
			enumerable: true,
			get: () => native.cudaSwitch(numbers[which]),
			set: (on: unknown) => {
				if (typeof on !== "boolean") throw new TypeError(`[${name}] expected a boolean, got ${String(on)}`);
				native.cudaSetSwitch(numbers[which], on);
			},
		});
	}
	return rest as Record<K, boolean> & R;
}
