"""Which keys a query may see, tile by tile, without an N × N mask."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from course_utils.attention.masks import Align


@dataclass(frozen=True)
class Visibility:
    """Causal order, left window and key lengths of one attention call.

    Query i stands at place i + shift among the keys: shift is 0 for "top-left"
    and n_key − n_query for "bottom-right". A window w hides keys further back
    than w places, on its own or together with `is_causal`. Sequence b has
    key_lengths[b] keys; they do not move the alignment.
    """

    n_query: int
    n_key: int
    is_causal: bool = False
    align: Align = "top-left"
    window: int | None = None
    key_lengths: Int[Tensor, " batch"] | None = None

    @property
    def shift(self) -> int:
        """Place of query 0 among the keys."""
        return self.n_key - self.n_query if self.align == "bottom-right" else 0

    @property
    def only_causal(self) -> bool:
        """Whether PyTorch's own `is_causal` says all there is to say."""
        aligned = self.shift == 0 or not self.is_causal
        return aligned and self.window is None and self.key_lengths is None

    def query_tiles(self, block: int, keys: slice | None = None) -> Iterator[slice]:
        """Slices, aligned to `block`, of the queries that may see some of `keys`.

        Without `keys`: of all queries.
        """
        first, stop = 0, self.n_query
        if keys is not None and self.is_causal:
            first = max(0, keys.start - self.shift) // block * block
        if keys is not None and self.window is not None:
            stop = min(stop, keys.stop - self.shift + self.window)
        return _tiles(first, stop, self.n_query, block)

    def key_tiles(self, block: int, rows: slice | None = None) -> Iterator[slice]:
        """Slices, aligned to `block`, of the keys that some of `rows` may see.

        Without `rows`: of all keys.
        """
        first, stop = 0, self.n_key
        if rows is not None and self.window is not None:
            first = max(0, rows.start + self.shift - self.window) // block * block
        if rows is not None and self.is_causal:
            stop = min(stop, rows.stop + self.shift)
        return _tiles(first, stop, self.n_key, block)

    def tile(
        self, rows: slice, keys: slice, device: torch.device | str | None = None
    ) -> Bool[Tensor, "#batch 1 1 query key"] | None:
        """True where query `rows` may see `keys`; None where all of them may.

        The two axes of size one stand for key heads and queries' heads in a group.
        """
        place = torch.arange(rows.start, rows.stop, device=device)[:, None] + self.shift
        index = torch.arange(keys.start, keys.stop, device=device)
        masks = []
        if self.is_causal and keys.stop - 1 > rows.start + self.shift:
            masks.append(index <= place)
        if self.window is not None and (
            keys.start < rows.stop - 1 + self.shift - self.window
        ):
            masks.append(index >= place - self.window)
        if self.key_lengths is not None:
            masks.append(index < self.key_lengths.to(index.device)[:, None, None])
        if not masks:
            return None
        allowed = masks[0]
        for mask in masks[1:]:
            allowed = allowed & mask
        return allowed.reshape(-1, 1, 1, *allowed.shape[-2:])

    def dense(
        self, device: torch.device | str | None = None
    ) -> Bool[Tensor, "#batch 1 query key"] | None:
        """The whole mask, as `scaled_dot_product_attention` takes it."""
        mask = self.tile(slice(0, self.n_query), slice(0, self.n_key), device)
        return None if mask is None else mask.squeeze(1)


def _tiles(first: int, stop: int, length: int, block: int) -> Iterator[slice]:
    for start in range(first, stop, block):
        yield slice(start, min(start + block, length))
