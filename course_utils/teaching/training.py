"""A training loop with a progress bar."""

import time
from collections.abc import Callable, Iterable

import torch
from IPython.display import DisplayHandle
from torch import Tensor


def fit(
    parameters: Iterable[Tensor],
    loss: Callable[[], Tensor],
    *,
    steps: int,
    rate: float = 1e-2,
    optimiser: Callable = torch.optim.Adam,
    label: str = "training",
) -> list[float]:
    """Minimise `loss()` over `parameters`; returns the loss before every step.

    The bar appears once two seconds have passed.
    Raises ValueError where the loss is no longer a finite number.
    """
    optimise = optimiser(list(parameters), lr=rate)
    history = []
    bar = Bar(label, steps)
    for step in range(steps):
        optimise.zero_grad()
        current = loss()
        current.backward()
        optimise.step()
        history.append(current.item())
        if not history[-1] < float("inf"):
            raise ValueError(
                f"the loss is {history[-1]} at step {step}; lower the rate"
            )
        bar.update(step + 1, f"loss {history[-1]:.3g}")
    return history


class Bar:
    """A labelled progress bar that shows itself after two seconds of work."""

    def __init__(self, label: str, total: int):
        self.label, self.total = label, total
        self.started = self.shown_at = time.monotonic()
        self.handle: DisplayHandle | None = None

    def update(self, done: int, note: str = "") -> None:
        """Draw at most five times a second, and at the end."""
        now = time.monotonic()
        finished = done == self.total
        if self.handle is None and now - self.started < 2:
            return
        if now - self.shown_at < 0.2 and not finished:
            return
        self.shown_at = now
        self.done, self.note = done, note
        if self.handle is None:
            self.handle = DisplayHandle()
            self.handle.display(self)
        else:
            self.handle.update(self)

    def __repr__(self) -> str:
        return f"{self.label}: {self.done} of {self.total} {self.note}"

    def _repr_html_(self) -> str:
        return (
            f"<label>{self!r} <progress max='{self.total}' value='{self.done}'>"
            "</progress></label>"
        )
