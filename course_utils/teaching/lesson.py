"""lesson.start() opens a lesson, lesson.close() sums it up."""

from dataclasses import dataclass
from html import escape

import numpy as np
import torch

from course_utils.figures import use_style
from course_utils.teaching.ledger import VERDICTS, ledger
from course_utils.teaching.predictions import tally

SEED = 0


def start(number: str) -> None:
    """Seed torch and NumPy, use one torch thread, set the figures' style.

    One thread: two on a busy two-core machine can take three times as long.
    """
    torch.manual_seed(SEED)
    np.random.seed(SEED)
    torch.set_num_threads(1)
    use_style()
    print(f"Lesson {number} · seed {SEED} · one torch thread")


def close(number: str) -> "Summary":
    """The lesson's claims with their verdicts, and how your predictions fared.

    Raises ValueError where the ledger knows no claim of this lesson.
    """
    claims = [entry for entry in ledger().values() if entry.lesson == number]
    if not claims:
        known = sorted({entry.lesson for entry in ledger().values()})
        raise ValueError(f"no claims for lesson {number!r}; there are {known}")
    rows = []
    for entry in claims:
        symbol, words = VERDICTS[entry.verdict]
        rows.append((entry.statement, f"{symbol} {words}", entry.condition))
    return Summary(tuple(rows), tally())


@dataclass(frozen=True)
class Summary:
    """A lesson's claims as a table."""

    rows: tuple[tuple[str, str, str], ...]
    predicted: str

    def __repr__(self) -> str:
        lines = [f"{verdict}: {what} {limits}" for what, verdict, limits in self.rows]
        return "\n".join([*lines, self.predicted])

    def _repr_html_(self) -> str:
        style = "text-align:left;vertical-align:top;padding:4px 12px 4px 0"
        head = "".join(
            f"<th scope='col' style='{style}'>{name}</th>"
            for name in ("claim", "verdict", "limits")
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td style='{style}'>{escape(cell)}</td>" for cell in row)
            + "</tr>"
            for row in self.rows
        )
        return (
            f"<table style='max-width:860px'><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table><p>{escape(self.predicted)}</p>"
        )
