import type { DType } from "../core/dtype";
import * as dtypes from "../core/dtype";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type ByteSource, FileFormatError, writeFileAtomically } from "./bytes";
import { bytesOfTensor, countOf, tensorFromBytes } from "./elements";
import { Pickler } from "./pickle";
import { type PickleGlobal, unpickle } from "./unpickle";
import { readEntry, readZip, type ZipEntry, type ZipLimits, zipPieces } from "./zip";

/* PyTorch's own files: a zip archive of a pickle and the memory of its tensors. */

const storages: Record<string, DType> = {
	DoubleStorage: dtypes.float64,
	FloatStorage: dtypes.float32,
	HalfStorage: dtypes.float16,
	BFloat16Storage: dtypes.bfloat16,
	LongStorage: dtypes.int64,
	IntStorage: dtypes.int32,
	ShortStorage: dtypes.int16,
	CharStorage: dtypes.int8,
	ByteStorage: dtypes.uint8,
	BoolStorage: dtypes.bool,
};
const storageOf = new Map(Object.entries(storages).map(([name, dtype]) => [dtype, name]));

/** The memory of a storage as a flat tensor; views of it share it. */
class Storage {
	constructor(readonly elements: Tensor) {}
}

export function readTorchFile(source: ByteSource, limits: ZipLimits): unknown {
	const entries = readZip(source);
	const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name) || name === "data.pkl");
	if (pickle === undefined)
		throw new FileFormatError(source.name, "is a zip archive without data.pkl: not made by torch.save");
	const prefix = pickle.slice(0, -"data.pkl".length);
	const read = (name: string) => {
		const entry = entries.get(prefix + name);
		return entry && readEntry(source, entry, limits);
	};
	const order = read("byteorder");
	const bigEndian = order !== undefined && new TextDecoder().decode(order) === "big";
	const loaded = new Map<string, Storage>();
	return unpickle(readEntry(source, entries.get(pickle) as ZipEntry, limits), {
		source: source.name,
		globals,
		persistent(id) {
			const { key, dtype, count } = storageId(source.name, id);
			const known = loaded.get(key);
			if (known) {
				if (known.elements.dtype !== dtype)
					throw new FileFormatError(source.name, `uses storage ${key} with two dtypes`);
				return known;
			}
			const bytes = read(`data/${key}`);
			if (bytes === undefined) throw new FileFormatError(source.name, `has no data for storage ${key}`);
			if (bytes.length !== count * dtype.itemsize) {
				throw new FileFormatError(
					source.name,
					`has ${bytes.length} bytes for storage ${key}, but ${count} elements of ${dtype} need ${count * dtype.itemsize}`,
				);
			}
			const storage = new Storage(tensorFromBytes(bytes, [count], dtype, bigEndian));
			loaded.set(key, storage);
			return storage;
		},
	});
}

/** `("storage", type, key, location, count)` */
function storageId(name: string, id: unknown): { key: string; dtype: DType; count: number } {
	if (Array.isArray(id) && id.length === 5 && id[0] === "storage") {
		const [, type, key, , count] = id as [string, PickleGlobal, string, string, number];
		const dtype = type?.value as DType | undefined;
		if (dtype && typeof key === "string" && Number.isSafeInteger(count) && count >= 0) return { key, dtype, count };
	}
	throw new FileFormatError(name, "has a storage that is not described as PyTorch describes one");
}

const globals: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
	["torch._utils._rebuild_tensor_v2", { call: rebuildTensor }],
	["torch._utils._rebuild_parameter", { call: ([tensor, requiresGrad]) => withGrad(tensor, requiresGrad) }],
	["torch.Size", { call: ([sizes]) => sizes }],
	["torch.device", { call: ([name]) => name }],
	...Object.entries(storages).map(([name, value]): [string, PickleGlobal] => [`torch.${name}`, { value }]),
	...Object.values(storages).map((value): [string, PickleGlobal] => [String(value), { value }]),
]);

function rebuildTensor(args: readonly unknown[]): Tensor {
	const [storage, offset, size, stride, requiresGrad] = args as [Storage, number, number[], number[], boolean];
	if (!(storage instanceof Storage)) throw new TypeError("expected a storage");
	const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
	if (!isCount(offset) || !Array.isArray(size) || !Array.isArray(stride) || size.length !== stride.length) {
		throw new TypeError("expected an offset, sizes and as many strides");
	}
	if (!stride.every(isCount)) throw new RangeError(`strides [${stride}]`);
	const fail = (problem: string): never => {
		throw new RangeError(problem);
	};
	const count = countOf(size, fail);
	const last = count === 0 ? -1 : offset + size.reduce((sum, n, i) => sum + (n - 1) * stride[i]!, 0);
	const available = storage.elements.numel();
	if (last >= available) {
		throw new RangeError(`a tensor of shape [${size}] reaches element ${last} of a storage of ${available}`);
	}
	const at = count === 0 ? 0 : offset;
	return withGrad(wrap(native.asStrided(storage.elements.handle, size, stride, at)), requiresGrad);
}

function withGrad(tensor: unknown, requiresGrad: unknown): Tensor {
	if (!(tensor instanceof Tensor)) throw new TypeError("expected a tensor");
	return tensor.requiresGrad_(requiresGrad === true && tensor.isFloatingPoint());
}

/** Writes what `torch.load(path, weights_only=True)` reads. Tensors that are views are written without their base. */
export function writeTorchFile(value: unknown, path: string | URL): void {
	const stored: Tensor[] = [];
	const keys = new Map<string, number>();
	const pickler = new Pickler((object, out) => {
		if (object instanceof Tensor) {
			writeTensor(object, out);
			return true;
		}
		const dtype = storageOf.get(object as DType);
		if (dtype === undefined) return false;
		const [module, name] = String(object).split(".") as [string, string];
		out.global(module, name);
		return true;
	});

	function writeTensor(tensor: Tensor, out: Pickler): void {
		// The same memory seen the same way is written once.
		const { shape } = tensor;
		const identity = `${native.storageId(tensor.handle)} ${tensor.storageOffset()} ${shape} ${tensor.stride()}`;
		let key = keys.get(identity);
		if (key === undefined) {
			key = stored.length;
			keys.set(identity, key);
			stored.push(tensor);
		}
		const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, n) => product * Math.max(n, 1), 1));
		const storage = () => {
			out.tuple([
				"storage",
				() => out.global("torch", storageOf.get(tensor.dtype)!),
				String(key),
				"cpu",
				tensor.numel(),
			]);
			out.persistent();
		};
		const hooks = () => {
			out.global("collections", "OrderedDict");
			out.tuple([]);
			out.reduce();
		};
		out.global("torch._utils", "_rebuild_tensor_v2");
		const requiresGrad = tensor.isLeaf && tensor.requiresGrad;
		out.tuple([storage, 0, () => out.tuple(shape), () => out.tuple(strides), requiresGrad, hooks]);
		out.reduce();
	}

	const pickle = pickler.dump(value);
	const text = (content: string) => new TextEncoder().encode(content);
	writeFileAtomically(path, zipPieces(entries()));

	function* entries(): Generator<[string, Uint8Array]> {
		yield ["archive/data.pkl", pickle];
		yield ["archive/byteorder", text("little")];
		for (const [i, tensor] of stored.entries()) yield [`archive/data/${i}`, bytesOfTensor(tensor)];
		yield ["archive/version", text("3\n")];
	}
}
