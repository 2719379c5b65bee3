"""What attention is, in float64 and as plainly as possible: no tiles, no tricks."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

MIXED = ("heads-last", "gaps", "contiguous", "dim-first")  # q, k, v, dO


@dataclass(frozen=True)
class Case:
    """One call of attention, small enough to check number by number."""

    name: str
    batch: int = 1
    heads: int = 2
    kv_heads: int = 2
    n_query: int = 40
    n_key: int = 56
    dim: int = 16
    is_causal: bool = False
    align: str = "top-left"
    window: int | None = None
    lengths: tuple[int, ...] | None = None
    scale: float | None = None
    dtype: torch.dtype = torch.float32
    gain: float = 1.0  # on the queries: large ones make the softmax hard
    shift: float = 0.0  # on the scores, through an offset of the keys
    layout: str = "contiguous"
    tiles: tuple[int, int] = field(default=(16, 16))

    @property
    def options(self) -> dict:
        """Keyword arguments of flash_attention and tiled_attention."""
        lengths = None if self.lengths is None else torch.tensor(self.lengths)
        return {
            "is_causal": self.is_causal,
            "causal_align": self.align,
            "window": self.window,
            "key_lengths": lengths,
            "scale": self.scale,
            "enable_gqa": self.heads != self.kv_heads,
        }

    def inputs(self, seed: int = 0, device: str = "cpu") -> tuple[Tensor, ...]:
        """query, key, value, grad_output and grad_lse, in the case's layout."""
        rng = torch.Generator().manual_seed(seed)
        shapes = [
            (self.batch, self.heads, self.n_query, self.dim),
            (self.batch, self.kv_heads, self.n_key, self.dim),
            (self.batch, self.kv_heads, self.n_key, self.dim),
            (self.batch, self.heads, self.n_query, self.dim),
            (self.batch, self.heads, self.n_query),
        ]
        made = [torch.randn(shape, generator=rng) for shape in shapes]
        made[0] = made[0] * self.gain
        if self.shift:
            made[0][..., 0] = 1.0  # so that every score moves by key's first entry
            made[1][..., 0] = self.shift
        made = [x.to(self.dtype).to(device) for x in made]
        layouts = MIXED if self.layout == "mixed" else (self.layout,) * 4
        made[:4] = [lay_out(x, y) for x, y in zip(made[:4], layouts, strict=True)]
        made[4] = made[4].float()
        return tuple(made)


def lay_out(x: Tensor, layout: str) -> Tensor:
    """The same numbers, stored otherwise."""
    if layout == "contiguous":
        return x.contiguous()
    if layout == "heads-last":  # (batch, length, heads, dim), as projections give it
        return x.transpose(1, 2).contiguous().transpose(1, 2)
    if layout == "dim-first":  # (batch, heads, dim, length)
        return x.mT.contiguous().mT
    if layout == "gaps":  # every other number of a larger, poisoned storage
        wide = x.new_full((*x.shape[:-1], 2 * x.shape[-1] + 1), math.nan)
        view = wide[..., 1::2]
        view.copy_(x)
        return view
    raise ValueError(f"layout is {layout!r}")


def visible_pairs(case: Case) -> Tensor:
    """(batch, 1, n_query, n_key): True where a query may look."""
    offset = case.n_key - case.n_query if case.align == "bottom-right" else 0
    pairs = torch.ones(case.batch, 1, case.n_query, case.n_key, dtype=torch.bool)
    i = torch.arange(case.n_query)[:, None]
    j = torch.arange(case.n_key)
    if case.is_causal:
        pairs &= j <= i + offset
    if case.window is not None:
        pairs &= j >= i + offset - case.window
    for b, length in enumerate(case.lengths or ()):
        pairs[b, :, :, length:] = False
    return pairs


def reference(case: Case, query: Tensor, key: Tensor, value: Tensor):
    """Output and log-sum-exp in the inputs' own dtype, the matrix written out."""
    group = case.heads // case.kv_heads
    key, value = (x.repeat_interleave(group, dim=1) for x in (key, value))
    scale = 1 / math.sqrt(case.dim) if case.scale is None else case.scale
    pairs = visible_pairs(case).to(query.device)
    scores = (query @ key.mT * scale).masked_fill(~pairs, -math.inf)
    sees = pairs.any(-1, keepdim=True)
    lse = torch.logsumexp(scores.masked_fill(~sees, 0.0), -1, keepdim=True)
    lse = lse.masked_fill(~sees, -math.inf)
    weights = torch.exp(scores - lse.masked_fill(~sees, 0.0))
    return weights @ value, lse.squeeze(-1)


def reference_gradients(case: Case, inputs: tuple[Tensor, ...], dtype=torch.float64):
    """o, lse, dq, dk, dv of the plain computation in `dtype`, by autograd."""
    query, key, value, grad_output, grad_lse = (x.detach().to(dtype) for x in inputs)
    leaves = [x.clone().requires_grad_() for x in (query, key, value)]
    output, lse = reference(case, *leaves)
    grad_lse = grad_lse.masked_fill(lse == -math.inf, 0.0)
    loss = (output * grad_output).sum()
    loss = loss + (lse.masked_fill(lse == -math.inf, 0.0) * grad_lse).sum()
    loss.backward()
    return (output.detach(), lse.detach(), *(x.grad for x in leaves))


def gradients(case: Case, inputs: tuple[Tensor, ...], compute):
    """o, lse, dq, dk, dv of `compute(query, key, value, **options)`."""
    query, key, value, grad_output, grad_lse = inputs
    leaves = [x.detach().requires_grad_() for x in (query, key, value)]
    output, lse = compute(*leaves, return_lse=True, **case.options)
    torch.autograd.backward((output, lse), (grad_output, grad_lse.to(lse.dtype)))
    return (output.detach(), lse.detach(), *(x.grad for x in leaves))


def relative_error(got: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected number; −inf must meet −inf."""
    got, expected = got.double().cpu(), expected.double().cpu()
    if not torch.equal(got == -math.inf, expected == -math.inf):
        return math.inf
    finite = expected != -math.inf
    if not finite.any():
        return 0.0
    difference = (got[finite] - expected[finite]).abs().max()
    size = expected[finite].abs().max().clamp_min(1e-3)
    error = (difference / size).item()
    return math.inf if math.isnan(error) else error
