export { Compose, Lambda } from "./compose";
export { Normalize, type NormalizeOptions, ToDtype, type ToDtypeOptions, ToImage, ToTensor } from "./convert";
export { CenterCrop, type CropSize, type Padding, RandomCrop, type RandomCropOptions } from "./crops";
export { type FlipOptions, RandomHorizontalFlip, RandomVerticalFlip } from "./flips";
export type { PaddingMode } from "./pad";
export { type ImageTransform, Transform } from "./transform";
