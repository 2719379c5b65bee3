"""Sentences for names that do not exist; without torch, for the command line."""

import re
from collections.abc import Iterable


def no_exercises(chapter: str, known: Iterable[str]) -> str:
    """That a chapter has none, and which have."""
    known = list(known)
    have = (
        "no chapter has any"
        if not known
        else f"only chapter {known[0]} has"
        if len(known) == 1
        else f"chapters {', '.join(known[:-1])} and {known[-1]} have"
    )
    return f"Chapter {chapter} has no exercises; {have}."


def no_item(given: object, known: Iterable[str]) -> str:
    """That there is no such exercise, and what was probably meant."""
    known = list(known)
    number = re.search(r"(\d+)\W*$", str(given))
    meant = [id for id in known if number and id.endswith(f".q{number[1]}")]
    chapter = re.match(r"\s*(\d+)\.", str(given))
    if chapter:
        meant = [id for id in meant if id.startswith(f"{chapter[1]}.")]
    if meant:
        names = " or ".join(f'"{id}"' for id in meant)
        return f"There is no exercise {given!r}. Write its chapter as well: {names}."
    there = f"they go from {known[0]} to {known[-1]}" if known else "there are none"
    return f"There is no exercise {given!r}; {there}."
