import { extname } from "node:path";
import { quoted } from "../core/signature";
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

export type LoadOptions = ZipLimits;

/**
 * Reads a file (or its bytes) of any of the formats, told apart by what is in it: safetensors and `.npz` give tensors by
 * name, `.npy` a tensor, PyTorch's files what was saved (state dicts, lists, numbers, strings, tensors).
 *
 * A damaged, cut off or hostile file is an error that says what is wrong; a pickle that refers to anything but plain data
 * and tensors is refused by name.
 */
export function load(from: string | URL | Uint8Array | ArrayBuffer, options: LoadOptions = {}): any {
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
	const named = extension === ".safetensors" || extension === ".npz";
	if (named && (typeof value !== "object" || value === null || value instanceof Tensor)) {
		throw new TypeError(`[save] a ${extension} file takes tensors by name, got ${quoted(value)}`);
	}
	write(value, path);
}
