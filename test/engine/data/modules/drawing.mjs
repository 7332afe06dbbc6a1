import { createRequire } from "node:module";

// The compiled package, as the tests meet it; a thread of a loader imports this file.
const torch = createRequire(import.meta.url)("../../../../dist/engine/index.js");
const { Dataset, IterableDataset, getWorkerInfo } = torch.utils.data;

/** An index, a random number of the worker's generator, the worker's id (-1 outside of workers). */
function item(index) {
	return [BigInt(index), torch.rand([]), BigInt(getWorkerInfo()?.id ?? -1)];
}

class Drawing extends Dataset {
	constructor(n) {
		super();
		this.length = n;
	}

	get(index) {
		return item(index);
	}
}

class Stream extends IterableDataset {
	constructor(n, split) {
		super();
		this.n = n;
		this.split = split;
	}

	*[Symbol.iterator]() {
		const info = this.split ? getWorkerInfo() : null;
		for (let i = info?.id ?? 0; i < this.n; i += info?.numWorkers ?? 1) yield item(i);
	}
}

export default function make(kind, n) {
	return kind === "map" ? new Drawing(n) : new Stream(n, kind === "split");
}
