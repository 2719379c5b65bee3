"""The package and the front page: short files, cheap imports, commands that exist."""

import re
import subprocess
import sys

from course_utils.cli import COMMANDS
from tests.house import links
from tests.house.copies import lesson
from tests.house.lessons import ROOT

FILE_LINES = 250
HEAVY = ("torch", "triton", "matplotlib", "ipywidgets", "numpy", "IPython")
TOP = {
    "notebooks",
    "course_utils",
    "exercises",
    "solutions",
    "tests",
    "docs",
    "benchmarks",
    "environment.yml",
    "pyproject.toml",
    "requirements.lock",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    ".ci",
    ".git",
    ".gitattributes",
    ".gitignore",
}


# the package --------------------------------------------------------------------------


def too_long(folder):
    """Modules that a reader would have to scroll through."""
    return [
        f"{path.relative_to(folder)}: {count} lines"
        for path in sorted(folder.rglob("*.py"))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    ]


def test_files_of_the_package_are_short(tmp_path):
    assert not too_long(ROOT / "course_utils")
    (tmp_path / "long.py").write_text("x = 1\n" * (FILE_LINES + 1))
    (tmp_path / "short.py").write_text("x = 1\n" * FILE_LINES)
    assert too_long(tmp_path) == [f"long.py: {FILE_LINES + 1} lines"]


def imported_by(module, folder=ROOT):
    """The heavy packages that importing this module brings along."""
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {module}; "
    code += f"print(*[name for name in {HEAVY} if name in sys.modules])"
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_cost(tmp_path):
    assert imported_by("course_utils") == set()
    assert imported_by("course_utils.cli") == set()
    assert imported_by("course_utils.notebooks") == set()
    attention = imported_by("course_utils.attention")
    assert attention <= {"torch", "numpy"}  # torch itself brings numpy
    package = tmp_path / "course_utils"
    package.mkdir()
    (package / "__init__.py").write_text("import numpy\n")
    assert imported_by("course_utils", tmp_path) == {"numpy"}


# the front page -----------------------------------------------------------------------


def targets(makefile):
    """The targets of a Makefile that have a line of help."""
    return set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE))


def unknown_commands(page, makefile):
    """`make x` and `course x` in a page that do not exist."""
    made = set(re.findall(r"(?:`|^\s*)make ([a-z]+)\b", page, re.MULTILINE))
    called = set(re.findall(r"(?:`|^\s*)course ([a-z]+)\b", page, re.MULTILINE))
    return (made - targets(makefile)) | (called - set(COMMANDS))


def missing_chapters(page, root):
    """Chapter folders that a page names and the clone lacks, or holds empty."""
    named = set(re.findall(r"notebooks/(\d\w*)", page))
    folders = {name for name in named if not name.startswith("0_")}
    return {
        name for name in folders if not any((root / "notebooks" / name).glob("*.ipynb"))
    }


def unnamed_chapters(page, root):
    """Chapter folders that the map of the chapters leaves out."""
    folders = [
        path.name for path in (root / "notebooks").glob("[0-9]_*") if path.is_dir()
    ]
    return {name for name in folders if f"notebooks/{name}" not in page}


def test_the_commands_in_the_pages_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in links.pages():
        if page.suffix == ".md":
            text = page.read_text(encoding="utf-8")
            assert not unknown_commands(text, makefile), page
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\bmake lab\b", readme)
    assert re.search(r"\bmake test\b", readme)


def test_make_alone_prints_a_line_for_each_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    assert targets(makefile) >= {"lab", "test", "exercises", "check", "bench"}
    for target in targets(makefile):
        assert re.search(rf"^  make {target} +\w", said, re.MULTILINE), target


def test_unknown_commands_are_found():
    makefile = "lab:  ## open\nhidden:\n"
    assert unknown_commands("`make lab`\n    course doctor\n", makefile) == set()
    page = "`make hidden`\nmake coffee\n`course coffe`"
    assert unknown_commands(page, makefile) == {"hidden", "coffee", "coffe"}


def test_the_chapters_in_the_readme_are_there(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not missing_chapters(readme, ROOT)
    assert not unnamed_chapters(readme, ROOT)
    lesson(tmp_path)
    (tmp_path / "notebooks" / "2_empty").mkdir()
    page = "[1](notebooks/1_x) and notebooks/2_empty and notebooks/3_gone/3.1.ipynb"
    assert missing_chapters(page, tmp_path) == {"2_empty", "3_gone"}
    assert unnamed_chapters("notebooks/1_x", tmp_path) == {"2_empty"}


def test_the_top_level_holds_what_the_design_says():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    present = {
        path.name
        for path in ROOT.iterdir()
        if not any(path.match(pattern.rstrip("/")) for pattern in ignored)
    }
    assert present <= TOP, present - TOP
