"""claim(): a measurement held against the ledger, with its control beside it."""

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from course_utils.teaching.ledger import VERDICTS, Entry, ledger

Value = float | str
Measured = Value | Sequence[Value] | Mapping[str, Value]


class ClaimError(AssertionError):
    """A measurement, or its control, disagrees with the ledger."""


def claim(id: str, measured: Measured, control: Measured) -> "Card":
    """Hold a measurement and its negative control against the ledger.

    Both are single values, or several: by part, or in the ledger's order of parts.
    Raises KeyError for an unknown id and ClaimError where one disagrees.
    """
    if id not in ledger():
        raise KeyError(f"no claim {id!r} in the ledger; expected one of its ids")
    entry = ledger()[id]
    card = Card(
        entry,
        _by_part(measured, list(entry.expect), f"{id}, measured"),
        _by_part(control, list(entry.control), f"{id}, control"),
    )
    card.verify()
    return card


def _by_part(values: Measured, parts: Sequence[str], what: str) -> dict[str, Value]:
    match values:
        case Mapping():
            given = dict(values)
        case list() | tuple() if len(values) == len(parts):
            given = dict(zip(parts, values, strict=True))
        case _:
            given = {"": values}
    if given.keys() != set(parts):
        raise ClaimError(f"{what}: parts are {list(given)}; expected {list(parts)}")
    return {part: _plain(given[part], what) for part in parts}


def _plain(value, what: str) -> Value:
    """A bare Python value from a number, a string or a one-element array."""
    if isinstance(value, str | numbers.Number):
        return value
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{what}: got {type(value).__name__}; expected a number")


def show_number(value: Value) -> str:
    """Four significant digits, integers and words as they are."""
    if isinstance(value, bool | str | int):
        return str(value)
    return f"{value:.4g}"


@dataclass(frozen=True)
class Card:
    """A claim with its verdict, what was expected and what was measured."""

    entry: Entry
    measured: dict[str, Value]
    control: dict[str, Value]

    def verify(self) -> None:
        """Raise ClaimError unless the claim and its control both come out."""
        for kind, values, expected in (
            ("measured", self.measured, self.entry.expect),
            ("control", self.control, self.entry.control),
        ):
            for part, value in values.items():
                if not expected[part].admits(value):
                    name = f" of {part!r}" if part else ""
                    raise ClaimError(
                        f"claim {self.entry.id!r}: the {kind} value{name} is {value}; "
                        f"expected {expected[part].words}"
                    )

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Part, expected, measured, control, as words."""
        return [
            (
                part,
                expectation.words,
                show_number(self.measured[part]),
                show_number(self.control[part]) if part in self.control else "–",
            )
            for part, expectation in self.entry.expect.items()
        ]

    def __repr__(self) -> str:
        symbol, words = VERDICTS[self.entry.verdict]
        lines = [f"{symbol} {words}: {self.entry.statement}"]
        if self.entry.condition:
            lines.append(f"  {self.entry.condition}")
        lines.append(f"  measured: {self.entry.measure}")
        for part, expected, measured, control in self.rows():
            lines.append(
                f"  {part or 'value'}: expected {expected}, measured {measured}, "
                f"control {control}"
            )
        lines.append(f"  control: {self.entry.control_of}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        symbol, words = VERDICTS[self.entry.verdict]
        condition = self.entry.condition and f": {escape(self.entry.condition)}"
        cell = "<td style='text-align:left;padding:2px 16px 2px 0'>{}</td>"
        head = "<th scope='col' style='text-align:left;padding:2px 16px 2px 0'>{}</th>"
        names = [self.entry.measure, "expected", "measured", "control"]
        rows = "".join(
            "<tr>" + "".join(cell.format(escape(text)) for text in row) + "</tr>"
            for row in self.rows()
        )
        return (
            "<div style='border:1px solid #888;border-left:6px solid #0072b2;"
            "border-radius:4px;padding:8px 14px;max-width:760px'>"
            f"<div><strong>Claim.</strong> {escape(self.entry.statement)}</div>"
            f"<div style='margin:6px 0'><strong>{symbol} {words}</strong>"
            f"{condition}</div>"
            "<table style='margin:0'><thead><tr>"
            + "".join(head.format(escape(name)) for name in names)
            + f"</tr></thead><tbody>{rows}</tbody></table>"
            f"<div style='margin-top:6px'>Control: {escape(self.entry.control_of)}. "
            f"Source: {escape(self.entry.source)}.</div></div>"
        )


def print_table(argv: list[str]) -> int:
    """Print every claim with its verdict; `argv` may name lessons ("1.2")."""
    entries = list(ledger().values())
    lessons = sorted({entry.lesson for entry in entries})
    if unknown := set(argv) - set(lessons):
        print(f"no claims for {sorted(unknown)}; there are lessons {lessons}")
        return 2
    for lesson in argv or lessons:
        print(f"\nLesson {lesson}")
        for entry in (entry for entry in entries if entry.lesson == lesson):
            symbol, words = VERDICTS[entry.verdict]
            print(f"  {symbol} {words:24} {entry.id}\n      {entry.statement}")
    return 0
