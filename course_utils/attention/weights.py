"""Weights: scores turned into shares that sum to one."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def naive_softmax(scores: Float[Tensor, "*shape"], dim: int = -1) -> Tensor:
    """Softmax as the formula has it: exp(e) / Σ exp(e).

    It overflows for scores above ln(largest float) and gives 0/0 where every
    exponential vanishes. It is here to be broken; use `softmax`.
    """
    exponentials = scores.exp()
    return exponentials / exponentials.sum(dim, keepdim=True)


def softmax(
    scores: Float[Tensor, "*shape"],
    *,
    mask: Bool[Tensor, "..."] | None = None,
    temperature: float | Float[Tensor, ""] = 1.0,
    dim: int = -1,
) -> Float[Tensor, "*shape"]:
    """Weights exp(e/τ) / Σ exp(e/τ) over `dim`, each in [0, 1].

    Masked entries (False) get exactly 0. Where nothing may be attended to, all
    weights are 0, not NaN, and so is the gradient.
    Raises ValueError for a temperature that is not positive, an empty `dim`,
    a mask that does not broadcast, and NaN or +inf among the unmasked scores.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}; expected more than 0")
    if scores.shape[dim] == 0:
        raise ValueError(
            f"scores have shape {tuple(scores.shape)}; expected at least one key"
        )
    allowed = _allowed(scores, mask)
    broken = allowed & (scores.isnan() | (scores == torch.inf))
    if bool(broken.any()):
        where = tuple(broken.nonzero()[0].tolist())
        raise ValueError(
            f"scores hold {scores[where].item()} at {where}; expected numbers below inf"
        )
    allowed = allowed & (scores != -torch.inf)
    # what is masked may hold anything, and must not reach the gradient either
    scores = scores.masked_fill(~allowed, 0.0)
    lowest = torch.finfo(scores.dtype).min
    largest = scores.masked_fill(~allowed, lowest).amax(dim, keepdim=True)
    shifted = (scores - largest.detach()) / temperature
    exponentials = shifted.masked_fill(~allowed, -torch.inf).exp()
    # in float16 a sum of more than 65504 ones is already infinite
    wide = torch.promote_types(scores.dtype, torch.float32)
    total = exponentials.sum(dim, keepdim=True, dtype=wide)
    return (exponentials / total.masked_fill(total == 0, 1.0)).to(scores.dtype)


def _allowed(scores: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return torch.ones_like(scores, dtype=torch.bool)
    if mask.dtype != torch.bool:
        raise TypeError(f"mask has dtype {mask.dtype}; expected torch.bool")
    try:
        return mask.expand(scores.shape)
    except RuntimeError as error:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, which does not broadcast to "
            f"the scores' shape {tuple(scores.shape)}"
        ) from error
