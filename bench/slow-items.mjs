import { createRequire } from "node:module";

const torch = createRequire(import.meta.url)("../dist/engine/index.js");

/** Items that take `milliseconds` of JavaScript each: for loader.bench.mjs. */
export default class SlowItems extends torch.utils.data.Dataset {
	constructor(length, milliseconds) {
		super();
		this.length = length;
		this.milliseconds = milliseconds;
	}

	get(index) {
		const end = performance.now() + this.milliseconds;
		while (performance.now() < end);
		return [torch.full([8], index), BigInt(index)];
	}
}
