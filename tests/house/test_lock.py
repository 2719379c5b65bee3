"""The lock holds on every platform, as far as installed packages' metadata tells."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils import lockfile
from tests.house.lessons import ROOT

TEXT = (ROOT / "requirements.lock").read_text(encoding="utf-8")
RUN, DEVELOP = lockfile.declared(ROOT / "pyproject.toml")
INSTALLED = {
    canonicalize_name(d.metadata["Name"]): d.requires or []
    for d in metadata.distributions()
}


def complaints(text):
    return lockfile.complaints(lockfile.parse(text), RUN + DEVELOP, INSTALLED)


def without(name):
    """The lock with one line taken out."""
    changed, count = re.subn(rf"^{name}==.*\n", "", TEXT, flags=re.MULTILINE)
    assert count == 1
    return changed


def test_the_lock_satisfies_pyproject_on_every_platform():
    assert len(INSTALLED) > 100  # else there is nothing to follow
    assert complaints(TEXT) == []


@pytest.mark.parametrize(
    ("name", "asked_by"),
    [
        ("torch", "pyproject.toml on linux"),
        ("pytest-xdist", "pyproject.toml on win32"),
        ("setuptools", "pyproject.toml on darwin"),
        ("tornado", "jupyterlab on linux"),
        ("colorama", "pytest on win32"),
        ("pywinpty", "terminado on win32"),
        ("appnope", "ipykernel on darwin"),
        ("pexpect", "ipython on linux"),
    ],
)
def test_a_line_taken_out_is_missed(name, asked_by):
    assert f"{name}, needed by {asked_by}, is not in it" in complaints(without(name))


def test_a_version_that_nobody_accepts_is_found():
    old = re.sub(r"^numpy==.*$", "numpy==1.26.4", TEXT, flags=re.MULTILINE)
    assert "numpy is 1.26.4, but pyproject.toml asks for >=2.0" in complaints(old)


def test_a_marker_for_the_wrong_platform_is_found():
    wrong = TEXT.replace(
        'ptyprocess==0.7.0 ; sys_platform != "win32"',
        'ptyprocess==0.7.0 ; sys_platform == "win32"',
    )
    assert wrong != TEXT
    found = complaints(wrong)
    assert "ptyprocess, needed by pexpect on linux, is not in it" in found


def test_torch_s_cuda_packages_stay_out_and_nothing_else_does():
    entries = lockfile.parse(TEXT)
    assert not [name for name in entries if name.startswith(lockfile.BROUGHT_BY_TORCH)]
    brings = ['nvidia-nccl==1; platform_system == "Linux"', "cuda-toolkit[x]==1", "new"]
    linux = lockfile.environments()["linux", "3.12"]
    wanted = lockfile.closure([Requirement("torch")], {"torch": brings}, linux)
    assert set(wanted) == {"torch", "new"}


def test_torch_and_triton_are_the_pair_that_was_measured():
    entries = lockfile.parse(TEXT)
    assert str(entries["torch"]) == "torch==2.13.0"
    assert lockfile.version(entries["triton"]) == "3.7.1"
    places = {
        platform
        for (platform, _), environment in lockfile.environments().items()
        if lockfile.applies(entries["triton"], environment)
    }
    assert places == {"linux"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("torch>=2.0", "expected name==version"),
        ("torch", "expected name==version"),
        ("torch==2.*", "expected name==version"),
        ("torch==2.0,!=2.1", "expected name==version"),
        ("--index-url https://a.org", "line 2"),
        ("six==1.0\nSix==1.1", "line 3: six stands twice"),
    ],
)
def test_a_line_that_pins_nothing_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        lockfile.parse("# header\n" + text + "\n")


def test_conda_installs_the_same_lock():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- --requirement requirements.lock" in text
    assert "- --editable ." in text
    assert re.findall(r"^  - (\S+)", text, re.MULTILINE) == [
        "conda-forge",
        "python=3.12",
        "pip",
        "pip:",
    ]
