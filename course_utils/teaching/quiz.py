"""A closing question whose every choice is explained."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Quiz:
    """Choices that unfold into their explanations: works without a kernel."""

    question: str
    explained: dict[str, str]
    correct: str

    def __repr__(self) -> str:
        lines = [self.question]
        for choice, why in self.explained.items():
            lines.append(f"  - {choice}: {self._mark(choice)} {why}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        choices = "".join(
            "<details style='border:1px solid #888;border-radius:4px;"
            "padding:4px 10px;margin:4px 0'>"
            f"<summary style='cursor:pointer'>{escape(choice)}</summary>"
            f"<p><strong>{self._mark(choice)}</strong> {escape(why)}</p></details>"
            for choice, why in self.explained.items()
        )
        return (
            "<div style='max-width:760px'><p><strong>Quiz.</strong> "
            f"{escape(self.question)} Choose one to open it.</p>{choices}</div>"
        )

    def _mark(self, choice: str) -> str:
        return "✓ Right." if choice == self.correct else "✗ Not this one."


def quiz(question: str, explained: dict[str, str], *, correct: str) -> Quiz:
    """A question; `explained` maps each choice to why it is right or wrong.

    Raises ValueError where the correct choice is missing, an explanation is
    empty, or there are fewer than three choices.
    """
    if correct not in explained:
        raise ValueError(f"correct is {correct!r}; expected one of {list(explained)}")
    if len(explained) < 3 or not all(why.strip() for why in explained.values()):
        raise ValueError(
            f"{len(explained)} choices; expected three or more, each explained"
        )
    # explanations may be indented text over several lines
    told = {choice: " ".join(why.split()) for choice, why in explained.items()}
    return Quiz(question, told, correct)
