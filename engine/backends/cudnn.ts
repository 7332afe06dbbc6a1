import { native } from "../core/native";
import { isOn, setSwitch } from "./switches";

function found() {
	return native.cudaInfo().libraries.find(({ title }) => title === "cuDNN");
}

export interface CudnnFlags {
	enabled?: boolean;
	benchmark?: boolean;
	deterministic?: boolean;
	allowTf32?: boolean;
}

/**
 * cuDNN computes convolutions on cards where it is found; where it is not, or is switched off, the engine's own kernels do. The
 * switches may be set at any time.
 */
export const cudnn = {
	/** Whether the library was found and can be used with this driver. */
	isAvailable(): boolean {
		const library = found();
		return library !== undefined && library.problem === null;
	},
	/** 90800 for 9.8.0; null without the library. */
	version(): number | null {
		const version = found()?.version;
		if (version == null) return null;
		const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
		return major * 10_000 + minor * 100 + patch;
	},
	/** Whether it is used. Default true. */
	get enabled(): boolean {
		return isOn("cudnnEnabled");
	},
	set enabled(on: boolean) {
		setSwitch("enabled", "cudnnEnabled", on);
	},
	/** Whether the first convolution of each shape tries the algorithms and keeps the fastest. Default false. */
	get benchmark(): boolean {
		return isOn("cudnnBenchmark");
	},
	set benchmark(on: boolean) {
		setSwitch("benchmark", "cudnnBenchmark", on);
	},
	/** Whether only algorithms are used whose results are the same each time. Default true, unlike PyTorch's. */
	get deterministic(): boolean {
		return isOn("cudnnDeterministic");
	},
	set deterministic(on: boolean) {
		setSwitch("deterministic", "cudnnDeterministic", on);
	},
	/** Whether float32 convolutions may round their operands to TF32, for tensor cores. Default true, as PyTorch's. */
	get allowTf32(): boolean {
		return isOn("cudnnTf32");
	},
	set allowTf32(on: boolean) {
		setSwitch("allowTf32", "cudnnTf32", on);
	},
	/** Runs `body` with some of the switches set: `cudnn.flags({ enabled: false }, () => model(x))`. */
	flags<T>(flags: CudnnFlags, body: () => T): T {
		const names = ["enabled", "benchmark", "deterministic", "allowTf32"] as const;
		for (const name of Object.keys(flags)) {
			if (!(names as readonly string[]).includes(name)) {
				throw new TypeError(`[flags] unknown option "${name}"; it takes ${names.join(", ")}`);
			}
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
};
