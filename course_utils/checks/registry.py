"""Where items are found: `course_utils.checks.chapter1`, `chapter2`, …"""

import importlib
import pkgutil
import re

import course_utils.checks
from course_utils.checks import say
from course_utils.checks.item import Item


class NoItemError(ValueError):
    """There is no such exercise; the text says which was probably meant."""


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
        raise ValueError(say.no_exercises(chapter, chapters()))
    module = importlib.import_module(f"course_utils.checks.chapter{chapter}")
    return {item.id: item for item in module.ITEMS}


def find(item_id: str) -> Item:
    """The item with this id. Raises NoItemError."""
    chapter = str(item_id).partition(".")[0]
    if chapter in chapters() and item_id in items(chapter):
        return items(chapter)[item_id]
    raise NoItemError(say.no_item(item_id, [id for c in chapters() for id in items(c)]))
