"""Handwritten digits: 1797 real images, 8×8 pixels, cut into 16 patches.

From the UCI collection "Optical Recognition of Handwritten Digits" (Alpaydin and
Kaynak 1998); scikit-learn ships them.
"""

from functools import cache

import torch
from einops import rearrange
from jaxtyping import Float, Int
from sklearn.datasets import load_digits
from torch import Tensor

PATCHES, PIXELS = 16, 4  # patches of an image, pixels of a patch
_SEEN = 1300  # images for training; 497 are held out


@cache
def load() -> tuple[Float[Tensor, "1797 8 8"], Int[Tensor, "1797"]]:
    """Brightness 0 (paper) … 1 (full ink), and the digit 0…9 of each image.

    Do not write into the tensors: they are shared.
    """
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32) / 16
    return images, torch.tensor(digits.target)


@cache
def split(*, seed: int = 0) -> tuple[Int[Tensor, "1300"], Int[Tensor, "497"]]:
    """Places of the images seen in training, and of those held out."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(load()[1]), generator=generator)
    return order[:_SEEN], order[_SEEN:]


def cut(images: Float[Tensor, "*image 8 8"]) -> Float[Tensor, "*image 16 4"]:
    """The 16 patches of each image, row by row, each of 2×2 pixels.

    Raises ValueError where the images are not 8×8.
    """
    if tuple(images.shape[-2:]) != (8, 8):
        raise ValueError(
            f"images have shape {tuple(images.shape)}; expected the last two to be 8, 8"
        )
    return rearrange(
        images, "... (row y) (column x) -> ... (row column) (y x)", y=2, x=2
    )
