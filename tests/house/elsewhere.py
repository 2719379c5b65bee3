"""Nothing is fetched from elsewhere: no remote part of a page, no call that downloads.

A plain link in prose is allowed: it fetches nothing until a reader follows it.
"""

import json
import re
from pathlib import Path

from course_utils.notebooks import source

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("notebooks", "solutions", "exercises", "course_utils", "docs", "README.md")
KINDS = (".py", ".ipynb", ".md", ".toml", ".html", ".css", ".js", ".yml")
REMOTE = r"""["'(<]?\s*(?:https?:)?//"""
FETCHES = {
    "a remote image": (rf"!\[[^\]]*\]\({REMOTE}", rf"<img[^>]+src\s*=\s*{REMOTE}"),
    "a remote script": (rf"<(?:script|iframe|embed|source)[^>]+src\s*=\s*{REMOTE}",),
    "a remote style or font": (
        rf"<link[^>]+href\s*=\s*{REMOTE}",
        rf"@import\s+(?:url)?{REMOTE}",
        rf"\burl\({REMOTE}",
    ),
    "a download": (
        r"\b(?:urlopen|urlretrieve|hf_hub_download|snapshot_download)\s*\(",
        r"\b(?:load_state_dict_from_url|load_dataset|fetch_openml)\s*\(",
        r"\bfrom_pretrained\s*\(|\btorch\.hub\b|\bdownload\s*=\s*True\b",
        r"\brequests\.(?:get|post|put|head|request|Session)\b|\bhttpx\.",
        r"\b(?:import|from)\s+(?:requests|httpx|urllib3|ftplib)\b",
        r"\b(?:import|from)\s+(?:urllib\.request|http\.client)\b",
        r"\bfrom\s+urllib\s+import\s+request\b",
    ),
    "a command that downloads": (r"^\s*[!%]\s*(?:pip|conda|curl|wget|git|npm)\b",),
}
PATTERNS = {
    name: re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)
    for name, parts in FETCHES.items()
}


def files(root: Path = ROOT) -> list[Path]:
    """The files that a learner's machine runs or shows."""
    found = []
    for place in PLACES:
        path = root / place
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [p for p in inside if p.suffix in KINDS and p.is_file()]
    return [p for p in found if ".ipynb_checkpoints" not in p.parts]


def complaints(path: Path) -> list[str]:
    """What this file would fetch."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(source(cell) for cell in json.loads(text)["cells"])
    return [
        f"fetches from elsewhere: {name}, {match.group(0).strip()!r}"
        for name, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    ]
