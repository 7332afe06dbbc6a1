/** Where a tensor's elements are. */
export class Device {
	readonly type: "cpu" | "cuda";
	/** Which one of several; null where it was left open. */
	readonly index: number | null;

	constructor(type: "cpu" | "cuda", index: number | null = null) {
		this.type = type;
		this.index = index;
	}

	/** `cpu`, `cuda`, `cuda:0` */
	toString(): string {
		return this.index === null ? this.type : `${this.type}:${this.index}`;
	}
}

/** A device, or its name: `"cpu"`, `"cuda"`, `"cuda:1"`. */
export type DeviceLike = Device | "cpu" | "cuda" | `cuda:${number}`;

const cpu = new Device("cpu");

/** A device by its name: `device("cuda")`, `device("cuda:1")`, `device("cuda", 1)`. Making one needs no such hardware. */
export function device(spec: DeviceLike, index?: number): Device {
	if (spec instanceof Device) return spec;
	const found = /^(cpu|cuda)(?::(\d+))?$/.exec(String(spec));
	if (!found) {
		throw new RangeError(`[device] expected "cpu", "cuda" or "cuda:<index>", got ${JSON.stringify(spec)}`);
	}
	const type = found[1] as "cpu" | "cuda";
	const at = found[2] === undefined ? (index ?? null) : Number(found[2]);
	return type === "cpu" && at === null ? cpu : new Device(type, at);
}

/** @internal The device for a new tensor; an error where there is none such. */
export function availableDevice(op: string, spec: DeviceLike | undefined): Device {
	if (spec === undefined) return cpu;
	const found = device(spec);
	if (found.type === "cpu") return cpu;
	throw new Error(`[${op}] device '${found}' is not available: the engine runs on 'cpu' only`);
}
