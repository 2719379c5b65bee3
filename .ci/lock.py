"""Write requirements.lock from pyproject.toml: `make lock`, on Linux with Python 3.11.

pip resolves everything on this machine without installing it. The metadata it reports
is then followed for Windows and macOS too, and what only they need is added with a
marker. Python 3.11 is the oldest one served, so what it resolves also runs on newer
ones; that each has a wheel of every package is looked up at the end. Standard library
and `packaging` only.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from course_utils import lockfile  # noqa: E402  (the checkout, installed or not)

# The kernels are measured with the Triton that this torch brings: raise both together.
HELD = ["torch==2.13.0", "triton==3.7.1"]
OLDEST = "3.11.0"  # Debian 12 has 3.11.2; some packages ask for 3.11.5
TAGS = {
    "linux": [f"manylinux_2_{n}_x86_64" for n in (5, 12, 17, 24, 26, 27, 28)]
    + ["manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64"],
    "darwin": ["macosx_14_0_arm64"],
    "win32": ["win_amd64"],
}
HEADER = """\
# One version of everything the course installs. Made by `make lock`; not edited.
#
#   python -m pip install -r requirements.lock && python -m pip install --no-deps -e .
#
# It serves pip on Linux, macOS (Apple silicon) and Windows with Python 3.11 to 3.13.
# `make lock` lets pip resolve pyproject.toml (dependencies, the extra `dev`, the build
# backend) with Python 3.11 on Linux, follows the metadata for macOS and Windows, and
# adds what only they need behind a marker.
#
# Torch's own CUDA packages (nvidia-*, cuda-*) are left out on purpose: torch for Linux
# asks for them itself, with exact versions, and its CPU build and the builds for macOS
# and Windows do not. For the small CPU build on Linux, name PyTorch's CPU index in
# PIP_EXTRA_INDEX_URL before installing: its 2.13.0+cpu is what torch==2.13.0 prefers.
"""


def report(*arguments: str) -> list[dict]:
    """What pip would install: the metadata of each package."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
        command += ["--ignore-installed", "--report", str(path), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"pip could not resolve {arguments}:\n{done.stderr}")
        install = json.loads(path.read_text())["install"]
    return [
        {**item["metadata"], "url": item["download_info"]["url"]} for item in install
    ]


def elsewhere(names: list[str], platform: str, python: str = OLDEST) -> list[dict]:
    """What pip would install on another platform or Python: wheels, no dependencies."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--no-deps", "--target", folder, "--only-binary", ":all:"]
        arguments += [f"--platform={tag}" for tag in TAGS[platform]]
        return report(*arguments, "--python-version", python, *names)


def resolve(roots: list[Requirement]) -> dict[str, dict]:
    """All packages for this machine, none of which refuses the oldest Python."""
    held = list(HELD)
    while True:
        items = report(*(str(root) for root in roots), *held)
        refusing = [
            item["name"]
            for item in items
            if not SpecifierSet(item.get("requires_python", "")).contains(OLDEST)
        ]
        if not refusing:
            return {canonicalize_name(item["name"]): item for item in items}
        older = elsewhere(refusing, "linux")
        held += [f"{item['name']}=={item['version']}" for item in older]


def marker(name: str, platforms: set[str], roots: list[Requirement]) -> str:
    """The marker of a line: pyproject's own, else the platforms that need it."""
    for root in roots:
        if canonicalize_name(root.name) == name and root.marker:
            return f" ; {root.marker}"
    if platforms == set(lockfile.PLATFORMS):
        return ""
    if len(platforms) == 1:
        return f' ; sys_platform == "{platforms.pop()}"'
    return f' ; sys_platform != "{(set(lockfile.PLATFORMS) - platforms).pop()}"'


def check_wheels(text: str, sources: set[str]) -> None:
    """Stop where a pinned version has no wheel for a platform and Python served.

    `sources` are published as source only, on every platform; pip builds them.
    """
    entries = lockfile.parse(text)
    for (platform, python), environment in lockfile.environments().items():
        pins = [
            f"{name}=={lockfile.version(entry)}"
            for name, entry in entries.items()
            if name not in sources and lockfile.applies(entry, environment)
        ]
        elsewhere(pins, platform, python)
        print(f"{platform}, Python {python}: a wheel of each of {len(pins)} packages")
    print("built from source everywhere:", ", ".join(sorted(sources)) or "none")


def main() -> None:
    """Resolve, follow the other platforms, write."""
    if sys.version_info[:2] != (3, 11) or sys.platform != "linux":
        raise SystemExit(
            "The lock is made with Python 3.11 on Linux, so that it serves all others; "
            f"this is {sys.version.split()[0]} on {sys.platform}."
        )
    run, develop = lockfile.declared(ROOT / "pyproject.toml")
    roots = run + develop
    packages = resolve(roots)
    places: dict[str, set[str]] = {}
    missing = True
    while missing:  # a package of another platform may bring more of its own
        missing = {}
        places.clear()
        lines = {n: p.get("requires_dist", []) for n, p in packages.items()}
        for (platform, _), environment in lockfile.environments().items():
            for name in lockfile.closure(roots, lines, environment):
                places.setdefault(name, set()).add(platform)
                if name not in packages:
                    missing[name] = platform
        for name, platform in missing.items():
            packages[name] = elsewhere([name], platform)[0]
    pins = [
        f"{name}=={Version(packages[name]['version']).public}"
        f"{marker(name, places[name], roots)}"
        for name in sorted(places)
    ]
    text = HEADER + "\n" + "\n".join(pins) + "\n"
    lines = {n: p.get("requires_dist", []) for n, p in packages.items()}
    if wrong := lockfile.complaints(lockfile.parse(text), roots, lines):
        raise SystemExit("The lock would not hold:\n" + "\n".join(wrong))
    sources = {n for n, p in packages.items() if not p["url"].endswith(".whl")}
    check_wheels(text, sources)
    (ROOT / "requirements.lock").write_text(text, encoding="utf-8", newline="\n")
    print(f"requirements.lock: {len(pins)} packages. Now: make test")


if __name__ == "__main__":
    main()
