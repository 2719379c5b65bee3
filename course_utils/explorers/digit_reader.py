"""A small reader of digits, shared by lesson 2.6 and the explorer `exposure`.

Where a patch lies is known to queries and keys only, and the verdict sees only the
direction of what attention brings back: what the reader knows, it knows by looking.
"""

import math
from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, layer_norm, normalize

from course_utils.attention import (
    AdditiveScore,
    CosineScore,
    attention,
    dot_score,
    scaled_dot_score,
)
from course_utils.data.digits import PATCHES, PIXELS, cut, load, split
from course_utils.teaching.training import fit

HEADS, HEAD_DIM = 4, 8
WIDTH = HEADS * HEAD_DIM


def normed_score(query: Tensor, key: Tensor) -> Tensor:
    """Scaled dot product after LayerNorm of query and key ("QK-LayerNorm").

    ε is tiny, so that dark patches are normalised like bright ones.
    """
    normed = [layer_norm(x, x.shape[-1:], eps=1e-12) for x in (query, key)]
    return scaled_dot_score(*normed)


SCORES: dict[str, Callable[[], Callable]] = {
    "scaled dot": lambda: scaled_dot_score,
    "additive": lambda: AdditiveScore(HEAD_DIM, HEAD_DIM, width=16),
    "cosine": lambda: CosineScore(gamma=5.0),
    "QK-LayerNorm": lambda: normed_score,
    "dot": lambda: dot_score,
}


class Reader(nn.Module):
    """Self-attention over 16 patches; logits of the ten digits.

    `bias` adds one to the projection behind the attention.
    """

    def __init__(self, score: Callable, *, bias: bool = False):
        super().__init__()
        # one matrix a patch: what ink means depends on where it is
        self.to_query = nn.Parameter(torch.randn(PATCHES, PIXELS, WIDTH) / 2)
        self.to_key = nn.Parameter(torch.randn(PATCHES, PIXELS, WIDTH) / 2)
        self.to_value = nn.Linear(PIXELS, WIDTH, bias=False)  # the same everywhere
        self.to_output = nn.Linear(WIDTH, WIDTH, bias=bias)
        self.verdict = nn.Linear(WIDTH, 10)
        self.score = score

    def forward(
        self, images: Float[Tensor, "batch 8 8"]
    ) -> tuple[Float[Tensor, "batch 10"], Float[Tensor, "batch head 16 16"]]:
        """Logits, and the weights of every head."""
        patches = cut(images)
        query = torch.einsum("bpi,pid->bpd", patches, self.to_query)
        key = torch.einsum("bpi,pid->bpd", patches, self.to_key)
        parts = [_heads(x) for x in (query, key, self.to_value(patches))]
        found, weights = attention(*parts, score=self.score, return_weights=True)
        pooled = self.to_output(found.transpose(1, 2).flatten(2)).mean(1)
        direction = normalize(pooled, dim=-1, eps=1e-20) * math.sqrt(WIDTH)
        return self.verdict(direction), weights


def _heads(x: Tensor) -> Tensor:
    return x.unflatten(-1, (HEADS, HEAD_DIM)).transpose(1, 2)


@cache
def trained(score: str, *, bias: bool = False, seed: int = 0) -> Reader:
    """A reader trained for 300 steps at exposure 1, on the images of `split()`.

    Takes about a second, once. torch's global generator is left as it was.
    """
    images, labels = load()
    seen, _ = split()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reader = Reader(SCORES[score](), bias=bias)

        def loss() -> Tensor:
            some = seen[torch.randint(len(seen), (64,))]
            return cross_entropy(reader(images[some])[0], labels[some])

        fit(reader.parameters(), loss, steps=300, rate=0.01, label=f"{score} reader")
    return reader.requires_grad_(False)
