"""The learner's own copies of the exercises, in `my/`; never overwritten."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from course_utils import store
from course_utils.checks import say
from course_utils.notebooks import find


def start(argv: list[str]) -> int:
    """`course start [CHAPTER …]`: copy what is not there yet, and say so.

    Returns 1 where a chapter has no exercises or the folder cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="course start", description="Copy the exercises of a chapter into my/."
    )
    parser.add_argument("chapter", nargs="*", help="all chapters unless named")
    chosen = parser.parse_args(argv).chapter
    folders = _folders(store.root() / "exercises")
    unknown = [chapter for chapter in chosen if chapter not in folders]
    if unknown:
        print(say.no_exercises(unknown[0], folders))
        return 1
    try:
        for chapter in chosen or folders:
            for source in find(sorted(folders[chapter].glob("*.ipynb"))):
                _copy(source, store.folder() / folders[chapter].name / source.name)
    except OSError as error:
        print(f"{store.folder()} cannot be written: {error.strerror}.")
        return 1
    return 0


def _folders(exercises: Path) -> dict[str, Path]:
    """Folders such as 1_additive_attention by their chapter, in order."""
    found = {
        folder.name.partition("_")[0]: folder
        for folder in exercises.glob("*_*")
        if folder.is_dir() and not folder.name.startswith(".")
    }
    return dict(sorted(found.items(), key=lambda pair: (len(pair[0]), pair[0])))


def _copy(source: Path, target: Path) -> None:
    """Copy unless there is something already; whole or not at all."""
    if os.path.lexists(target):
        print(f"kept    {target}")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    os.close(handle)
    try:
        shutil.copyfile(source, temporary)
        os.chmod(temporary, 0o644)  # a learner may write, whatever the clone allows
        os.rename(temporary, target)
    except OSError:
        os.unlink(temporary)
        raise
    print(f"copied  {target}")
