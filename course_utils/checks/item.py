"""One exercise: what it asks, how it is checked, how it usually goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from course_utils.checks.limits import SECONDS
from course_utils.checks.rng import Rng
from course_utils.checks.student import Student

Kind = Literal["implement", "predict", "repair", "test", "explain"]


@dataclass(frozen=True)
class Check:
    """A named part of an item, worth `points`, all or nothing."""

    name: str
    title: str
    points: float
    function: Callable[[Student, Rng], None]
    part: str | None = None  # the key of a dict result that it is about


@dataclass(frozen=True, eq=False)
class Mutant:
    """A wrong answer that is worth a name, and a sentence about it."""

    name: str
    says: str
    answer: object


@dataclass(eq=False)
class Item:
    """An exercise, declared once.

    `asks` is the name the learner defines. Checks, mutants and two differently
    written correct answers are added by the decorators below. An explain item
    has none of these but a rubric of (points, criterion), for a person to use.
    One call of the answer may take `seconds`.
    Raises ValueError where hints, difficulty or rubric do not fit.
    """

    id: str
    title: str
    kind: Kind
    asks: str
    difficulty: int  # 1…3
    minutes: int
    lesson: str
    hints: tuple[str, str, str]  # nudge, method, pseudocode
    rubric: tuple[tuple[float, str], ...] = ()
    seconds: float = SECONDS
    checks: list[Check] = field(default_factory=list)
    mutants: list[Mutant] = field(default_factory=list)
    alternatives: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.hints) != 3:
            raise ValueError(f"{self.id} has {len(self.hints)} hints; expected 3")
        if self.difficulty not in (1, 2, 3):
            raise ValueError(
                f"{self.id} has difficulty {self.difficulty}; expected 1, 2 or 3"
            )
        if (self.kind == "explain") != bool(self.rubric):
            raise ValueError(f"{self.id} is {self.kind}; only explain has a rubric")

    @property
    def points(self) -> float:
        """What a full answer earns."""
        if self.rubric:
            return sum(points for points, _ in self.rubric)
        return sum(check.points for check in self.checks)

    @property
    def header(self) -> str:
        """The line that stands under the title of the statement."""
        dots = "●" * self.difficulty + "○" * (3 - self.difficulty)
        return f"{self.points:g} points · {dots} · {self.minutes} min · {self.kind}"

    def check(self, points: float, title: str, part: str | None = None) -> Callable:
        """Decorator: this function (student, rng) is worth `points`.

        Where results are dicts and the check is about one entry, `part` is its key:
        a mistake there is then named whatever the other entries hold.
        """

        def add(function: Callable[[Student, Rng], None]) -> Callable:
            self.checks.append(Check(function.__name__, title, points, function, part))
            return function

        return add

    def mutant(self, says: str) -> Callable:
        """Decorator: this function is a wrong answer, named like itself."""

        def add(function: Callable) -> Callable:
            self.wrong(function.__name__, says, function)
            return function

        return add

    def wrong(self, name: str, says: str, answer: object) -> None:
        """Add a wrong answer that is a value, or a function without own name."""
        self.mutants.append(Mutant(name, says, answer))

    def alternative(self, answer: object) -> object:
        """Decorator or call: a correct answer, written differently."""
        self.alternatives.append(answer)
        return answer
