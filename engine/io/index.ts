import { extname } from "node:path";
import { type Device, type DeviceLike, device } from "../core/device";
import { noGrad } from "../core/gradMode";
import { checkOptionNames, quoted } from "../core/signature";
import { Tensor } from "../core/tensor";
import { FileFormatError, openSource } from "./bytes";
import { isNpy, parseNpy, readNpz, saveNpy, saveNpz } from "./npy";
import { readSafetensors, saveSafetensors } from "./safetensors";
import { readTorchFile, writeTorchFile } from "./torchFile";
import { readZip, type ZipLimits } from "./zip";

/* Tensors in files: safetensors, PyTorch's own, NumPy's. Nothing in a file is ever run. */

export { FileFormatError } from "./bytes";
export { loadNpy, loadNpz, saveNpy, saveNpz } from "./npy";
export { loadSafetensors, type SafetensorsOptions, safetensorsMetadata, saveSafetensors } from "./safetensors";
export { PickleError } from "./unpickle";

export interface LoadOptions extends ZipLimits {
	/** Where all tensors go. Default: the host. */
	mapLocation?: DeviceLike | null;
	/** As PyTorch's, whose default is true too; here nothing but data is ever read. */
	weightsOnly?: boolean;
}

/**
 * Reads a file (or its bytes) of any of the formats, told apart by what is in it: safetensors and `.npz` give tensors by
 * name, `.npy` a tensor, PyTorch's files what was saved (state dicts, lists, numbers, strings, tensors).
 *
 * A damaged, cut off or hostile file is an error that says what is wrong; a pickle that refers to anything but plain data
 * and tensors is refused by name.
 */
export function load(from: string | URL | Uint8Array | ArrayBuffer, options: LoadOptions = {}): any {
	checkOptionNames("load", ["mapLocation", "weightsOnly", "maxInflatedBytes"], options);
	const value = read(from, options);
	if (options.mapLocation == null) return value;
	const place = device(options.mapLocation);
	return noGrad(() => moved(value, place, new Map()));
}

/** The same value with its tensors on another device; what is there twice is so again. */
function moved(value: unknown, place: Device, done: Map<unknown, unknown>): unknown {
	if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
	if (done.has(value)) return done.get(value);
	const keep = <T>(made: T): T => {
		done.set(value, made);
		return made;
	};
	if (value instanceof Tensor) {
		return keep(value.to(place).requiresGrad_(value.requiresGrad));
	}
	if (Array.isArray(value)) {
		const list: unknown[] = keep([]);
		for (const item of value) list.push(moved(item, place, done));
		return list;
	}
	if (value instanceof Map) {
		const map = keep(new Map<unknown, unknown>());
		for (const [key, item] of value) map.set(key, moved(item, place, done));
		return map;
	}
	const object: Record<string, unknown> = keep(Object.create(Object.getPrototypeOf(value)));
	for (const [key, item] of Object.entries(value)) object[key] = moved(item, place, done);
	return object;
}

function read(from: string | URL | Uint8Array | ArrayBuffer, options: ZipLimits): unknown {
	using source = openSource(from);
	const start = source.read(0, Math.min(source.size, 8));
	if (isNpy(start)) return parseNpy(source.name, source.read(0, source.size));
	if (start[0] === 0x50 && start[1] === 0x4b) {
		const names = [...readZip(source).keys()];
		const numpy = names.length > 0 && names.every((name) => name.endsWith(".npy"));
		return numpy ? readNpz(source, options) : readTorchFile(source, options);
	}
	if (start[0] === 0x80 && start[1] !== undefined && start[1] <= 5 && start[2] === 0x8a) {
		throw new FileFormatError(
			source.name,
			"is in PyTorch's format of before 1.6: load it there and save it again (torch.save writes the newer one)",
		);
	}
	return readSafetensors(source);
}

const byExtension: Record<string, (value: unknown, path: string | URL) => void> = {
	".safetensors": (value, path) => saveSafetensors(value as Record<string, Tensor>, path),
	".pt": writeTorchFile,
	".pth": writeTorchFile,
	".ckpt": writeTorchFile,
	".bin": writeTorchFile,
	".npy": (value, path) => saveNpy(value as Tensor, path),
	".npz": (value, path) => saveNpz(value as Record<string, Tensor>, path),
};

/**
 * Writes a file whose name says the format: `.safetensors` and `.npz` take tensors by name (`model.stateDict()`), `.npy` a
 * tensor, `.pt` and `.pth` also numbers, strings and nested objects, which `torch.load(path, weights_only=True)` reads.
 * The file appears under its name when it is complete.
 */
export function save(value: unknown, path: string | URL): void {
	const extension = extname(path instanceof URL ? path.pathname : path).toLowerCase();
	const write = byExtension[extension];
	if (!write) {
		throw new RangeError(
			`[save] cannot tell the format of ${quoted(String(path))} from its name: expected ${Object.keys(byExtension).join(", ")}`,
		);
	}
	if (typeof value === "function" && "stateDict" in value) {
		const name = value.constructor.name;
		throw new TypeError(`[save] a module's code cannot be written with it: expected its stateDict(), got a ${name}`);
	}
	const named = extension === ".safetensors" || extension === ".npz";
	if (named && (typeof value !== "object" || value === null || value instanceof Tensor)) {
		throw new TypeError(`[save] a ${extension} file takes tensors by name, got ${quoted(value)}`);
	}
	write(value, path);
}
