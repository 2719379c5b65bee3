"""Attention: scores → weights → weighted mean of the values."""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor

from course_utils.attention.masks import causal_mask
from course_utils.attention.scores import scaled_dot_score
from course_utils.attention.weights import softmax


def attention(
    query: Float[Tensor, "*#batch query d_query"],
    key: Float[Tensor, "*#batch key d_key"],
    value: Float[Tensor, "*#batch key d_value"],
    *,
    mask: Bool[Tensor, "..."] | None = None,
    is_causal: bool = False,
    scale: float | None = None,
    temperature: float | Float[Tensor, ""] = 1.0,
    score: Callable[[Tensor, Tensor], Tensor] = scaled_dot_score,
    return_weights: bool = False,
) -> Float[Tensor, "..."] | tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Mean of the values, weighted by softmax(score(query, key) / temperature).

    The mask is True where a query may attend; `is_causal` is aligned top-left,
    as in PyTorch. A query that may attend to nothing gets output 0.
    With `return_weights` returns (output, weights), weights (..., query, key).
    Raises ValueError for lengths, dimensions, scales and temperatures that do
    not fit. Source: Vaswani et al. 2017, section 3.2.
    """
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"value has length {value.shape[-2]} but key has {key.shape[-2]}"
        )
    if scale is None:
        scores = score(query, key)  # (..., query, key)
    elif score is scaled_dot_score:
        scores = scaled_dot_score(query, key, scale)
    else:
        raise ValueError("scale goes with scaled_dot_score; use temperature instead")
    if is_causal:
        causal = causal_mask(*scores.shape[-2:], device=scores.device)
        mask = causal if mask is None else mask & causal
    weights = softmax(scores, mask=mask, temperature=temperature)
    output = weights @ value  # (..., query, d_value)
    return (output, weights) if return_weights else output
