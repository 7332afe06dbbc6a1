export { type AffineOptions, RandomAffine, RandomRotation, type RotationOptions } from "./affine";
export type { Fill } from "./arguments";
export {
	AugMix,
	type AugMixOptions,
	type AugmentOptions,
	AutoAugment,
	RandAugment,
	type RandAugmentOptions,
	TrivialAugmentWide,
} from "./autoAugment";
export { GaussianBlur, type GaussianBlurOptions } from "./blur";
export { RandomApply, RandomChoice, RandomOrder } from "./choose";
export { ColorJitter, type ColorJitterOptions, Grayscale, RandomGrayscale } from "./colour";
export { Compose, Lambda } from "./compose";
export { RandomAdjustSharpness, RandomAutocontrast, RandomEqualize } from "./contrast";
export { Normalize, type NormalizeOptions, ToDtype, type ToDtypeOptions, ToImage, ToTensor } from "./convert";
export {
	CenterCrop,
	type CropSize,
	Pad,
	type Padding,
	type PadOptions,
	RandomCrop,
	type RandomCropOptions,
} from "./crops";
export { RandomErasing, type RandomErasingOptions } from "./erase";
export { type FlipOptions, RandomHorizontalFlip, RandomVerticalFlip } from "./flips";
export { RandomInvert, RandomPosterize, RandomSolarize } from "./invert";
export { FiveCrop, TenCrop } from "./manyCrops";
export { CutMix, type MixingOptions, MixUp } from "./mixing";
export { GaussianNoise, type GaussianNoiseOptions, RandomChannelPermutation } from "./noise";
export type { PaddingMode } from "./pad";
export { AutoAugmentPolicy } from "./policies";
export { type Interpolation, InterpolationMode } from "./resample";
export { RandomResizedCrop, type RandomResizedCropOptions, Resize, type ResizeOptions } from "./resize";
export { type ImageTransform, Transform } from "./transform";
