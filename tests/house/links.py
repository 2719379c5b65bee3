"""Links inside the repository: does the file exist, and the heading in it?"""

import json
import re
from pathlib import Path
from urllib.parse import unquote

from course_utils.notebooks import find, source

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("notebooks", "solutions", "exercises", "docs")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")  # also that of an image inside a link
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
ATTRIBUTE = re.compile(r"""<[^>]*\b(?:href|src)\s*=\s*["']([^"']+)""", re.IGNORECASE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
NAMED = re.compile(r"""<[^>]*\b(?:id|name)\s*=\s*["']([^"']+)""", re.IGNORECASE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def pages(root: Path = ROOT) -> list[Path]:
    """The Markdown files and notebooks whose links are followed."""
    folders = [root / place for place in PLACES if (root / place).is_dir()]
    markdown = [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    return sorted(root.glob("*.md")) + markdown + find(folders)


def prose(path: Path) -> str:
    """A page's Markdown, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join(source(c) for c in cells if c["cell_type"] == "markdown")
    return FENCE.sub("", text)


def anchors(path: Path) -> set[str]:
    """The names after # that lead somewhere in a page: on GitHub and in JupyterLab."""
    text = prose(path)
    found = set(NAMED.findall(text))
    for heading in HEADING.findall(text):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        found.add(plain.replace(" ", "-"))
        found.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return found


def complaints(path: Path, root: Path = ROOT) -> list[str]:
    """The links of a page that lead nowhere."""
    text = CODE.sub("", prose(path))
    targets = LINK.findall(text) + REFERENCE.findall(text) + ATTRIBUTE.findall(text)
    found = []
    for target in targets:
        if re.match(r"(https?:|mailto:|attachment:)", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.is_relative_to(root.resolve()) or not goal.exists():
            found.append(f"links to {target}, which is not in the repository")
        elif (
            anchor and goal.suffix in (".md", ".ipynb") and anchor not in anchors(goal)
        ):
            found.append(f"links to {target}, but that page has no heading {anchor!r}")
    return found
