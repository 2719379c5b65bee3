"""Tables on which search and training fall short of the best rule."""

import torch
from torch import Tensor

from course_utils.checks.rng import Rng

Table = tuple[Tensor, Tensor]  # features (rows, n), labels (rows,) of −1 and +1


def thin(rng: Rng, outliers: int = 0) -> Table:
    """Twelve rows that hardly one direction in 100,000 parts, and outliers.

    The rows lie like XOR along a plane, at a distance of 10, and on their own side
    of it by 0.05 at most: any other direction gets about 9 of 12 right, and a random
    one is hardly ever near enough. An outlier lies 20 to 30 on the wrong side. A loss
    follows the outliers; the count of right rows gives them up.
    """
    frame = torch.linalg.qr(rng.normal(3, 3)).Q
    corners = torch.tensor([[1.0, 1], [-1, -1], [1, -1], [-1, 1]]).double().repeat(3, 1)
    signs = corners.prod(1)
    along = 10 * corners + rng.uniform(-2, 2, 12, 2)
    rows = torch.cat([along, signs[:, None] * rng.uniform(0.035, 0.05, 12, 1)], dim=1)
    sides = torch.tensor([1.0, -1.0]).double().repeat(outliers)[:outliers]
    far = rng.uniform(-5, 5, outliers, 3)
    far[:, 2] = -sides * rng.uniform(20, 30, outliers)
    order = rng.order(12 + outliers)
    features = torch.cat([rows, far]) @ frame.T + rng.uniform(-1, 1, 3)
    return features[order], torch.cat([signs, sides])[order]
