"""predict() before a surprise, reveal() after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets as widgets

from course_utils import store
from course_utils.teaching.claims import show_number

_asked: dict[str, tuple[str, tuple[str, ...]]] = {}
_outcomes: dict[str, "Outcome"] = {}


def predict(id: str, question: str, choices: Sequence[str]) -> widgets.Widget:
    """Ask for a commitment before the next cell is run; it blocks nothing.

    The answer is kept in `my/predictions.json`, the first one for good: what
    you thought before you saw the result is what counts.
    Raises ValueError for fewer than two choices, or the same one twice.
    """
    if len(choices) < 2 or len(set(choices)) != len(choices):
        raise ValueError(f"choices are {list(choices)}; expected two or more, each new")
    _asked[id] = (question, tuple(choices))
    given = store.read("predictions").get(id)
    buttons = widgets.RadioButtons(
        options=list(choices),
        value=given if given in choices else None,
        layout=widgets.Layout(width="auto"),
        disabled=given in choices,
    )

    def keep(change) -> None:
        predictions = store.read("predictions")
        store.write("predictions", {**predictions, id: change["new"]})
        buttons.disabled = True

    buttons.observe(keep, names="value")
    title = f"<strong>Predict.</strong> {escape(question)}"
    return widgets.VBox([widgets.HTML(title), buttons])


def reveal(id: str, truth: str | float) -> "Outcome":
    """Show what was measured beside what was predicted.

    Raises KeyError where nothing was asked under this id, and ValueError where
    the truth is not among the choices that were offered.
    """
    if id not in _asked:
        raise KeyError(f"no prediction {id!r} was asked; run its predict() cell first")
    question, choices = _asked[id]
    truth = truth if isinstance(truth, str) else show_number(truth)
    if truth not in choices:
        raise ValueError(f"measured {truth!r}; expected one of {list(choices)}")
    given = store.read("predictions").get(id)
    _outcomes[id] = Outcome(id, question, truth, given)
    return _outcomes[id]


def tally() -> str:
    """How this session's predictions fared, in a sentence."""
    given = [outcome for outcome in _outcomes.values() if outcome.given is not None]
    right = sum(outcome.given == outcome.truth for outcome in given)
    asked = len(_outcomes)
    return (
        f"You predicted {len(given)} of {asked} surprises, and {right} of them right."
    )


@dataclass(frozen=True)
class Outcome:
    """A measured answer, and the predicted one (None: not answered)."""

    id: str
    question: str
    truth: str
    given: str | None

    def __repr__(self) -> str:
        if self.given is None:
            said = "You did not predict this one."
        elif self.given == self.truth:
            said = "✓ You predicted it."
        else:
            said = f"✗ You predicted {self.given}. Note what misled you."
        return f"{self.question} Measured: {self.truth}. {said}"

    def _repr_html_(self) -> str:
        return f"<p style='max-width:760px'>{escape(repr(self))}</p>"
