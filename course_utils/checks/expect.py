"""Comparisons that say what came and what was expected.

All raise `Wrong`, whose text becomes the feedback. A check that can tell the
mistake itself names it: `Wrong(text, mistake="no_bias")`.
"""

import math

import torch
from torch import Tensor

from course_utils.checks.values import Value


class Wrong(Exception):  # noqa: N818  it is a verdict, not an error
    """The learner's result is not what was expected."""

    def __init__(self, text: str, mistake: str | None = None):
        super().__init__(text)
        self.mistake = mistake


def require(condition: bool, text: str, mistake: str | None = None) -> None:
    """Raise Wrong(text) unless the condition holds."""
    if not condition:
        raise Wrong(text, mistake)


def tensor(
    got: Value,
    expected: Tensor,
    name: str = "the result",
    *,
    rel: float = 1e-6,
    abs: float = 1e-9,
    float32: bool = False,
) -> None:
    """The same shape, dtype and entries as `expected`, within the tolerance.

    With `float32` that dtype will do for an `expected` in float64 as well; the
    tolerances are then at least 1e-4, relative, and 1e-5.
    """
    shaped(got, tuple(expected.shape), name)
    if float32 and got.dtype == torch.float32:
        got, rel, abs = got.double(), max(rel, 1e-4), max(abs, 1e-5)
    shaped(got, tuple(expected.shape), name, expected.dtype)
    where = expected.isfinite() & ~got.isfinite()
    if bool(where.any()):
        index = _first(where)
        what = "NaN" if bool(got[index].isnan()) else "infinite"
        raise Wrong(
            f"{name}{_at(index)} is {what}; expected {expected[index].item():.6g}."
        )
    near = torch.isclose(got, expected, rtol=rel, atol=abs, equal_nan=True)
    if not bool(near.all()):
        index = _first(~near)
        count = (
            ""
            if near.numel() == 1
            else (f" ({int((~near).sum())} of {near.numel()} entries differ)")
        )
        raise Wrong(
            f"{name}{_at(index)} is {got[index].item():.6g}; "
            f"expected {expected[index].item():.6g}{count}."
        )


def shaped(
    got: Value, shape: tuple[int, ...], name: str, dtype: torch.dtype | None = None
) -> None:
    """A tensor of this shape, and of this dtype where one is given."""
    there(got, name)
    require(
        isinstance(got, Tensor),
        f"{name} is {_kind(got)}; expected a tensor of shape {shape}.",
    )
    require(
        tuple(got.shape) == shape,
        f"{name} has shape {tuple(got.shape)}; expected {shape}.",
    )
    require(
        dtype is None or got.dtype == dtype,
        f"{name} has dtype {got.dtype}; expected {dtype}, as the inputs have.",
    )


def number(
    got: Value,
    expected: float,
    name: str = "the result",
    *,
    rel: float = 1e-6,
    abs: float = 1e-9,
) -> None:
    """A number, or a tensor that holds one, close to `expected`."""
    got = value(got, name)
    require(not math.isnan(got), f"{name} is NaN; expected {expected:.6g}.")
    require(
        math.isclose(got, expected, rel_tol=rel, abs_tol=abs),
        f"{name} is {got:.6g}; expected {expected:.6g}.",
    )


def value(got: Value, name: str) -> int | float:
    """The number that came, by itself or in a tensor of shape ()."""
    there(got, name)
    if isinstance(got, Tensor) and got.ndim == 0:
        got = got.item()
    require(
        isinstance(got, int | float) and not isinstance(got, bool),
        f"{name} is {_kind(got)}; expected a number.",
    )
    return got


def parts(got: Value, names: tuple[str, ...], what: str = "the result") -> list[Value]:
    """The entries of a tuple or list that must hold exactly these."""
    there(got, what)
    require(
        isinstance(got, list) and len(got) == len(names),
        f"{what} is {_kind(got)}; expected {len(names)} values: {', '.join(names)}.",
    )
    return got


def keys(got: Value, names: tuple[str, ...], what: str = "the result") -> list[Value]:
    """The entries of a dict that must hold at least these keys."""
    there(got, what)
    wanted = ", ".join(map(repr, names))
    require(
        isinstance(got, dict), f"{what} is {_kind(got)}; expected a dict with {wanted}."
    )
    for name in names:
        require(name in got, f"{what} has no {name!r}; expected the keys {wanted}.")
    return [got[name] for name in names]


def there(got: Value, name: str) -> None:
    """Something came back."""
    require(got is not None, f"{name} is None. Is there a `return`?")


def _first(where: Tensor) -> tuple[int, ...]:
    return tuple(where.nonzero()[0].tolist())


def _at(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _kind(got: Value) -> str:
    if isinstance(got, Tensor):
        return f"a tensor of shape {tuple(got.shape)}"
    if isinstance(got, list):
        return f"a list or tuple of {len(got)}"
    if isinstance(got, dict):
        return f"a dict with the keys {list(got)}"
    kind = type(got).__name__
    return f"{got!r}, {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
