"""The kernels as PyTorch operators: with shapes for the compiler, and gradients."""

import torch
from torch import Tensor


@torch.library.custom_op("course_utils::flash_forward", mutates_args=())
def flash_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_lengths: Tensor | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
) -> tuple[Tensor, Tensor]:
    """Output and log-sum-exp of attention by the Triton kernel.

    `shift` is the place of query 0 among the keys; arguments are not checked here.
    """
    from course_utils.flash import select  # imports Triton

    return select.forward(
        query, key, value, key_lengths, is_causal, shift, window, scale
    )


@torch.library.custom_op("course_utils::flash_backward", mutates_args=())
def flash_backward(
    grad_output: Tensor,
    grad_lse: Tensor | None,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    output: Tensor,
    lse: Tensor,
    key_lengths: Tensor | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of query, key and value by the Triton kernels, without atomics."""
    from course_utils.flash import launch  # imports Triton

    return launch.backward(
        grad_output, grad_lse, query, key, value, output, lse,
        key_lengths, is_causal, shift, window, scale,
    )  # fmt: skip


@flash_forward.register_fake
def _(query, key, value, key_lengths, is_causal, shift, window, scale):
    lse = query.new_empty(query.shape[:-1], dtype=torch.float32)
    return torch.empty_like(query), lse


@flash_backward.register_fake
def _(grad_output, grad_lse, query, key, value, *rest):
    return tuple(x.new_empty(x.shape) for x in (query, key, value))


def _remember(ctx, inputs, output):
    query, key, value, key_lengths, *ctx.options = inputs
    ctx.save_for_backward(query, key, value, *output, key_lengths)


def _differentiate(ctx, grad_output, grad_lse):
    *saved, key_lengths = ctx.saved_tensors
    grads = flash_backward(grad_output, grad_lse, *saved, key_lengths, *ctx.options)
    return *grads, None, None, None, None, None


flash_forward.register_autograd(_differentiate, setup_context=_remember)
