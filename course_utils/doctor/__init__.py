"""What is wrong with an environment, and what to do: `course doctor` and lesson 0.

`description` looks at the machine and writes down plain facts; `rules` turns facts into
findings, and never looks itself, so that every fault can be told in a test.
"""

import argparse
from collections.abc import Sequence

from course_utils.doctor.description import Environment, describe
from course_utils.doctor.report import Finding, Report
from course_utils.doctor.rules import RULES

__all__ = ["Environment", "Finding", "Report", "command", "describe", "examine"]


def examine(environment: Environment | None = None) -> Report:
    """All findings about this environment, or about one that is described."""
    facts = describe() if environment is None else environment
    return Report([rule(facts) for rule in RULES])


def command(argv: Sequence[str]) -> int:
    """`course doctor`: one screen; exit code 1 only where there is a problem."""
    parser = argparse.ArgumentParser(prog="course doctor", description=command.__doc__)
    parser.parse_args(argv)
    report = examine()
    print(report)
    return 1 if report.problems else 0
