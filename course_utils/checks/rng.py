"""Random probes: public for learners, secret when grading."""

import hashlib

import torch
from torch import Tensor


class Rng:
    """Numbers that depend on the seed's parts only; float64, on the CPU."""

    def __init__(self, *parts: str):
        digest = hashlib.sha256("\0".join(parts).encode()).digest()
        self._generator = torch.Generator().manual_seed(
            int.from_bytes(digest[:8]) % 2**63
        )

    def normal(self, *shape: int) -> Tensor:
        """Standard normal numbers."""
        return torch.randn(shape, generator=self._generator, dtype=torch.float64)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Numbers in [low, high)."""
        unit = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        return low + (high - low) * unit

    def integer(self, low: int, high: int) -> int:
        """A whole number in low…high, both included."""
        return int(torch.randint(low, high + 1, (), generator=self._generator))

    def signs(self, *shape: int) -> Tensor:
        """Entries −1 and +1."""
        return 2.0 * (self.normal(*shape) > 0).double() - 1

    def order(self, count: int) -> list[int]:
        """The numbers 0…count − 1, shuffled."""
        return torch.randperm(count, generator=self._generator).tolist()

    def mask(self, *shape: int) -> Tensor:
        """About half True, with at least one True and one False in every row."""
        mask = self.normal(*shape) > 0
        mask[..., 0], mask[..., -1] = True, False
        return mask[..., self.order(shape[-1])]
