import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import * as torch from "gradbook";
import { afterAll, describe, expect, test } from "vitest";
import { type EncodedTensor, expectLike, readReference, tensorOf } from "../../support/reference";

/* Files of PyTorch's and NumPy's own (test/reference/make_files.py), ours read back, and damaged or hostile ones. */

const { nn } = torch;
const folder = mkdtempSync(join(tmpdir(), "gradbook-io-"));
const file = (name: string) => join(folder, name);
const given = (name: string) => join(__dirname, "..", "..", "reference", "files", name);
afterAll(() => rmSync(folder, { recursive: true }));

const content = readReference<Record<string, any>>("files.json");
const network = () => new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));

describe("PyTorch's files", () => {
	test("a checkpoint loads by the same keys and gives the same output", () => {
		const checkpoint = torch.load(given("checkpoint.pt"));
		const expected = content["checkpoint.pt"];
		expect({ ...checkpoint, model: null, optimizer: null }).toEqual({
			model: null,
			optimizer: null,
			epoch: 3,
			name: "first",
			loss: 0.25,
			big: 2n ** 60n,
			none: null,
			flags: [true, false],
		});
		const model = network();
		expect(String(model.loadStateDict(checkpoint.model))).toBe("<All keys matched successfully>");
		expectLike(model(tensorOf(expected.input)), expected.output, "output");
		const optimizer = new torch.optim.Adam(model.parameters());
		optimizer.loadStateDict(checkpoint.optimizer);
		expect(optimizer.paramGroups[0]!.lr).toBe(0.01);
		expect(optimizer.state.get(model.at(0).weight)!.step).toBe(1);
	});

	test("tensors of every dtype, views, scalars and empty ones", () => {
		const tensors = torch.load(given("tensors.pt"));
		const expected = content["tensors.pt"] as Record<string, EncodedTensor>;
		expect(Object.keys(tensors)).toEqual(Object.keys(expected));
		for (const [name, value] of Object.entries(expected)) expectLike(tensors[name], value, name);
		expect(tensors.parameter.requiresGrad).toBe(true);
		// Views share their storage, as in PyTorch.
		tensors.base.at(1, 0).fill_(100);
		expect(tensors.row.at(0).item()).toBe(100);
	});

	test("a pickled module is refused by the name of its class; nothing runs", () => {
		expect(() => torch.load(given("module.pt"))).toThrow(
			/refers to torch\.nn\.modules.*not among the names that are read/,
		);
	});
});

describe("NumPy's files", () => {
	test.each(["arrays.npz", "packed.npz"])("%s", (name) => {
		const arrays = torch.load(given(name));
		for (const [key, { values, shape }] of Object.entries(
			content.arrays as Record<string, { values: number[]; shape: number[] }>,
		)) {
			expect(arrays[key].shape, key).toEqual(shape);
			expect(arrays[key].reshape(-1).tolist(), key).toEqual(values.map(Number));
		}
		expect(arrays.u2.dtype).toBe(torch.int32);
		expect(arrays.u4.dtype).toBe(torch.int64);
	});

	test("array.npy", () => {
		expect(torch.load(given("array.npy")).tolist()).toEqual([
			[0, 1, 2],
			[3, 4, 5],
		]);
	});
});

describe("our own files", () => {
	const dtypes = [
		torch.float64,
		torch.float32,
		torch.float16,
		torch.bfloat16,
		torch.int64,
		torch.int32,
		torch.int16,
		torch.int8,
		torch.uint8,
		torch.bool,
	];

	test.each([".pt", ".safetensors", ".npz"])("%s: what was saved comes back", (extension) => {
		const tensors: Record<string, torch.Tensor> = {};
		for (const dtype of dtypes) {
			if (extension === ".npz" && dtype === torch.bfloat16) continue;
			tensors[dtype.name] = torch.arange(6).reshape(2, 3).to(dtype);
		}
		tensors.transposed = torch.arange(6).float().reshape(2, 3).t();
		tensors.empty = torch.zeros(0, 4);
		tensors.scalar = torch.tensor(1.5);
		Object.defineProperty(tensors, "__proto__", { value: torch.ones(1), enumerable: true });
		torch.save(tensors, file(`all${extension}`));
		const back = torch.load(file(`all${extension}`));
		expect(Object.keys(back)).toEqual(Object.keys(tensors));
		for (const name of Object.keys(tensors)) {
			const [found, wanted] = [
				Object.getOwnPropertyDescriptor(back, name)!.value,
				Object.getOwnPropertyDescriptor(tensors, name)!.value,
			];
			expect([found.dtype, found.shape, found.tolist()], name).toEqual([wanted.dtype, wanted.shape, wanted.tolist()]);
		}
		expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
	});

	const python = process.env.GRADBOOK_TORCH_PYTHON;
	test.skipIf(!python || !existsSync(python))("PyTorch and NumPy read them", () => {
		torch.manualSeed(1);
		const model = network();
		const optimizer = new torch.optim.Adam(model.parameters(), { lr: 0.02 });
		const input = torch.randn(5, 3);
		model(input).square().sum().backward();
		optimizer.step();
		torch.save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 7, input }, file("ours.pt"));
		torch.save({ a: torch.arange(3), b: torch.ones(2, 2).double() }, file("ours.npz"));
		const script = join(__dirname, "..", "..", "reference", "check_saved.py");
		const found = JSON.parse(execFileSync(python!, [script, file("ours.pt"), file("ours.npz")], { encoding: "utf8" }));
		expect(found).toMatchObject({
			epoch: 7,
			step: 1,
			lr: 0.02,
			array: {
				a: ["int64", [0, 1, 2]],
				b: [
					"float64",
					[
						[1, 1],
						[1, 1],
					],
				],
			},
		});
		const output = model(input).tolist() as number[][];
		for (const [i, value] of found.output.flat().entries()) expect(value).toBeCloseTo(output.flat()[i]!, 5);
	});

	test("metadata of safetensors", () => {
		torch.saveSafetensors({ w: torch.ones(2) }, file("meta.safetensors"), { metadata: { epoch: "3" } });
		expect(torch.safetensorsMetadata(file("meta.safetensors"))).toEqual({ epoch: "3" });
	});

	test.each([
		[
			"a folder that is not there",
			() => torch.save({ a: torch.ones(1) }, file("none/x.pt")),
			/^\[save\] parent directory .*none does not exist$/,
		],
		["an unknown ending", () => torch.save({}, file("x.json")), /cannot tell the format/],
		["a number in safetensors", () => torch.save({ a: 1 }, file("x.safetensors")), /holds tensors only, but "a" is 1/],
		["a tensor as safetensors", () => torch.save(torch.ones(1), file("x.safetensors")), /takes tensors by name/],
		["a module", () => torch.save({ m: network() }, file("x.pt")), /cannot write/],
		["bfloat16 for NumPy", () => torch.save(torch.ones(1).bfloat16(), file("x.npy")), /NumPy has no torch.bfloat16/],
	])("%s: an error, and no file", (_, run, message) => {
		expect(run).toThrow(message);
		expect(readdirSync(folder).filter((name) => name.startsWith("x.") || name.endsWith(".part"))).toEqual([]);
	});
});

function safetensors(header: unknown, data = 0): Uint8Array {
	const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(json.length));
	return Buffer.concat([length, json, Buffer.alloc(data)]);
}

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({
	dtype: "F32",
	shape,
	data_offsets: [begin, end],
});

describe("hostile safetensors are refused", () => {
	test.each([
		["too short", Buffer.from([1, 2]), /too short/],
		[
			"a header beyond the file",
			Buffer.concat([Buffer.from([255, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")]),
			/should have 255 bytes/,
		],
		["a gigantic header", Buffer.alloc(16, 0xff), /at most 100000000 are allowed/],
		["no JSON", safetensors("{]"), /damaged safetensors header/],
		["a list", safetensors([]), /no object/],
		["an unknown dtype", safetensors({ a: { ...f32(0, 4), dtype: "F8" } }, 4), /dtype "F8"/],
		["an inherited dtype name", safetensors({ a: { ...f32(0, 4), dtype: "constructor" } }, 4), /dtype "constructor"/],
		["negative sizes", safetensors({ a: f32(0, 4, [-1]) }, 4), /shape \[-1\]/],
		["impossible sizes", safetensors({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4), /impossible shape/],
		["a size that does not fit", safetensors({ a: f32(0, 8, [1]) }, 8), /needs 4/],
		["offsets turned round", safetensors({ a: f32(8, 4, [1]) }, 8), /has -4 bytes/],
		["an overlap", safetensors({ a: f32(0, 8), b: f32(4, 12) }, 12), /overlaps/],
		["a gap", safetensors({ a: f32(0, 4), b: f32(8, 12) }, 12), /belong to none/],
		["cut off", safetensors({ a: f32(0, 8) }, 4), /cut off/],
		["bytes behind the end", safetensors({ a: f32(0, 4) }, 9), /behind its last tensor/],
	])("%s", (_, bytes, message) => {
		expect(() => torch.load(bytes)).toThrow(message);
	});
});

interface Entry {
	name: string;
	bytes: Buffer;
	method?: number;
	/** What the directory claims instead of the truth. */
	size?: number;
	crc?: number;
	offset?: number;
}

const crc32 = (bytes: Buffer) => {
	let crc = -1;
	for (const byte of bytes) {
		crc ^= byte;
		for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
	}
	return ~crc >>> 0;
};

function zip(entries: Entry[]): Buffer {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let at = 0;
	for (const entry of entries) {
		const name = Buffer.from(entry.name);
		const packed = entry.method === 8 ? deflateRawSync(entry.bytes) : entry.bytes;
		const local = Buffer.alloc(30);
		local.writeUInt32LE(0x04034b50);
		local.writeUInt16LE(name.length, 26);
		parts.push(local, name, packed);
		const central = Buffer.alloc(46);
		central.writeUInt32LE(0x02014b50);
		central.writeUInt16LE(entry.method ?? 0, 10);
		central.writeUInt32LE(entry.crc ?? crc32(entry.bytes), 16);
		central.writeUInt32LE(packed.length, 20);
		central.writeUInt32LE(entry.size ?? entry.bytes.length, 24);
		central.writeUInt16LE(name.length, 28);
		central.writeUInt32LE(entry.offset ?? at, 42);
		directory.push(central, name);
		at += 30 + name.length + packed.length;
	}
	const end = Buffer.alloc(22);
	const size = directory.reduce((sum, part) => sum + part.length, 0);
	end.writeUInt32LE(0x06054b50);
	end.writeUInt16LE(entries.length, 10);
	end.writeUInt32LE(size, 12);
	end.writeUInt32LE(at, 16);
	return Buffer.concat([...parts, ...directory, end]);
}

const pt = (pickle: Buffer | string, ...more: Entry[]) =>
	zip([{ name: "a/data.pkl", bytes: Buffer.from(pickle as string, "latin1") }, ...more]);
const storage = (count: string) => `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${count}tQ`;
const rebuild = (count: string, size: string, stride: string) =>
	`\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(${storage(count)}K\0${size}${stride}\x89}tR.`;
const four: Entry = { name: "a/data/0", bytes: Buffer.alloc(16) };

describe("hostile archives are refused", () => {
	test("the builders below make good files", () => {
		const tensor = torch.load(pt(rebuild("K\x04", "K\x04\x85", "K\x01\x85"), four));
		expect(tensor.tolist()).toEqual([0, 0, 0, 0]);
	});

	test.each([
		["os.system", pt("\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R."), /refers to os\.system/],
		["eval", pt("\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R."), /refers to __builtin__\.eval/],
		["an object of some class", pt("\x80\x02(iposix\nsystem\n."), /opcode 0x69/],
		["an unknown opcode", pt("\x80\x02\xfe."), /opcode 0xfe/],
		["a newer protocol", pt("\x80\x63."), /protocol 99/],
		["an empty stack", pt("\x80\x02."), /stack is empty/],
		["a string beyond the end", pt("\x80\x02X\xff\xff\xff\x7fabc."), /bytes wanted/],
		["no end", pt("\x80\x02N"), /bytes wanted/],
		["a recalled nothing", pt("\x80\x02h\x05."), /recalls 5/],
		["a call of a value", pt("\x80\x02ctorch\nFloatStorage\n)R."), /no function here/],
		["attributes of a list", pt("\x80\x02]Nb."), /sets attributes/],
		["a storage without data", pt(rebuild("K\x04", "K\x04\x85", "K\x01\x85")), /no data for storage 0/],
		["a storage that claims more", pt(rebuild("K\x64", "K\x04\x85", "K\x01\x85"), four), /16 bytes for storage 0/],
		[
			"a shape beyond the storage",
			pt(rebuild("K\x04", "K\x05\x85", "K\x01\x85"), four),
			/reaches element 4 of a storage of 4/,
		],
		["strides beyond the storage", pt(rebuild("K\x04", "K\x02\x85", "K\x64\x85"), four), /reaches element 100/],
		["negative strides", pt(rebuild("K\x04", "K\x02\x85", "J\xff\xff\xff\xff\x85"), four), /strides/],
		["as many strides as sizes", pt(rebuild("K\x04", "K\x02\x85", ")"), four), /as many strides/],
		["no data.pkl", zip([{ name: "a/b", bytes: Buffer.from("x") }]), /without data\.pkl/],
		[
			"an overlap",
			zip([
				{ name: "a/data.pkl", bytes: Buffer.alloc(40) },
				{ name: "b", bytes: Buffer.alloc(40), offset: 20 },
			]),
			/overlaps/,
		],
		["a range beyond the end", zip([{ name: "a/data.pkl", bytes: Buffer.alloc(4), offset: 5000 }]), /beyond the end/],
		["two entries of one name", zip([four, four]), /two zip entries/],
		["a strange method", zip([{ ...four, method: 12 }]), /method 12/],
		[
			"an impossible ratio",
			zip([{ name: "a.npy", bytes: Buffer.alloc(100), method: 8, size: 0x7fffffff }]),
			/impossible/,
		],
		["cut off", pt("\x80\x02N.").subarray(0, 40), /no directory at its end/],
	])("%s", (_, bytes, message) => {
		expect(() => torch.load(bytes)).toThrow(message);
	});

	test("a wrong checksum", () => {
		expect(() => torch.load(zip([{ name: "a/data.pkl", bytes: Buffer.from("\x80\x02N.", "latin1"), crc: 7 }]))).toThrow(
			/checksum/,
		);
	});

	test("a bomb: unpacking stops at the limit, and at what was claimed", () => {
		const zeros = Buffer.alloc(4_000_000);
		const bomb = zip([{ name: "a.npy", bytes: zeros, method: 8 }]);
		expect(bomb.length).toBeLessThan(10_000);
		expect(() => torch.load(bomb, { maxInflatedBytes: 1_000_000 })).toThrow(
			/more than the 1000000 that maxInflatedBytes allows/,
		);
		expect(() => torch.load(zip([{ name: "a.npy", bytes: zeros, method: 8, size: 50 }]))).toThrow(/cannot be unpacked/);
	});

	test("the format of before PyTorch 1.6 is named", () => {
		expect(() => torch.load(Buffer.from("\x80\x02\x8a\x0al\xfc\x9c\x46", "latin1"))).toThrow(/before 1\.6/);
	});

	test("any file cut off anywhere, or with any byte changed, loads or is an Error", () => {
		for (const name of ["checkpoint.pt", "packed.npz", "array.npy"]) {
			const good = readFileSync(given(name));
			const tryLoad = (bytes: Uint8Array) => {
				try {
					torch.load(bytes);
				} catch (error) {
					expect((error as Error).message, name).toMatch(/^\[/);
				}
			};
			for (let length = 0; length < good.length; length += Math.ceil(good.length / 60))
				tryLoad(good.subarray(0, length));
			for (let i = 0; i < 150; i++) {
				const bytes = Uint8Array.from(good);
				const at = (i * 7919) % bytes.length;
				bytes[at] = (bytes[at]! + 1 + ((i * 31) % 254)) % 256;
				tryLoad(bytes);
			}
		}
	});
});

describe("hostile arrays are refused", () => {
	const npy = (header: string, data = 0, version = 1) => {
		const text = Buffer.from(header);
		const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length & 255, text.length >> 8]);
		return Buffer.concat([start, text, Buffer.alloc(data)]);
	};
	test.each([
		["objects", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8), /Python objects/],
		["records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 8), /records/],
		["complex numbers", npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8), /type "c8"/],
		[
			"a shape beyond the file",
			npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }", 8),
			/cut off/,
		],
		[
			"an impossible shape",
			npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991), }"),
			/impossible/,
		],
		["no header", npy("nothing"), /has the header/],
		["a later version", npy("{}", 0, 9), /version 9/],
	])("%s", (_, bytes, message) => {
		writeFileSync(file("bad.npy"), bytes);
		expect(() => torch.load(file("bad.npy"))).toThrow(message);
	});
});

test("mapLocation moves all tensors, also those of nested objects, and what is there twice stays one", () => {
	const tied = torch.ones(2);
	torch.save({ a: tied, list: [tied, { b: torch.zeros(1) }], epoch: 3 }, file("mapped.pt"));
	const found = torch.load(file("mapped.pt"), { mapLocation: torch.device("cpu"), weightsOnly: true });
	expect(String(found.list[1].b.device)).toBe("cpu");
	expect([found.epoch, found.a === found.list[0]]).toEqual([3, true]);
	found.a.add_(1);
	expect(found.list[0].tolist()).toEqual([2, 2]);
	if (!torch.cuda.isAvailable()) {
		expect(() => torch.load(file("mapped.pt"), { mapLocation: "cuda" })).toThrow("device 'cuda' is not available");
	}
	// @ts-expect-error
	expect(() => torch.load(file("mapped.pt"), { map_location: "cpu" })).toThrow('did you mean "mapLocation"?');
});

test("a module is not saved whole", () => {
	for (const name of ["net.pt", "net.safetensors"]) {
		expect(() => torch.save(network(), file(name))).toThrow("expected its stateDict(), got a Sequential");
	}
});
