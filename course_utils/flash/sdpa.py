"""PyTorch's own attention, with the options it lacks turned into a mask."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from course_utils.flash.visibility import Visibility


def sdpa_attention(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    visible: Visibility,
    *,
    scale: float,
    attn_mask: Bool[Tensor, "..."] | Float[Tensor, "..."] | None = None,
    dropout_p: float = 0.0,
    enable_gqa: bool = False,
    return_lse: bool = False,
) -> (
    Float[Tensor, "batch heads query dim_v"]
    | tuple[Float[Tensor, "..."], Float[Tensor, "batch heads query"]]
):
    """`scaled_dot_product_attention`; empty rows give 0 as everywhere in the course.

    PyTorch does not hand out the log-sum-exp: with `return_lse` the scores are
    computed once more, and take n_query × n_key numbers a head.
    """
    plain = attn_mask is None and visible.only_causal
    mask = None if plain else _with_mask(visible.dense(query.device), attn_mask)
    output = functional.scaled_dot_product_attention(
        query, key, value,
        attn_mask=mask, dropout_p=dropout_p, is_causal=plain and visible.is_causal,
        scale=scale, enable_gqa=enable_gqa,
    )  # fmt: skip
    if mask is not None:  # some of PyTorch's ways give NaN where nothing is seen
        output = output.masked_fill(~_sees(mask).any(-1, keepdim=True), 0.0)
    if not return_lse:
        return output
    if plain:
        mask = visible.dense(query.device)
    return output, _log_sum_exp(query, key, mask, scale)


def _with_mask(
    visible: Bool[Tensor, "..."] | None, attn_mask: Tensor | None
) -> Bool[Tensor, "..."] | Float[Tensor, "..."]:
    """Both masks in one; a float mask is added to the scores, as PyTorch has it."""
    if attn_mask is None or visible is None:
        return visible if attn_mask is None else attn_mask
    if attn_mask.dtype == torch.bool:
        return attn_mask & visible
    return torch.where(visible, attn_mask, -math.inf)


def _sees(mask: Bool[Tensor, "..."] | Float[Tensor, "..."]) -> Bool[Tensor, "..."]:
    return mask if mask.dtype == torch.bool else mask != -math.inf


def _log_sum_exp(
    query: Tensor, key: Tensor, mask: Tensor | None, scale: float
) -> Float[Tensor, "batch heads query"]:
    key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    wide = torch.promote_types(query.dtype, torch.float32)
    scores = query.to(wide) @ key.to(wide).mT * scale
    if mask is None:
        return scores.logsumexp(-1)
    if mask.dtype != torch.bool:
        scores = scores + mask
    seen = _sees(mask).expand(scores.shape)
    empty = ~seen.any(-1)
    # an empty row is filled with 0 first: the gradient of lse(−inf, …) is NaN
    scores = scores.masked_fill(~seen, -math.inf).masked_fill(empty[..., None], 0.0)
    return scores.logsumexp(-1).masked_fill(empty, -math.inf)
