import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as torch from "gradbook";
import { expect, test } from "vitest";

/*
 * Ten thousand damaged files, the same ones every time: bytes changed, inserted, dropped and repeated, lengths made huge.
 * Each loads or is an Error that begins with who refuses; none crashes, hangs or takes memory that the file cannot hold.
 */

const files = 10_000;

/** Numbers of 0 to 2³² − 1: mulberry32. */
function randomNumbers(seed: number): (below: number) => number {
	let state = seed >>> 0;
	return (below) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

const lengths = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function damaged(good: Buffer, random: (below: number) => number): Buffer {
	let bytes = Buffer.from(good);
	for (let i = random(4); i >= 0; i--) {
		const at = random(Math.max(bytes.length, 1));
		const count = 1 + random(16);
		switch (random(7)) {
			case 0:
				if (bytes.length > 0) bytes[at] = random(256);
				break;
			case 1:
				if (bytes.length > 0) bytes[at]! ^= 1 << random(8);
				break;
			case 2:
				bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
				break;
			case 3:
				bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(count, random(256)), bytes.subarray(at)]);
				break;
			case 4:
				bytes = Buffer.concat([bytes.subarray(0, at + count), bytes.subarray(at)]);
				break;
			case 5:
				if (bytes.length >= at + 4) bytes.writeUInt32LE(lengths[random(lengths.length)]!, at);
				break;
			default:
				if (random(8) === 0) bytes = bytes.subarray(0, at);
		}
	}
	return bytes;
}

function samples(): [name: string, bytes: Buffer][] {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-fuzz-"));
	try {
		const state = { "0.weight": torch.arange(6).float().reshape(2, 3), "0.bias": torch.tensor([true, false]) };
		for (const name of ["state.safetensors", "state.pt", "state.npz"]) torch.save(state, join(folder, name));
		torch.save(torch.arange(12).reshape(3, 4), join(folder, "array.npy"));
		const own = ["state.safetensors", "state.pt", "state.npz", "array.npy"].map(
			(name) => [name, readFileSync(join(folder, name))] as [string, Buffer],
		);
		const theirs = ["tensors.pt", "packed.npz"].map(
			(name) => [name, readFileSync(join(__dirname, "../../reference/files", name))] as [string, Buffer],
		);
		return [...own, ...theirs];
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test(`${files} damaged files load or are refused`, { timeout: 120_000 }, () => {
	const all = samples();
	for (const [, bytes] of all) torch.load(bytes);
	const before = torch.memoryStats().allocatedBytes;
	let refused = 0;
	let most = 0;
	for (let seed = 0; seed < files; seed++) {
		const [name, good] = all[seed % all.length]!;
		const bytes = damaged(good, randomNumbers(seed));
		try {
			torch.load(bytes);
		} catch (error) {
			refused++;
			if (!(error instanceof Error) || !error.message.startsWith("[")) {
				throw new Error(`${name}, seed ${seed}: ${String(error)}`, { cause: error });
			}
		}
		most = Math.max(most, torch.memoryStats().allocatedBytes - before);
	}
	expect(refused).toBeGreaterThan(files / 4);
	// What is loaded is a few hundred bytes; what is not yet collected adds up to little.
	expect(most).toBeLessThan(64 * 2 ** 20);
});
