"""Masks: True where a query may attend to a key."""

from typing import Literal

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Align = Literal["top-left", "bottom-right"]


def causal_mask(
    n_query: int,
    n_key: int,
    *,
    align: Align = "top-left",
    device: torch.device | str | None = None,
) -> Bool[Tensor, "query key"]:
    """No query sees a key after its own place.

    "top-left" lets query i see keys 0…i (as PyTorch's is_causal does);
    "bottom-right" lets the last query see every key (as a cache needs).
    Raises ValueError for empty lengths or another alignment.
    """
    return _distance(n_query, n_key, align, device) >= 0


def window_mask(
    n_query: int,
    n_key: int,
    window: int,
    *,
    align: Align = "top-left",
    device: torch.device | str | None = None,
) -> Bool[Tensor, "query key"]:
    """Causal, and no key further back than `window` (0: its own place only).

    Raises ValueError for empty lengths, a negative window, another alignment.
    """
    if window < 0:
        raise ValueError(f"window is {window}; expected 0 or more")
    back = _distance(n_query, n_key, align, device)
    return (back >= 0) & (back <= window)


def padding_mask(
    lengths: Int[Tensor, " batch"], n_key: int
) -> Bool[Tensor, "batch 1 key"]:
    """True for the first lengths[b] keys of sequence b; broadcasts over queries.

    Raises ValueError where a length is negative or exceeds n_key.
    """
    if bool(((lengths < 0) | (lengths > n_key)).any()):
        raise ValueError(
            f"lengths are {lengths.tolist()}; expected each within 0…{n_key}"
        )
    return (torch.arange(n_key, device=lengths.device) < lengths[:, None]).unsqueeze(-2)


def _distance(
    n_query: int, n_key: int, align: str, device: torch.device | str | None
) -> Tensor:
    """How many places each key lies behind each query."""
    if n_query < 1 or n_key < 1:
        raise ValueError(
            f"n_query is {n_query} and n_key is {n_key}; expected at least 1 each"
        )
    if align not in ("top-left", "bottom-right"):
        raise ValueError(f"align is {align!r}; expected 'top-left' or 'bottom-right'")
    shift = n_key - n_query if align == "bottom-right" else 0
    place = torch.arange(n_query, device=device)[:, None] + shift
    return place - torch.arange(n_key, device=device)
