"""The learner's best results, kept in `my/progress.json`; `course progress`."""

import argparse

from course_utils import store
from course_utils.checks import say

NAME = "progress"


def record(item_id: str, points: float) -> None:
    """Count an attempt and keep the best points."""
    progress = store.read(NAME)
    best, attempts = _entry(progress, item_id)
    progress[item_id] = {"attempts": attempts + 1, "best": max(best, points)}
    store.write(NAME, progress)


def table(chapter: str, progress: dict) -> list[str]:
    """The chapter's items, one line each, and their sum."""
    from course_utils.checks.registry import items

    chosen = items(chapter).values()
    width = max(len(item.title) for item in chosen)
    lines = [f"{'item':6}  {'title':{width}}  {'kind':9}  {'best':>9}  tries"]
    total = 0.0
    for item in chosen:
        best, attempts = _entry(progress, item.id)
        total += min(best, item.points)
        shown = f"{min(best, item.points):g} of {item.points:g}"
        if item.rubric:
            shown = f"person, {item.points:g}"
        lines.append(
            f"{item.id:6}  {item.title:{width}}  {item.kind:9}  {shown:>9}  "
            f"{attempts or '–':>5}"
        )
    possible = sum(item.points for item in chosen if not item.rubric)
    lines.append(f"chapter {chapter}: {total:g} of {possible:g} points checked")
    return lines


def progress_command(argv: list[str]) -> int:
    """`course progress [CHAPTER …]`: best points and tries of every item."""
    from course_utils.checks.registry import chapters

    parser = argparse.ArgumentParser(prog="course progress", description=__doc__)
    parser.add_argument("chapter", nargs="*", help="all chapters unless named")
    wanted = parser.parse_args(argv).chapter or chapters()
    unknown = [chapter for chapter in wanted if chapter not in chapters()]
    if unknown:
        print(say.no_exercises(unknown[0], chapters()))
        return 1
    progress = store.read(NAME)
    print("\n\n".join("\n".join(table(chapter, progress)) for chapter in wanted))
    return 0


def start_command(argv: list[str]) -> int:
    """`course start [CHAPTER …]`: the learner's own copies of the exercises."""
    from course_utils.checks.copies import start

    return start(argv)


def _entry(progress: dict, item_id: str) -> tuple[float, int]:
    """Best points and attempts; zeros where nothing usable was stored."""
    entry = progress.get(item_id)
    entry = entry if isinstance(entry, dict) else {}
    best, attempts = entry.get("best"), entry.get("attempts")
    return (
        best if isinstance(best, int | float) else 0,
        attempts if isinstance(attempts, int) else 0,
    )
