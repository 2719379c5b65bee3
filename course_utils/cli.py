"""The command `course`: a table of sub-commands, each imported only when called."""

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """One sub-command: where its function stands, and one line of help.

    The function takes the arguments after the name as a list and returns an exit code.
    """

    target: str
    help: str


COMMANDS = {
    "claims": Command(
        "course_utils.teaching.claims:print_table",
        "print every claim of the course with its verdict",
    ),
    "doctor": Command(
        "course_utils.doctor:command",
        "say what is wrong with this environment, and what to do",
    ),
    "exercises": Command(
        "course_utils.grading.builder:command",
        "generate exercises/ from solutions/ (--check: prove that they are current)",
    ),
    "progress": Command(
        "course_utils.checks.progress:progress_command",
        "show the points earned so far",
    ),
    "start": Command(
        "course_utils.checks.progress:start_command",
        "copy the exercises of a chapter into my/, never over your work",
    ),
    "tidy": Command(
        "course_utils.notebooks:command",
        "rewrite notebooks without outputs, formatted (--check: only name them)",
    ),
}


def usage() -> str:
    """The list of sub-commands."""
    lines = [f"  {name:10} {command.help}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: course COMMAND [ARGUMENT ...]", "", *lines])


def load(name: str):
    """The function of a sub-command."""
    module, _, function = COMMANDS[name].target.partition(":")
    return getattr(importlib.import_module(module), function)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command. Exit code 2 where the command line is not understood."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    name = arguments.pop(0)
    if name not in COMMANDS:
        known = ", ".join(COMMANDS)
        print(
            f"course: there is no command {name!r}; there are {known}.", file=sys.stderr
        )
        return 2
    try:
        return load(name)(arguments)
    except SystemExit as error:  # argparse, which has said what it did not understand
        return error.code if isinstance(error.code, int) else 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
