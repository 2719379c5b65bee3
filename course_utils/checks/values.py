"""What may pass between a check and the learner's code.

Numbers, strings, lists, dicts with text keys, tensors and None, nothing else. So
the same check works in a notebook, where the learner's function is called
directly on copies, and when grading, where a pipe carries JSON and raw arrays.

One thing more may be given *to* the learner's code: a `Callback`. A learner's
test receives the attention to be tested that way. Over a pipe it travels as a
number; calling it sends the arguments back and waits for the result, so that the
learner's process never holds the function itself. What a callback takes and
returns obeys the same rule as everything else.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Value = None | bool | int | float | str | list | dict | Tensor


class Callback:
    """A function of the check that the learner's code may call, on copies."""

    def __init__(self, name: str, function: Callable):
        self.name = name
        self._function = function

    def __call__(self, *args, **kwargs) -> Value:
        given = {name: copied(value) for name, value in kwargs.items()}
        return copied(self._function(*map(copied, args), **given))

    def __repr__(self) -> str:
        return "<an implementation under test>"


def copied(value: object) -> Value | Callback:
    """A deep copy that holds plain values only; tuples become lists.

    NumPy arrays become tensors, and a tensor's gradient is left behind.
    Raises TypeError for anything that could not travel over a pipe.
    """
    if value is None or isinstance(value, bool | Callback):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, Tensor):
        dense = value.detach().to_dense() if value.is_sparse else value.detach()
        return dense.to("cpu").clone(memory_format=torch.contiguous_format)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return torch.from_numpy(value.copy())
    if isinstance(value, list | tuple):
        return [copied(entry) for entry in value]
    if isinstance(value, dict):
        wrong = [key for key in value if not isinstance(key, str)]
        if wrong:
            raise TypeError(f"a dict has the key {wrong[0]!r}; expected text keys")
        return {str(key): copied(entry) for key, entry in value.items()}
    raise TypeError(
        f"a value of type {type(value).__name__}; expected numbers, text, lists, "
        "dicts or tensors"
    )


def equal(first: Value, second: Value) -> bool:
    """Whether two plain values agree, numbers to six digits, NaN with NaN."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return first.shape == second.shape and torch.allclose(
            first.double(), second.double(), rtol=1e-6, atol=1e-9, equal_nan=True
        )
    if isinstance(first, Tensor) or isinstance(second, Tensor):
        tensor, other = (
            (first, second) if isinstance(first, Tensor) else (second, first)
        )
        return tensor.ndim == 0 and equal(tensor.item(), other)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(equal, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            equal(first[key], second[key]) for key in first
        )
    if isinstance(first, int | float) and isinstance(second, int | float):
        return bool(np.isclose(first, second, rtol=1e-6, atol=1e-9, equal_nan=True))
    return type(first) is type(second) and first == second
