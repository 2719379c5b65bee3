"""The tiled algorithm as one differentiable function."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.attention.masks import Align
from course_utils.flash.arguments import checked
from course_utils.flash.tiled import tiled_backward, tiled_forward
from course_utils.flash.traffic import Traffic
from course_utils.flash.visibility import Visibility


def tiled_attention(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim_v"],
    *,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    causal_align: Align = "top-left",
    window: int | None = None,
    key_lengths: Int[Tensor, " batch"] | None = None,
    return_lse: bool = False,
    block_query: int = 64,
    block_key: int = 64,
    traffic: Traffic | None = None,
) -> (
    Float[Tensor, "batch heads query dim_v"]
    | tuple[Float[Tensor, "..."], Float[Tensor, "batch heads query"]]
):
    """Attention by tiles in PyTorch, on any device; gradients recompute the weights.

    Options as in `flash_attention`. With `traffic`, the bytes of forward and
    backward are counted. Raises TypeError and ValueError as `flash_attention` does,
    and ValueError for blocks below 1.
    """
    for name, block in (("block_query", block_query), ("block_key", block_key)):
        if block < 1:
            raise ValueError(f"{name} is {block}; expected 1 or more")
    visible, scale = checked(
        query,
        key,
        value,
        is_causal=is_causal,
        scale=scale,
        enable_gqa=enable_gqa,
        causal_align=causal_align,
        window=window,
        key_lengths=key_lengths,
    )
    settings = {
        "scale": scale,
        "block_query": block_query,
        "block_key": block_key,
        "traffic": traffic,
    }
    output, lse = _Tiled.apply(query, key, value, visible, settings)
    return (output, lse) if return_lse else output


class _Tiled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, query, key, value, visible: Visibility, settings: dict):
        output, lse = tiled_forward(query, key, value, visible, **settings)
        ctx.save_for_backward(query, key, value, output, lse)
        ctx.visible, ctx.settings = visible, settings
        return output, lse

    @staticmethod
    def backward(ctx, grad_output, grad_lse):
        grads = tiled_backward(
            grad_output,
            *ctx.saved_tensors,
            ctx.visible,
            grad_lse=grad_lse,
            **ctx.settings,
        )
        return *grads, None, None
