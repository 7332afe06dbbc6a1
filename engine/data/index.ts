export { type Collated, defaultCollate, defaultConvert } from "./collate";
export { ConcatDataset, type RandomSplitOptions, randomSplit, Subset } from "./combine";
export { DataLoader, type DataLoaderOptions } from "./dataLoader";
export { Dataset, type DatasetLike } from "./dataset";
export { ChainDataset, IterableDataset } from "./iterable";
export { type ProgressHandle, type ProgressReporter, type ProgressTask, setProgressReporter } from "./progress";
export {
	BatchSampler,
	DistributedSampler,
	type DistributedSamplerOptions,
	RandomSampler,
	type RandomSamplerOptions,
	Sampler,
	SequentialSampler,
	type Sized,
	SubsetRandomSampler,
	type SubsetRandomSamplerOptions,
	type TensorSampler,
	WeightedRandomSampler,
	type WeightedRandomSamplerOptions,
} from "./samplers";
export { StackDataset } from "./stackDataset";
export { TensorDataset } from "./tensorDataset";
export { getWorkerInfo, type WorkerInfo } from "./workers/info";
export { datasetFromModule } from "./workers/source";
