"""Scores: one number for every pair of a query and a key.

Functions are pure. The modules below hold learned parameters and call them.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def dot_score(
    query: Float[Tensor, "*#batch query dim"], key: Float[Tensor, "*#batch key dim"]
) -> Float[Tensor, "*batch query key"]:
    """Score s = q·k, unbounded.

    Raises ValueError where query and key differ in their last dimension.
    Source: Luong, Pham and Manning 2015, section 3.1 ("dot").
    """
    _same_dim(query, key)
    return query @ key.transpose(-2, -1)


def scaled_dot_score(
    query: Float[Tensor, "*#batch query dim"],
    key: Float[Tensor, "*#batch key dim"],
    scale: float | None = None,
) -> Float[Tensor, "*batch query key"]:
    """Score s = scale · q·k, with scale 1/√dim unless given.

    Raises ValueError where query and key differ in their last dimension, or
    the scale is not finite. Source: Vaswani et al. 2017, equation 1.
    """
    _same_dim(query, key)
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1])
    elif not math.isfinite(scale):
        raise ValueError(f"scale is {scale}; expected a finite number")
    return dot_score(query * scale, key)


def bilinear_score(
    query: Float[Tensor, "*#batch query d_query"],
    key: Float[Tensor, "*#batch key d_key"],
    weight: Float[Tensor, "d_query d_key"],
) -> Float[Tensor, "*batch query key"]:
    """Score s = qᵀ W k, unbounded; query and key may differ in dimension.

    Raises ValueError where W is not (d_query, d_key).
    Source: Luong, Pham and Manning 2015, section 3.1 ("general").
    """
    expected = (query.shape[-1], key.shape[-1])
    if tuple(weight.shape) != expected:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}; expected {expected}, "
            "the dimensions of query and key"
        )
    return dot_score(query @ weight, key)


def additive_score(
    query: Float[Tensor, "*#batch query d_query"],
    key: Float[Tensor, "*#batch key d_key"],
    w_query: Float[Tensor, "width d_query"],
    w_key: Float[Tensor, "width d_key"],
    v: Float[Tensor, " width"],
    bias: Float[Tensor, " width"] | None = None,
    *,
    activation: Callable[[Tensor], Tensor] = torch.tanh,
) -> Float[Tensor, "*batch query key"]:
    """Score s = vᵀ activation(W_q q + W_k k + b), within ±‖v‖₁ for tanh.

    Raises ValueError where a parameter's shape does not fit.
    Source: Bahdanau, Cho and Bengio 2015, appendix A.1.2.
    """
    width = v.shape[0]
    for name, given, expected in (
        ("w_query", w_query, (width, query.shape[-1])),
        ("w_key", w_key, (width, key.shape[-1])),
        *((("bias", bias, (width,)),) if bias is not None else ()),
    ):
        if tuple(given.shape) != expected:
            raise ValueError(
                f"{name} has shape {tuple(given.shape)}; expected {expected}"
            )
    projected_query = (query @ w_query.T).unsqueeze(-2)  # (..., query, 1, width)
    projected_key = (key @ w_key.T).unsqueeze(-3)  # (..., 1, key, width)
    hidden = projected_query + projected_key
    if bias is not None:
        hidden = hidden + bias
    return activation(hidden) @ v


def cosine_score(
    query: Float[Tensor, "*#batch query dim"],
    key: Float[Tensor, "*#batch key dim"],
    gamma: float | Float[Tensor, ""] = 1.0,
    eps: float = 1e-6,
) -> Float[Tensor, "*batch query key"]:
    """Score s = γ cos(q, k), within ±γ.

    Norms are √(‖x‖² + ε²), so the gradient is at most γ/ε, at zero too.
    Raises ValueError where the dimensions differ or eps is not positive.
    """
    _same_dim(query, key)
    if not eps > 0:
        raise ValueError(f"eps is {eps}; expected a positive number")
    return gamma * dot_score(_unit(query, eps), _unit(key, eps))


def _unit(x: Tensor, eps: float) -> Tensor:
    # divide by the largest entry first: squares would overflow or vanish
    largest = x.abs().amax(-1, keepdim=True).clamp_min(eps).detach()
    scaled = x / largest
    norm = (scaled.square().sum(-1, keepdim=True) + (eps / largest).square()).sqrt()
    return scaled / norm


def _same_dim(query: Tensor, key: Tensor) -> None:
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"key has dim {key.shape[-1]} but query has {query.shape[-1]}")


class BilinearScore(nn.Module):
    """Learned bilinear score; W starts uniform within ±1/√d_query."""

    def __init__(self, d_query: int, d_key: int):
        super().__init__()
        self.weight = _parameter(d_query, d_key, fan_in=d_query)

    def forward(
        self,
        query: Float[Tensor, "*#batch query d_query"],
        key: Float[Tensor, "*#batch key d_key"],
    ) -> Float[Tensor, "*batch query key"]:
        return bilinear_score(query, key, self.weight)


class AdditiveScore(nn.Module):
    """Learned additive score of a given width, with or without a bias.

    The default is torch's: uniform within ±1/√fan_in, for the bias too.
    """

    def __init__(
        self,
        d_query: int,
        d_key: int,
        width: int,
        *,
        bias: bool = True,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
    ):
        super().__init__()
        fan_in = d_query + d_key  # both projections feed the same hidden units
        self.w_query = _parameter(width, d_query, fan_in=fan_in)
        self.w_key = _parameter(width, d_key, fan_in=fan_in)
        self.v = _parameter(width, fan_in=width)
        self.bias = _parameter(width, fan_in=fan_in) if bias else None
        self.activation = activation

    def forward(
        self,
        query: Float[Tensor, "*#batch query d_query"],
        key: Float[Tensor, "*#batch key d_key"],
    ) -> Float[Tensor, "*batch query key"]:
        return additive_score(
            query,
            key,
            self.w_query,
            self.w_key,
            self.v,
            self.bias,
            activation=self.activation,
        )


class CosineScore(nn.Module):
    """Cosine score with a learned γ > 0, kept positive as γ = exp(log γ)."""

    def __init__(self, gamma: float = 1.0, eps: float = 1e-6):
        super().__init__()
        if not gamma > 0:
            raise ValueError(f"gamma is {gamma}; expected a positive number")
        self.log_gamma = nn.Parameter(torch.tensor(math.log(gamma)))
        self.eps = eps

    def forward(
        self,
        query: Float[Tensor, "*#batch query dim"],
        key: Float[Tensor, "*#batch key dim"],
    ) -> Float[Tensor, "*batch query key"]:
        return cosine_score(query, key, self.log_gamma.exp(), self.eps)


def _parameter(*shape: int, fan_in: int) -> nn.Parameter:
    if min(shape) < 1:
        raise ValueError(f"sizes are {shape}; expected every size to be at least 1")
    bound = 1 / math.sqrt(fan_in)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
