import { type Handle, native } from "./native";

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

	/** PyTorch's text of a device in a notebook: `device(type='cuda', index=0)`. */
	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return `device(type='${this.type}'${this.index === null ? "" : `, index=${this.index}`})`;
	}
}

/** A device, or its name: `"cpu"`, `"cuda"`, `"cuda:1"`. */
export type DeviceLike = Device | "cpu" | "cuda" | `cuda:${number}`;

const cpu = new Device("cpu");
const cards: Device[] = [];

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

/** @internal The device of a native tensor. */
export function deviceOf(handle: Handle): Device {
	const code = native.device(handle);
	if (code === 0) return cpu;
	cards[code] ??= new Device("cuda", code - 1);
	return cards[code];
}

let defaultPlace = 0;
/** How many cards there are; 0 until one is asked for. */
let devices = 0;
let cardUsed: ((index: number) => void) | null = null;

/** @internal What is done when a card is first used. */
export function onFirstCard(used: (index: number) => void): void {
	cardUsed = used;
}

/**
 * @internal The code of the device for a new tensor (0: the host, 1 + i: cuda:i); an error that says what is missing
 * where there is none such.
 */
export function placeOf(op: string, spec: DeviceLike | null | undefined): number {
	if (spec == null) return defaultPlace;
	const { type, index } = device(spec);
	if (type === "cpu") return 0;
	if (devices === 0) devices = native.cudaDeviceCount();
	if (devices === 0) throw new Error(`[${op}] device '${device(spec)}' is not available: ${native.cudaInfo().problem}`);
	const at = index ?? native.cudaCurrentDevice();
	if (at >= devices) {
		const there = devices === 1 ? "the only card is cuda:0" : `the cards are cuda:0 to cuda:${devices - 1}`;
		throw new Error(`[${op}] device 'cuda:${at}' is not available: ${there}`);
	}
	if (cardUsed !== null) {
		const used = cardUsed;
		cardUsed = null;
		used(at);
	}
	return 1 + at;
}

/** The device that new tensors are made on where none is named: `"cpu"` at first. */
export function setDefaultDevice(spec: DeviceLike): void {
	defaultPlace = placeOf("setDefaultDevice", spec);
}

/** The device that new tensors are made on where none is named. */
export function getDefaultDevice(): Device {
	return defaultPlace === 0 ? cpu : new Device("cuda", defaultPlace - 1);
}
