"""Where a learner's own things live: the folder `my/` of the course.

Predictions and progress are small JSON files there. They are written atomically,
so that a crash leaves the old file, and nothing outside `my/` is touched.
"""

import json
import os
import tempfile
from pathlib import Path

_unwritable: dict[str, object] = {}  # kept for this session only


def root() -> Path:
    """The course's folder: the checkout, else the folder the learner works in."""
    checkout = Path(__file__).resolve().parents[1]
    return checkout if (checkout / "pyproject.toml").exists() else Path.cwd()


def folder() -> Path:
    """The learner's folder: `my/` in the course, or what COURSE_MY names."""
    return Path(os.environ.get("COURSE_MY") or root() / "my")


def read(name: str) -> dict:
    """What was stored under `name`; empty where nothing was.

    A file that is no JSON object is set aside under another name, not lost.
    """
    if name in _unwritable:
        return _unwritable[name]
    path = folder() / f"{name}.json"
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    aside = path.with_name(f"{path.stem}.broken-{os.getpid()}.json")
    path.rename(aside)
    print(f"{path} could not be read. It is kept as {aside.name}; a new one starts.")
    return {}


def write(name: str, content: dict) -> None:
    """Store `content` under `name`; in memory only where the disk refuses."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    path = folder() / f"{name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(temporary, path)
    except OSError as error:
        if name not in _unwritable:
            print(
                f"{path} cannot be written ({error.strerror}). Your {name} are kept "
                "until this kernel stops."
            )
        _unwritable[name] = content
    else:
        _unwritable.pop(name, None)
