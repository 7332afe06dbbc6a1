import { native } from "../core/native";
import { withSwitches } from "./switches";

function found() {
	return native.cudaInfo().libraries.find(({ title }) => title === "cuDNN");
}

/** Switches of cuDNN; they may be set at any time. */
export interface CudnnSwitches {
	/** Whether it is used. Default true. */
	enabled: boolean;
	/**
	 * Whether the first convolution of each shape tries the algorithms and keeps the fastest. Default false. Recurrent layers have no
	 * such trial.
	 */
	benchmark: boolean;
	/**
	 * Whether only algorithms of convolutions are used whose results are the same each time. Default true, unlike PyTorch's. Those of
	 * recurrent layers all are.
	 */
	deterministic: boolean;
	/** Whether float32 convolutions and recurrent layers may round to TF32, for tensor cores. Default true, as PyTorch's. */
	allowTf32: boolean;
}

const switches = {
	enabled: "cudnnEnabled",
	benchmark: "cudnnBenchmark",
	deterministic: "cudnnDeterministic",
	allowTf32: "cudnnTf32",
} as const;

interface Cudnn extends CudnnSwitches {
	/** Whether the library was found and can be used with this driver. */
	isAvailable(): boolean;
	/** 90800 for 9.8.0; null without the library. */
	version(): number | null;
	/** Runs `body` with some of the switches set: `cudnn.flags({ enabled: false }, () => model(x))`. */
	flags<T>(flags: Partial<CudnnSwitches>, body: () => T): T;
}

/**
 * cuDNN computes convolutions and recurrent layers on cards where it is found; where it is not, or is switched off, the engine's own
 * kernels do.
 */
export const cudnn: Cudnn = withSwitches(switches, {
	isAvailable(): boolean {
		const library = found();
		return library !== undefined && library.problem === null;
	},
	version(): number | null {
		const version = found()?.version;
		if (version == null) return null;
		const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
		return major * 10_000 + minor * 100 + patch;
	},
	flags<T>(flags: Partial<CudnnSwitches>, body: () => T): T {
		const names = Object.keys(switches) as (keyof CudnnSwitches)[];
		for (const name of Object.keys(flags)) {
			if (!(name in switches)) throw new TypeError(`[flags] unknown option "${name}"; it takes ${names.join(", ")}`);
		}
		const before = names.map((name) => cudnn[name]);
		try {
			for (const name of names) cudnn[name] = flags[name] ?? cudnn[name];
			return body();
		} finally {
			names.forEach((name, i) => {
				cudnn[name] = before[i]!;
			});
		}
	},
});
