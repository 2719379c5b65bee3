"""The ledger of claims: what the documents say, and what a run must measure.

One TOML file a lesson in `claims/`, named after it. What is expected stands there
and nowhere else. A control is the same measurement on something for which the
claim does not hold; the ledger refuses a control that could pass as the claim.
"""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "claims"

VERDICTS = {
    "holds": ("✓", "holds"),
    "holds-if": ("◐", "holds only if"),
    "false-as-stated": ("✗", "false as stated"),
    "wording": ("✎", "right idea, wrong words"),
    "beyond": ("✚", "beyond the text"),
}


class LedgerError(ValueError):
    """The ledger contradicts itself, or an entry is incomplete."""


@dataclass(frozen=True)
class Expectation:
    """A closed interval, or one exact value, that a measurement must lie in."""

    low: float | str
    high: float | str
    words: str

    @classmethod
    def read(cls, table: dict, where: str) -> "Expectation":
        """From one of: equals · approx with abs or rel · between · below · above."""
        match table:
            case {"equals": value, **rest} if not rest:
                return cls(value, value, f"{value}")
            case {"approx": value, "abs": margin, **rest} if not rest:
                return cls(value - margin, value + margin, f"{value} ± {margin}")
            case {"approx": value, "rel": share, **rest} if not rest:
                margin = abs(value) * share
                words = f"{value} ± {share:.0%}"
                return cls(value - margin, value + margin, words)
            case {"between": [low, high], **rest} if not rest and low <= high:
                return cls(low, high, f"{low} … {high}")
            case {"below": high, **rest} if not rest:
                return cls(-math.inf, high, f"at most {high}")
            case {"above": low, **rest} if not rest:
                return cls(low, math.inf, f"at least {low}")
        raise LedgerError(
            f"{where} expects {table}; expected one of equals, approx with abs or "
            "rel, between, below, above"
        )

    def admits(self, value: float | str) -> bool:
        """Whether a measured value agrees; NaN never does."""
        if isinstance(self.low, str) or isinstance(value, str):
            return value == self.low
        return self.low <= value <= self.high

    def overlaps(self, other: "Expectation") -> bool:
        """Whether some value would agree with both."""
        if isinstance(self.low, str) or isinstance(other.low, str):
            return self.low == other.low
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Entry:
    """One claim. Expectations are kept by part; a single one has the part ""."""

    id: str
    lesson: str
    source: str
    problems: tuple[str, ...]
    statement: str
    verdict: str
    condition: str
    measure: str
    expect: dict[str, Expectation]
    control_of: str
    control: dict[str, Expectation]

    @classmethod
    def read(cls, id: str, lesson: str, table: dict) -> "Entry":
        """From its TOML table; raises LedgerError where it is incomplete."""
        where = f"claim {id!r} of lesson {lesson}"
        needed = {"source", "statement", "verdict", "measure", "expect", "control"}
        known = needed | {"problems", "condition"}
        if missing := needed - table.keys():
            raise LedgerError(f"{where} lacks {sorted(missing)}")
        if unknown := table.keys() - known:
            raise LedgerError(f"{where} has unknown fields {sorted(unknown)}")
        if table["verdict"] not in VERDICTS:
            raise LedgerError(
                f"{where} has verdict {table['verdict']!r}; expected one of "
                f"{sorted(VERDICTS)}"
            )
        plain = table["verdict"] in ("holds", "beyond")
        if not plain and not table.get("condition"):
            raise LedgerError(f"{where} has no condition; {table['verdict']} needs one")
        control = dict(table["control"])
        what = control.pop("what", "")
        if not what or not control:
            raise LedgerError(f"{where} has no control, or one without `what`")
        expect = _parts(table["expect"], where)
        wrong = _parts(control, f"the control of {where}")
        for part, expectation in wrong.items():
            if part not in expect:
                raise LedgerError(f"{where} has a control for {part!r} but no claim")
            if expectation.overlaps(expect[part]):
                raise LedgerError(
                    f"{where} has a vacuous control: {expectation.words} could pass "
                    f"as {expect[part].words}"
                )
        return cls(
            id,
            lesson,
            table["source"],
            tuple(table.get("problems", ())),
            table["statement"],
            table["verdict"],
            table.get("condition", ""),
            table["measure"],
            expect,
            what,
            wrong,
        )


def _parts(table: dict, where: str) -> dict[str, Expectation]:
    if all(isinstance(value, dict) for value in table.values()):
        return {
            part: Expectation.read(value, f"{where}, part {part!r},")
            for part, value in table.items()
        }
    return {"": Expectation.read(table, where)}


@cache
def ledger(folder: Path = FOLDER) -> dict[str, Entry]:
    """All claims by id, in the order of the lessons."""
    entries: dict[str, Entry] = {}
    for file in sorted(folder.glob("*.toml")):
        for id, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if id in entries:
                raise LedgerError(
                    f"claim {id!r} stands in lessons {entries[id].lesson} "
                    f"and {file.stem}; expected once"
                )
            entries[id] = Entry.read(id, file.stem, table)
    return entries
