import { createRequire } from "node:module";

const torch = createRequire(import.meta.url)("../../../../dist/engine/index.js");

/** Items that fail, take their time, end their thread or cannot be sent, as `kind` says, from index 5 on. */
export default class Failing extends torch.utils.data.Dataset {
	constructor(kind, scale) {
		super();
		this.kind = kind;
		this.scale = scale;
		this.length = 8;
	}

	get(index) {
		if (index === 5 && this.kind === "throws") throw new RangeError("no review 5");
		if (index === 5 && this.kind === "exits") process.exit(3);
		if (index === 5 && this.kind === "function") return () => {};
		if (index === 5 && this.kind === "slow") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
		const started = globalThis.workersStarted?.length ?? 0;
		return { x: this.scale.mul(index), text: `review ${index}`, started };
	}
}

export function workerInitFn(id) {
	globalThis.workersStarted = [...(globalThis.workersStarted ?? []), id];
}
