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


def run(name, transform, batch, seed=0):
    torch.manual_seed(seed)
    out = torch.stack([transform(image) for image in batch])
    return {
        "name": name,
        "text": str(transform),
        "seed": seed,
        "input": {"dtype": str(batch.dtype), "shape": list(batch.shape), "data": batch.flatten().tolist()},
        "output": {"dtype": str(out.dtype), "shape": list(out.shape), "data": out.flatten().tolist()},
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
result = {"torch": torch.__version__, "torchvision": torchvision.__version__, "cases": cases}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
