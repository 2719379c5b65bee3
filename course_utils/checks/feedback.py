"""What a learner sees: a symbol and a word for each check, and why."""

from dataclasses import dataclass, field
from html import escape
from typing import Literal

from course_utils.checks.item import Item, Mutant

AS_GIVEN = "as_given"  # the mutant of a repair item that is its stub
State = Literal["passed", "failed", "unsolved"]
SYMBOLS = {"passed": "✓", "failed": "✗", "unsolved": "○"}
WORDS = {"passed": "passed", "failed": "not right", "unsolved": "not yet"}


@dataclass
class Result:
    """One check's verdict."""

    title: str
    points: float
    state: State = "unsolved"
    text: str = ""
    mistake: Mutant | None = None

    @property
    def earned(self) -> float:
        """All of the points, or none."""
        return self.points if self.state == "passed" else 0


@dataclass
class Feedback:
    """The verdict on one item; shows itself in a notebook and as text."""

    item: Item
    results: list[Result] = field(default_factory=list)
    printed: str = ""

    @property
    def points(self) -> float:
        """What was earned by checks that ran."""
        return sum(result.earned for result in self.results)

    @property
    def full(self) -> bool:
        """Whether every check passed; never True for what a person grades."""
        return bool(self.results) and all(r.state == "passed" for r in self.results)

    @property
    def attempted(self) -> bool:
        """Whether there is an answer yet; code to repair, untouched, is none."""
        if set(self.mistakes) == {AS_GIVEN}:
            return False
        return any(result.state != "unsolved" for result in self.results)

    @property
    def mistakes(self) -> list[str]:
        """The names of the mistakes that were recognised, each once."""
        return list(dict.fromkeys(r.mistake.name for r in self.results if r.mistake))

    def __str__(self) -> str:
        lines = [clean(self._title())]
        for mark, text, details in self._rows():
            lines.append(f"  {mark} {text}")
            lines += [
                f"      {line}" for detail in details for line in detail.splitlines()
            ]
        return clean("\n".join(lines))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<li style="margin:.3em 0"><strong>{escape(mark)}</strong> {escape(text)}'
            + "".join(
                f'<div style="white-space:pre-wrap;margin-left:1.5em">{escape(d)}</div>'
                for d in details
            )
            + "</li>"
            for mark, text, details in self._rows()
        )
        return clean(
            '<div role="status" style="border-left:4px solid;padding:.2em 1em">'
            f"<strong>{escape(self._title())}</strong>"
            f'<ul style="list-style:none;padding:0;margin:.3em 0">{rows}</ul></div>'
        )

    def _title(self) -> str:
        worth = f"{self.item.points:g}"
        if self.item.rubric:
            return (
                f"{self.item.id} {self.item.title}: {worth} points. The check cannot "
                "see your text: a person reads it. Read it yourself first. Does it …"
            )
        return f"{self.item.id} {self.item.title}: {self.points:g} of {worth} points"

    def _rows(self) -> list[tuple[str, str, list[str]]]:
        """Mark and word, headline, details; one row where all say the same."""
        if self.item.rubric:
            return [
                ("☐", f"… {criterion}? ({p:g})", [])
                for p, criterion in self.item.rubric
            ]
        if not self.attempted and len({result.text for result in self.results}) == 1:
            return [_row("unsolved", self.results[0].text, [])]
        said: set[str] = set()
        rows = [self._result(result, said) for result in self.results]
        if self.printed and not self.full:
            rows.append(("·", "Your code printed:", [self.printed]))
        return rows

    @staticmethod
    def _result(result: Result, said: set[str]) -> tuple[str, str, list[str]]:
        told = {result.text: "As above."} if result.text else {}
        if result.mistake:
            name = result.mistake.name.replace("_", " ")
            told[f"This looks like: {name}. {result.mistake.says}"] = f"Again: {name}."
        new = [again if full in said else full for full, again in told.items()]
        said.update(told)
        return _row(result.state, f"{result.title} ({result.points:g})", new)


def _row(state: State, text: str, details: list[str]) -> tuple[str, str, list[str]]:
    return f"{SYMBOLS[state]} {WORDS[state]}:", text, details


def clean(text: str) -> str:
    """The text without lone surrogates and control characters."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
