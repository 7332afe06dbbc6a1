export type { EditionName } from "./catalogue";
export { FashionMNIST, ImageDataset, type ImageDatasetOptions, MNIST } from "./mnist";
