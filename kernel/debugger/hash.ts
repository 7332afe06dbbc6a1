/** The seed of the hash, told to front ends: they name a cell by the hash of its text. */
export const hashSeed = 0xc70f6907;

const multiplier = 0x5bd1e995;

/** MurmurHash2 of 32 bits (Austin Appleby, 2008) over the UTF-8 bytes of a text: what Jupyter calls "Murmur2". */
export function murmur2(text: string, seed: number): number {
	const bytes = new TextEncoder().encode(text);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const whole = bytes.length - (bytes.length % 4);
	let hash = seed ^ bytes.length;
	for (let at = 0; at < whole; at += 4) {
		let word = Math.imul(view.getUint32(at, true), multiplier);
		word = Math.imul(word ^ (word >>> 24), multiplier);
		hash = Math.imul(hash, multiplier) ^ word;
	}
	if (whole < bytes.length) {
		for (let at = whole; at < bytes.length; at++) hash ^= bytes[at]! << (8 * (at - whole));
		hash = Math.imul(hash, multiplier);
	}
	hash = Math.imul(hash ^ (hash >>> 13), multiplier);
	return (hash ^ (hash >>> 15)) >>> 0;
}
