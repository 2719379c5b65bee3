"""Several attentions side by side, each in its own subspace."""

from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_utils.attention.core import attention


class MultiHeadAttention(nn.Module):
    """Multi-head attention over (batch, length, d_model).

    Each of `num_heads` heads works in d_model / num_heads dimensions; their
    outputs are joined and projected once more.
    Raises ValueError where the heads do not divide d_model.
    Source: Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, d_model: int, num_heads: int, *, bias: bool = True):
        super().__init__()
        if num_heads < 1 or d_model % num_heads:
            raise ValueError(
                f"num_heads is {num_heads}; expected a divisor of d_model {d_model}"
            )
        self.num_heads = num_heads
        self.to_query = nn.Linear(d_model, d_model, bias=bias)
        self.to_key = nn.Linear(d_model, d_model, bias=bias)
        self.to_value = nn.Linear(d_model, d_model, bias=bias)
        self.to_output = nn.Linear(d_model, d_model, bias=bias)

    def forward(
        self,
        query: Float[Tensor, "batch query d_model"],
        key: Float[Tensor, "batch key d_model"] | None = None,
        value: Float[Tensor, "batch key d_model"] | None = None,
        *,
        mask: Bool[Tensor, "..."] | None = None,
        is_causal: bool = False,
        return_weights: bool = False,
    ) -> (
        Float[Tensor, "batch query d_model"]
        | tuple[
            Float[Tensor, "batch query d_model"],
            Float[Tensor, "batch heads query key"],
        ]
    ):
        """Attend from query to key; both default to self-attention's choice.

        The mask broadcasts to (batch, heads, query, key).
        """
        key = query if key is None else key
        value = key if value is None else value
        output, weights = attention(
            self._split(self.to_query(query)),
            self._split(self.to_key(key)),
            self._split(self.to_value(value)),
            mask=mask,
            is_causal=is_causal,
            return_weights=True,
        )
        joined = rearrange(output, "batch heads query dim -> batch query (heads dim)")
        output = self.to_output(joined)
        return (output, weights) if return_weights else output

    def _split(self, x: Tensor) -> Tensor:
        return rearrange(
            x,
            "batch length (heads dim) -> batch heads length dim",
            heads=self.num_heads,
        )
