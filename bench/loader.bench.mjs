// An epoch of batches of FashionMNIST's size through a shuffling loader, nothing else: 60,000 images of 28 × 28 bytes, made
// floats of 0 to 1. The images are random; they are read as the data sets of both sides read theirs. The fastest of three
// epochs counts. With workers: a data set in JavaScript that works 200 µs for each item, and a loop that works as long.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const title = "an epoch of 60,000 images through a shuffling DataLoader";

const COUNT = 60_000;
const BATCH = 32;

function fastest(loader, runs = 3) {
	const times = Array.from({ length: runs }, () => {
		const start = performance.now();
		let images = 0;
		for (const [x] of loader) images += x.size(0);
		if (images !== COUNT) throw new Error(`an epoch of ${images} images`);
		return performance.now() - start;
	});
	return Math.min(...times);
}

async function withWorkers(torch) {
	const { DataLoader, datasetFromModule } = torch.utils.data;
	const set = await datasetFromModule(fileURLToPath(new URL("slow-items.mjs", import.meta.url)), 2000, 0.2);
	const seconds = (numWorkers) => {
		const loader = new DataLoader(set, { batchSize: 50, numWorkers, persistentWorkers: numWorkers > 0 });
		const epoch = () => {
			const start = performance.now();
			for (const _ of loader) busy(10);
			return performance.now() - start;
		};
		epoch();
		return epoch();
	};
	return [seconds(0), seconds(1)];
}

function busy(milliseconds) {
	const end = performance.now() + milliseconds;
	while (performance.now() < end);
}

export async function run({ torch: peer }) {
	const require = createRequire(import.meta.url);
	const torch = require("../dist/engine/index.js");
	const { transforms } = require("../dist/engine/vision/index.js");
	const { DataLoader, Dataset, TensorDataset } = torch.utils.data;
	const data = torch.randint(0, 256, [COUNT, 28, 28], { dtype: torch.uint8 });
	const targets = torch.randint(0, 10, [COUNT]);
	const transform = new transforms.Compose([
		new transforms.ToImage(),
		new transforms.ToDtype(torch.float32, { scale: true }),
	]);
	/** What datasets.FashionMNIST does with its files' contents. */
	class Images extends Dataset {
		length = COUNT;
		get(index) {
			return [transform(data.select(0, index).unsqueeze(0)), targets.select(0, index).item()];
		}
		getBatch(indices) {
			return [transform(data.indexSelect(0, indices).unsqueeze(1)), targets.indexSelect(0, indices)];
		}
	}
	const shuffling = { batchSize: BATCH, shuffle: true };
	const theirs = peer("loader.py", COUNT, BATCH);
	const row = (what, value, name, other) => ({
		what,
		value,
		unit: "ms",
		...(other && { peer: { name, value: other } }),
	});
	const images = fastest(new DataLoader(new Images(), shuffling));
	const [alone, beside] = await withWorkers(torch);
	return [
		{
			...row("images, transformed", images, "torchvision's FashionMNIST", theirs?.images),
			...(theirs?.images && { bound: theirs.images / 10 }),
		},
		row(
			"a TensorDataset of floats",
			fastest(new DataLoader(new TensorDataset(data.float().unsqueeze(1), targets), shuffling)),
			"PyTorch's TensorDataset",
			theirs?.tensors,
		),
		{
			what: "slow items, one worker beside the loop",
			value: beside,
			unit: "ms",
			peer: { name: "without workers", value: alone },
		},
	];
}
