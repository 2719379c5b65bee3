"""Findings, and how they are shown: as text, and as a table in a notebook."""

from dataclasses import dataclass
from html import escape
from typing import Literal

SYMBOLS = {"ok": "✓", "note": "!", "problem": "✗"}


@dataclass(frozen=True)
class Finding:
    """One row: how it stands, what was looked at, what was found, what to do."""

    level: Literal["ok", "note", "problem"]
    subject: str
    found: str
    advice: str = ""

    @property
    def mark(self) -> str:
        """A symbol and a word; colour alone would say nothing to some readers."""
        return f"{SYMBOLS[self.level]} {self.level}"


class Report:
    """All findings about one environment."""

    def __init__(self, findings: list[Finding]):
        self.findings = findings

    @property
    def problems(self) -> list[Finding]:
        """What must be mended before the course works."""
        return [f for f in self.findings if f.level == "problem"]

    @property
    def summary(self) -> str:
        """The last line: how many problems, and what that means."""
        count = len(self.problems)
        if count == 0:
            return "Everything the course needs is here."
        return f"{count} problem{'s' if count > 1 else ''} to mend first."

    def __str__(self) -> str:
        lines = []
        for finding in self.findings:
            lines.append(f"{finding.mark:9}  {finding.subject:12}  {finding.found}")
            if finding.advice:
                lines.append(f"{'':25}→ {finding.advice}")
        return "\n".join([*lines, "", self.summary])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;vertical-align:top">'
        rows = [
            f"<tr>{cell}<b>{finding.mark}</b></td>{cell}{escape(finding.subject)}</td>"
            f"{cell}{escape(finding.found)}</td>{cell}{escape(finding.advice)}</td></tr>"
            for finding in self.findings
        ]
        head = "".join(
            f'<th scope="col" style="text-align:left">{title}</th>'
            for title in ("", "checked", "found", "what to do")
        )
        return (
            f"<table><caption>{escape(self.summary)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
