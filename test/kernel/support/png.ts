import { inflateSync } from "node:zlib";

/** Decodes a PNG of 8 bits a channel: an independent reading of what the encoder wrote. */
export function decodePng(file: Buffer): { width: number; height: number; channels: number; data: number[] } {
	const chunks: { type: string; data: Buffer }[] = [];
	for (let at = 8; at < file.length; ) {
		const length = file.readUInt32BE(at);
		chunks.push({ type: file.toString("latin1", at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) });
		at += length + 12;
	}
	const header = chunks[0]!.data;
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[header[9] as 0 | 2 | 4 | 6];
	const raw = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)));
	const stride = width * channels;
	const data: number[] = [];
	for (let y = 0; y < height; y++) {
		const filter = raw[y * (stride + 1)]!;
		for (let x = 0; x < stride; x++) {
			const left = x >= channels ? data[y * stride + x - channels]! : 0;
			const up = y > 0 ? data[(y - 1) * stride + x]! : 0;
			const corner = x >= channels && y > 0 ? data[(y - 1) * stride + x - channels]! : 0;
			const paeth = [left, up, corner].reduce((best, value) => {
				const distance = (candidate: number) => Math.abs(left + up - corner - candidate);
				return distance(value) < distance(best) ? value : best;
			});
			const predicted = [0, left, up, (left + up) >> 1, paeth][filter]!;
			data.push((raw[y * (stride + 1) + 1 + x]! + predicted) & 255);
		}
	}
	return { width, height, channels, data };
}
