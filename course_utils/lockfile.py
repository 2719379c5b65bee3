"""Read requirements.lock, and say whether it is complete on every platform.

The lock pins one version of everything that the course installs, with a marker where
a package belongs to one platform only. It is read by `course doctor`, by the script
that writes it, and by the test that proves it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "linux": {"platform_system": "Linux", "os_name": "posix"},
    "darwin": {"platform_system": "Darwin", "os_name": "posix"},
    "win32": {"platform_system": "Windows", "os_name": "nt"},
}
MACHINES = {"linux": "x86_64", "darwin": "arm64", "win32": "AMD64"}
# Torch for Linux names its own CUDA packages, exactly pinned, and only where its build
# needs them. In the lock they would be forced on machines without an NVIDIA GPU.
BROUGHT_BY_TORCH = ("nvidia-", "cuda-")


def parse(text: str) -> dict[str, Requirement]:
    """The lock's entries by canonical name; ValueError names a line that is no pin."""
    entries: dict[str, Requirement] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        try:
            entry = Requirement(line)
        except InvalidRequirement as error:
            raise ValueError(f"requirements.lock line {number}: {error}") from error
        pins = [(pin.operator, "*" in pin.version) for pin in entry.specifier]
        if pins != [("==", False)]:
            raise ValueError(
                f"requirements.lock line {number}: expected name==version, got {line!r}"
            )
        name = canonicalize_name(entry.name)
        if name in entries:
            raise ValueError(f"requirements.lock line {number}: {name} stands twice")
        entries[name] = entry
    return entries


def version(entry: Requirement) -> str:
    """The version that a line of the lock pins."""
    return next(iter(entry.specifier)).version


def declared(pyproject: Path) -> tuple[list[Requirement], list[Requirement]]:
    """What pyproject.toml asks for: to run, and to build and develop."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    extras = table["project"]["optional-dependencies"]["dev"]
    run = [Requirement(line) for line in table["project"]["dependencies"]]
    develop = [*extras, *table["build-system"]["requires"]]
    return run, [Requirement(line) for line in develop]


def environments() -> dict[tuple[str, str], dict[str, str]]:
    """Marker environments of every platform and Python that the lock serves."""
    found = {}
    for platform, facts in PLATFORMS.items():
        for python in PYTHONS:
            found[platform, python] = {
                **default_environment(),
                **facts,
                "sys_platform": platform,
                "platform_machine": MACHINES[platform],
                "python_version": python,
                "python_full_version": f"{python}.9",
            }
    return found


def applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    """Whether a requirement (outside any extra) counts in this environment."""
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": ""})


def closure(
    roots: list[Requirement],
    metadata: Mapping[str, list[str]],
    environment: Mapping[str, str],
) -> dict[str, list[tuple[Requirement, str]]]:
    """All packages needed here: name → the requirements that ask, and who asks.

    `metadata` maps canonical names to their `Requires-Dist` lines. A package without
    metadata is listed, and not followed further.
    """
    wanted: dict[str, list[tuple[Requirement, str]]] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(r, "pyproject.toml") for r in roots if applies(r, environment)]
    while queue:
        requirement, parent = queue.pop()
        name = canonicalize_name(requirement.name)
        if parent == "torch" and name.startswith(BROUGHT_BY_TORCH):
            continue
        wanted.setdefault(name, []).append((requirement, parent))
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in metadata.get(name, []):
                child = Requirement(line)
                if child.marker is None or child.marker.evaluate(
                    {**environment, "extra": extra}
                ):
                    queue.append((child, name))
    return wanted


def complaints(
    entries: Mapping[str, Requirement],
    roots: list[Requirement],
    metadata: Mapping[str, list[str]],
) -> list[str]:
    """What the lock lacks or contradicts on any platform, one sentence each."""
    found = set()
    for (platform, _), environment in environments().items():
        for name, asked in closure(roots, metadata, environment).items():
            entry = entries.get(name)
            for requirement, parent in asked:
                if entry is None or not applies(entry, environment):
                    found.add(f"{name}, needed by {parent} on {platform}, is not in it")
                elif not requirement.specifier.contains(version(entry), True):
                    found.add(
                        f"{name} is {version(entry)}, but {parent} asks for "
                        f"{requirement.specifier}"
                    )
    return sorted(found)
