import { entered, within } from "./block";
import { type Device, placeOf } from "./device";
import { bfloat16, type DType, float16, isDType } from "./dtype";
import type { Tensor } from "./tensor";
import { warn } from "./warn";

/*
 * Mixed precision: in an autocast block matrix products run in a half type, and what needs range (losses, for instance) in
 * float32. Which op does what are PyTorch's lists, one for the CPU and one for cards; each op on one of them asks
 * `autocastState.active` first.
 *
 * Global and synchronous, as `noGrad`.
 */

type DeviceType = Device["type"];

interface State {
	/** Whether any device's autocast is on: what an op looks at. */
	active: boolean;
	enabled: Record<DeviceType, boolean>;
	dtype: Record<DeviceType, DType>;
	cacheEnabled: boolean;
	/** Parameters cast in this block: each is cast once, with the count of writes at which that was. */
	readonly cache: Map<Tensor, { version: number; cast: Tensor }>;
	/** Blocks inside each other; the cache lives until the outermost ends. */
	depth: number;
}

/** @internal */
export const autocastState: State = {
	active: false,
	enabled: { cpu: false, cuda: false },
	dtype: { cpu: bfloat16, cuda: float16 },
	cacheEnabled: true,
	cache: new Map(),
	depth: 0,
};

const halfTypes: readonly unknown[] = [float16, bfloat16];

function typeOf(op: string, deviceType: unknown): DeviceType {
	if (deviceType === "cpu" || deviceType === "cuda") return deviceType;
	throw new RangeError(`[${op}] deviceType must be "cpu" or "cuda", got ${JSON.stringify(String(deviceType))}`);
}

/** Whether autocast is on for a type of device; as in PyTorch, "cuda" where none is named. */
export function isAutocastEnabled(deviceType: DeviceType = "cuda"): boolean {
	return autocastState.enabled[typeOf("isAutocastEnabled", deviceType)];
}

/** Turns autocast on or off for a kind of device, until it is set anew. */
export function setAutocastEnabled(deviceType: DeviceType, enabled: boolean): void {
	const { enabled: of } = autocastState;
	of[typeOf("setAutocastEnabled", deviceType)] = enabled;
	autocastState.active = of.cpu || of.cuda;
}

/** The type that autocast lowers to: bfloat16 on the CPU, float16 on a GPU, until it is set. */
export function getAutocastDtype(deviceType: DeviceType): DType {
	return autocastState.dtype[typeOf("getAutocastDtype", deviceType)];
}

/** The dtype that autocast uses on a kind of device: float16 or bfloat16. */
export function setAutocastDtype(deviceType: DeviceType, dtype: DType): void {
	if (!halfTypes.includes(dtype)) {
		throw new TypeError(`[setAutocastDtype] expected torch.float16 or torch.bfloat16, got ${String(dtype)}`);
	}
	autocastState.dtype[typeOf("setAutocastDtype", deviceType)] = dtype;
}

/** Whether a parameter that an autocast block uses several times is cast only once. */
export function isAutocastCacheEnabled(): boolean {
	return autocastState.cacheEnabled;
}

/** Whether weights that autocast has cast are kept until its block ends. Default true. */
export function setAutocastCacheEnabled(enabled: boolean): void {
	autocastState.cacheEnabled = enabled;
}

/** Forgets the weights that autocast has cast. */
export function clearAutocastCache(): void {
	autocastState.cache.clear();
}

export interface AutocastOptions {
	/** The half type to lower to. Default: bfloat16 on the CPU, float16 on a GPU. */
	dtype?: DType | null;
	/** false switches autocast off inside a block where it is on. Default true. */
	enabled?: boolean;
	/** Cast a parameter that is used several times only once. Default true. */
	cacheEnabled?: boolean | null;
}

type Body<T> = () => T;

/**
 * Runs `body` in mixed precision: products of matrices and convolutions take their operands in `dtype`, losses and what
 * else needs float32's range take theirs in float32, everything else runs in the type of its operands. float64 stays as it
 * is. Call `backward()` outside the block. Without a body, for the rest of a `using` block.
 *
 * ```ts
 * const loss = torch.autocast("cpu", { dtype: torch.bfloat16 }, () => lossFunction(model(x), y));
 * ```
 */
export function autocast<T>(deviceType: DeviceType, body: Body<T>): T;
export function autocast<T>(deviceType: DeviceType, options: AutocastOptions, body: Body<T>): T;
export function autocast(deviceType: DeviceType, options?: AutocastOptions): Disposable;
export function autocast<T>(
	deviceType: DeviceType,
	options: AutocastOptions | Body<T> = {},
	body?: Body<T>,
): T | Disposable {
	const run = typeof options === "function" ? options : body;
	const block = enter(typeOf("autocast", deviceType), typeof options === "function" ? {} : options);
	return run ? within("autocast", block, run) : block;
}

function enter(type: DeviceType, options: AutocastOptions): Disposable {
	for (const name of Object.keys(options)) {
		if (["dtype", "enabled", "cacheEnabled"].includes(name)) continue;
		throw new TypeError(`[autocast] unknown option "${name}"; it takes dtype, enabled, cacheEnabled`);
	}
	const dtype = options.dtype ?? autocastState.dtype[type];
	if (!isDType(dtype)) throw new TypeError(`[autocast] dtype must be a dtype, got ${String(dtype)}`);
	const before = {
		enabled: autocastState.enabled[type],
		dtype: autocastState.dtype[type],
		cache: autocastState.cacheEnabled,
	};
	const enabled = (options.enabled ?? true) && usable(type, dtype);
	setAutocastEnabled(type, enabled);
	if (halfTypes.includes(dtype)) autocastState.dtype[type] = dtype;
	autocastState.cacheEnabled = options.cacheEnabled ?? before.cache;
	autocastState.depth++;
	return entered(() => {
		if (--autocastState.depth === 0) clearAutocastCache();
		setAutocastEnabled(type, before.enabled);
		autocastState.dtype[type] = before.dtype;
		autocastState.cacheEnabled = before.cache;
	});
}

/** As PyTorch, warns and goes on without autocast where it cannot be had. */
function usable(type: DeviceType, dtype: DType): boolean {
	if (!halfTypes.includes(dtype)) {
		warn(
			`In ${type.toUpperCase()} autocast, but the target dtype ${dtype} is not supported. Disabling autocast. ` +
				"It lowers to torch.bfloat16 or torch.float16.",
		);
		return false;
	}
	if (isAvailable(type)) return true;
	warn(`User provided device_type of '${type}', but ${type.toUpperCase()} is not available. Disabling`);
	return false;
}

/** @internal */
export function isAvailable(type: DeviceType): boolean {
	try {
		placeOf("autocast", type);
		return true;
	} catch {
		return false;
	}
}

/** @internal Switches all autocasting off: an op runs what it consists of so. */
export function suspendAutocast(): Disposable {
	const { active } = autocastState;
	autocastState.active = false;
	return entered(() => {
		autocastState.active = active;
	});
}
