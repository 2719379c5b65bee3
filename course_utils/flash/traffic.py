"""Counting bytes: every read of slow memory is a load, every write a store."""

from collections import Counter
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Traffic:
    """Bytes moved between slow and fast memory, by the name of the tensor."""

    loaded: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All bytes, in both directions."""
        return self.loaded.total() + self.stored.total()

    def load(self, name: str, tile: Tensor) -> Tensor:
        """Count the tile as read, and hand it on."""
        self.loaded[name] += tile.numel() * tile.element_size()
        return tile

    def store(self, name: str, place: Tensor, tile: Tensor) -> None:
        """Write the tile to its place in slow memory, and count it."""
        self.stored[name] += place.numel() * place.element_size()
        place.copy_(tile)
