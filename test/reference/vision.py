"""What torchvision's transforms (v2) make of small images: writes vision.json beside this file.

Run with PyTorch and torchvision: python3 test/reference/vision.py
Transforms see the images one by one, as a data set hands them over; "after" shows how much was drawn.
"""

import json
import pathlib
import warnings

import torch
import torchvision
from torchvision.transforms import v2 as T

warnings.filterwarnings("ignore")


def images(count, channels, height, width):
    generator = torch.Generator().manual_seed(99)
    return torch.randint(0, 256, (count, channels, height, width), generator=generator, dtype=torch.uint8)


def compact(values):
    """The fewest digits that give the number again in its dtype."""
    if values.dtype == torch.float32:
        return [float(str(v)) for v in values.flatten().numpy()]
    return values.flatten().tolist()


inputs = []


def shared(batch):
    """The number of an input, written once however many cases take it."""
    plain = {"dtype": str(batch.dtype), "shape": list(batch.shape), "data": compact(batch)}
    if plain not in inputs:
        inputs.append(plain)
    return inputs.index(plain)


def run(name, transform, batch, seed=0):
    torch.manual_seed(seed)
    out = torch.stack([transform(image) for image in batch])
    return {
        "name": name,
        "text": str(transform),
        "seed": seed,
        "input": shared(batch),
        "output": {"dtype": str(out.dtype), "shape": list(out.shape), "data": compact(out)},
        "after": torch.randint(0, 1_000_000, (3,)).tolist(),
    }


small = images(6, 1, 4, 5)
colour = images(5, 3, 5, 4)
scale = T.ToDtype(torch.float32, scale=True)
floats = scale(colour)
cases = [
    run("toDtypeScale", scale, small),
    run("toDtype", T.ToDtype(torch.float32), small),
    run("toDtypeUint8Int32", T.ToDtype(torch.int32, scale=True), small),
    run("toDtypeUint8Int64", T.ToDtype(torch.int64, scale=True), small),
    run("toDtypeFloatUint8", T.ToDtype(torch.uint8, scale=True), floats),
    run("toDtypeInt32Uint8", T.ToDtype(torch.uint8, scale=True), T.ToDtype(torch.int32, scale=True)(small)),
    run("toDtypeFloat64", T.ToDtype(torch.float64, scale=True), small),
    run("normalize", T.Compose([scale, T.Normalize([0.5], [0.25])]), small),
    run("normalizeColour", T.Normalize([0.1, 0.2, 0.3], [0.5, 2.0, 0.7]), floats),
    run("horizontalFlip", T.RandomHorizontalFlip(), small, 1),
    run("verticalFlip", T.RandomVerticalFlip(0.3), colour, 2),
    run("neverFlip", T.RandomVerticalFlip(0.0), colour, 2),
    run("alwaysFlip", T.RandomHorizontalFlip(1.0), colour, 2),
    run("randomCrop", T.RandomCrop((3, 2)), colour, 3),
    run("randomCropPadding", T.RandomCrop(4, padding=2), small, 4),
    run("randomCropFill", T.RandomCrop((4, 5), padding=[1, 2], fill=7), small, 5),
    run("randomCropEdge", T.RandomCrop((5, 5), padding=[1, 0, 2, 3], padding_mode="edge"), small, 6),
    run("randomCropReflect", T.RandomCrop((5, 5), padding=[1, 2, 3, 0], padding_mode="reflect"), small, 7),
    run("randomCropSymmetric", T.RandomCrop((6, 6), padding=[3, 2, 1, 4], padding_mode="symmetric"), small, 8),
    run("randomCropIfNeeded", T.RandomCrop((7, 4), pad_if_needed=True), small, 9),
    run("randomCropNoChoice", T.RandomCrop((4, 5)), small, 9),
    run("randomCropOneChoice", T.RandomCrop((4, 3)), small, 9),
    run("centerCrop", T.CenterCrop((2, 2)), colour),
    run("centerCropOdd", T.CenterCrop((1, 3)), small),
    run("centerCropLarger", T.CenterCrop((7, 3)), small),
    run("centerCropMuchLarger", T.CenterCrop((8, 9)), small),
    run(
        "composed",
        T.Compose([T.RandomCrop(4, padding=1), T.RandomHorizontalFlip(), T.CenterCrop(3), T.RandomCrop(2), scale]),
        small,
        10,
    ),
    run(
        "composedNested",
        T.Compose([T.RandomVerticalFlip(0.6), T.Compose([T.RandomHorizontalFlip(0.4), T.RandomCrop((3, 3))])]),
        colour,
        11,
    ),
]
large = images(3, 3, 7, 9)
large_floats = scale(large)
for name, batch in [("", large_floats), ("Bytes", large), ("Ints", T.ToDtype(torch.int32)(large))]:
    cases += [
        run(f"resizeDown{name}", T.Resize((4, 3)), batch),
        run(f"resizeUp{name}", T.Resize((9, 14)), batch),
        run(f"resizeShorter{name}", T.Resize(4), batch),
        run(f"resizePlain{name}", T.Resize((4, 12), antialias=False), batch),
        run(f"resizeBicubic{name}", T.Resize((5, 12), interpolation="bicubic"), batch),
        run(f"resizeNearest{name}", T.Resize((4, 12), interpolation="nearest"), batch),
        run(f"resizeExact{name}", T.Resize((4, 12), interpolation="nearest-exact"), batch),
    ]
cases += [
    run("resizeLimit", T.Resize(5, max_size=6), large_floats),
    run("resizeBicubicPlain", T.Resize((5, 12), interpolation="bicubic", antialias=False), large_floats),
    run("resizeSame", T.Resize((7, 9)), large),
    run("randomResizedCrop", T.RandomResizedCrop(5), large_floats, 1),
    run("randomResizedCropSmall", T.RandomResizedCrop((3, 4), scale=(0.2, 0.4), ratio=(0.5, 2.0)), large, 2),
    run("randomResizedCropWide", T.RandomResizedCrop(4, scale=(1.0, 1.0), ratio=(3.0, 4.0)), large, 3),
    run("rotation", T.RandomRotation(40), large_floats, 4),
    run("rotationBilinear", T.RandomRotation((10, 80), interpolation="bilinear", fill=0.5), large_floats, 5),
    run("rotationBytes", T.RandomRotation(90, interpolation="bilinear", fill=[10, 20, 30], center=[1, 2]), large, 6),
    run("rotationExpand", T.RandomRotation((33, 33), expand=True), large, 7),
    run("rotationQuarter", T.RandomRotation((90, 90), expand=True), large, 7),
    run("rotationHalf", T.RandomRotation((180, 180)), large, 7),
    run("affine", T.RandomAffine(20, translate=(0.2, 0.3), scale=(0.7, 1.4), shear=15), large_floats, 8),
    run("affineBilinear", T.RandomAffine(0, shear=[-10, 10, -20, 20], interpolation="bilinear", fill=7), large, 9),
    run("affineCenter", T.RandomAffine((-30, 60), scale=(0.5, 0.9), center=[0, 3], interpolation="bilinear"), large_floats, 10),
    run("jitter", T.ColorJitter(0.4, 0.5, 0.6, 0.2), large_floats, 11),
    run("jitterBytes", T.ColorJitter(0.4, 0.5, 0.6, 0.2), large, 12),
    run("jitterSome", T.ColorJitter(brightness=(0.5, 2.0), hue=0.5), large, 13),
    run("jitterGrey", T.ColorJitter(0.4, 0.5, 0.6, 0.2), small, 14),
    run("jitterNone", T.ColorJitter(), large, 14),
    run("grayscale", T.Grayscale(), large),
    run("grayscaleThree", T.Grayscale(3), large_floats),
    run("grayscaleOfGrey", T.Grayscale(3), small),
    run("randomGrayscale", T.RandomGrayscale(0.5), large, 15),
    run("erasing", T.RandomErasing(), large_floats, 16),
    run("erasingChannels", T.RandomErasing(1.0, scale=(0.1, 0.5), value=[1, 2, 3]), large, 17),
    run("erasingRandom", T.RandomErasing(0.9, ratio=(0.5, 1.5), value="random"), large_floats, 18),
    run("apply", T.RandomApply([T.RandomHorizontalFlip(), T.RandomCrop((7, 9), padding=1)], p=0.6), large, 19),
    run("choice", T.RandomChoice([T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0), T.Grayscale(3)]), images(8, 3, 3, 3), 20),
    run("choiceWeighted", T.RandomChoice([T.RandomHorizontalFlip(1.0), T.Grayscale(3)], p=[3, 1]), images(8, 3, 3, 3), 21),
    run("order", T.RandomOrder([T.RandomHorizontalFlip(), T.RandomVerticalFlip(), T.ColorJitter(0.5)]), large, 22),
    run("pad", T.Pad([1, 2], fill=3), small),
    run("padReflect", T.Pad(2, padding_mode="reflect"), small),
    run(
        "training",
        T.Compose([T.RandomResizedCrop(6), T.RandomHorizontalFlip(), T.ColorJitter(0.2, 0.2), T.RandomRotation(10), scale,
                   T.RandomErasing(value="random"), T.Normalize([0.5] * 3, [0.25] * 3)]),
        large,
        23,
    ),
]
cases += [
    run("blur", T.GaussianBlur(3), large_floats, 24),
    run("blurBytes", T.GaussianBlur((5, 3), sigma=(0.5, 1.5)), large, 25),
    run("blurFixed", T.GaussianBlur(3, 0.8), small, 26),
    run("invert", T.RandomInvert(), large, 27),
    run("invertFloats", T.RandomInvert(1.0), large_floats, 27),
    run("invertInts", T.RandomInvert(1.0), T.ToDtype(torch.int32)(large), 27),
    run("posterize", T.RandomPosterize(3), large, 28),
    run("posterizeFloats", T.RandomPosterize(2, 1.0), large_floats, 28),
    run("solarize", T.RandomSolarize(128), large, 29),
    run("solarizeFloats", T.RandomSolarize(0.5, p=0.8), large_floats, 29),
    run("resizeExactOdd", T.Resize((3, 3), interpolation="nearest-exact"), images(2, 3, 7, 10)),
    run("padColours", T.Pad([1, 2], fill=[1, 2, 3]), large),
    run("randomCropColours", T.RandomCrop((9, 9), pad_if_needed=True, fill=[1, 2, 3]), large, 30),
]
cases += [
    run("autocontrast", T.RandomAutocontrast(), large, 30),
    run("autocontrastFloats", T.RandomAutocontrast(1.0), large_floats, 30),
    run("equalize", T.RandomEqualize(), large, 31),
    run("equalizeFloats", T.RandomEqualize(1.0), images(2, 3, 24, 24) / 255, 31),
    run("equalizeMany", T.RandomEqualize(1.0), images(2, 1, 40, 24), 31),
    run("sharpness", T.RandomAdjustSharpness(2), large, 32),
    run("sharpnessBlur", T.RandomAdjustSharpness(0, p=1.0), large_floats, 32),
    run("noise", T.GaussianNoise(), large_floats, 33),
    run("noiseBytes", T.GaussianNoise(0.1, 0.2), large, 33),
    run("noiseWide", T.GaussianNoise(clip=False), large_floats, 33),
    run("channels", T.RandomChannelPermutation(), large, 34),
]
photos = images(14, 3, 6, 5)
cases += [
    run("autoAugment", T.AutoAugment(), photos, 35),
    run("autoAugmentCifar", T.AutoAugment(T.AutoAugmentPolicy.CIFAR10), photos, 36),
    run("autoAugmentSvhn", T.AutoAugment(T.AutoAugmentPolicy.SVHN, interpolation="bilinear", fill=[1, 20, 30]), photos, 37),
    run("randAugment", T.RandAugment(), photos, 38),
    run("randAugmentGrey", T.RandAugment(3, 5, num_magnitude_bins=10, fill=7), images(12, 1, 6, 5), 38),
    run("trivialAugment", T.TrivialAugmentWide(), photos, 39),
    run("trivialAugmentBins", T.TrivialAugmentWide(9, interpolation="bilinear"), images(12, 1, 6, 5), 40),
    run("augMix", T.AugMix(), images(6, 3, 6, 5), 41),
    run("augMixSome", T.AugMix(severity=7, mixture_width=2, chain_depth=2, alpha=0.5, all_ops=False, interpolation="nearest", fill=3), images(6, 3, 6, 5), 42),
]
mixed = []
for i, (name, options, labels) in enumerate([
    ("MixUp", {"num_classes": 4}, torch.tensor([0, 3, 1])),
    ("MixUp", {"alpha": 0.2}, torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]])),
    ("CutMix", {"num_classes": 4}, torch.tensor([0, 3, 1])),
    ("CutMix", {"alpha": 0.5, "num_classes": 4}, torch.tensor([0, 3, 1])),
]):
    torch.manual_seed(40 + i)
    transform = getattr(T, name)(**options)
    x, y = transform(large_floats, labels)
    mixed.append({"name": name, "options": options, "text": str(transform), "seed": 40 + i, "input": shared(large_floats), "labels": labels.tolist(),
                  "images": compact(x), "shares": y.tolist(), "after": torch.randint(0, 1_000_000, (3,)).tolist()})
crops = [[str(T.FiveCrop(3)), [compact(x) for x in T.FiveCrop(3)(small[0])]], [str(T.TenCrop((3, 2), True)), [compact(x) for x in T.TenCrop((3, 2), True)(small[0])]]]
result = {"torch": torch.__version__, "torchvision": torchvision.__version__, "inputs": inputs, "cases": cases, "mixed": mixed, "crops": crops}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
