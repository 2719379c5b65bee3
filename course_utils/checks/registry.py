"""Where items are found: `course_utils.checks.chapter1`, `chapter2`, …"""

import importlib
import pkgutil
import re

import course_utils.checks
from course_utils.checks.item import Item


def chapters() -> list[str]:
    """The chapters that have exercises, in order: "1", "2", …"""
    names = (
        module.name for module in pkgutil.iter_modules(course_utils.checks.__path__)
    )
    found = (re.fullmatch(r"chapter(\d+)", name) for name in names)
    return sorted((match[1] for match in found if match), key=int)


def items(chapter: str) -> dict[str, Item]:
    """The items of a chapter by id, in order. Raises ValueError for no chapter."""
    if chapter not in chapters():
        raise ValueError(
            f"chapter {chapter!r} has no exercises; expected one of "
            f"{', '.join(chapters())}"
        )
    module = importlib.import_module(f"course_utils.checks.chapter{chapter}")
    return {item.id: item for item in module.ITEMS}


def find(item_id: str) -> Item:
    """The item with this id. Raises ValueError that names the ids there are."""
    chapter = item_id.partition(".")[0]
    known = items(chapter)
    if item_id not in known:
        raise ValueError(f"no item {item_id!r}; expected one of {', '.join(known)}")
    return known[item_id]
