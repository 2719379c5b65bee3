"""The facts about this machine that the rules judge. Looks, and judges nothing."""

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDGETS = "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager/package.json"


@dataclass(frozen=True)
class Environment:
    """An environment in plain values; the defaults are a healthy one without a GPU."""

    python: tuple[int, int, int] = (3, 12, 1)
    prefix: str = "/course/.venv"
    """Where the Python that asks is installed: the kernel's, inside a notebook."""
    platform: str = "linux"
    """As in sys.platform: linux, darwin, win32."""
    machine: str = "x86_64"
    root: Path = Path("/course")
    """The clone that `course_utils` is imported from."""
    directory: Path = Path("/course/notebooks")
    clone_here: Path | None = Path("/course")
    """The clone that the working directory lies in."""
    writable: bool = True
    required: Mapping[str, str] = field(default_factory=dict)
    """What the course needs to run on this platform: name → version specifier."""
    locked: Mapping[str, str] = field(default_factory=dict)
    """The lock's versions for this platform."""
    installed: Mapping[str, str] = field(default_factory=dict)
    unreadable: str | None = None
    """Why the lists of packages could not be read."""
    server_prefix: str | None = None
    """Where the JupyterLab that started this kernel is installed."""
    path_prefix: str | None = None
    """Where the `jupyter-lab` that typing the name would start is installed."""
    kernel_prefix: str | None = "/course/.venv"
    """Where the kernel is installed that JupyterLab here calls python3."""
    widgets: bool = True
    """Whether the labextension of ipywidgets is on that JupyterLab's disk."""
    torch_error: str | None = None
    gpu: str | None = None
    capability: tuple[int, int] | None = None
    threads: int | None = 1
    cores: int = 2
    bubblewrap: str | None = "/usr/bin/bwrap"


def describe() -> Environment:
    """The environment that this Python runs in."""
    required, locked, unreadable = _packages()
    server = _server_prefix()
    lab = server or sys.prefix
    torch_facts = _torch()
    return Environment(
        python=sys.version_info[:3],
        prefix=sys.prefix,
        platform=sys.platform,
        machine=platform.machine(),
        root=ROOT,
        directory=Path.cwd(),
        clone_here=_clone(Path.cwd()),
        writable=_is_writable(ROOT),
        required=required,
        locked=locked,
        installed=_installed(),
        unreadable=unreadable,
        server_prefix=server,
        path_prefix=_prefix_of(shutil.which("jupyter-lab")),
        kernel_prefix=_kernel_prefix(),
        widgets=(Path(lab) / WIDGETS).exists(),
        cores=os.cpu_count() or 1,
        bubblewrap=shutil.which("bwrap"),
        **torch_facts,
    )


def _packages() -> tuple[dict[str, str], dict[str, str], str | None]:
    try:
        from course_utils import lockfile

        run, _ = lockfile.declared(ROOT / "pyproject.toml")
        text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
        here = lockfile.default_environment()
        required = {
            lockfile.canonicalize_name(r.name): str(r.specifier)
            for r in run
            if lockfile.applies(r, here)
        }
        locked = {
            name: lockfile.version(entry)
            for name, entry in lockfile.parse(text).items()
            if lockfile.applies(entry, here)
        }
    except (ImportError, OSError, ValueError) as error:
        return {}, {}, str(error)
    return required, locked, None


def _installed() -> dict[str, str]:
    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:  # a half-removed package leaves a folder without one
            name = re.sub(r"[-_.]+", "-", name).lower()
            found.setdefault(name, distribution.version)
    return found


def _is_writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _clone(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        if (folder / "course_utils").is_dir() and (
            folder / "requirements.lock"
        ).exists():
            return folder
    return None


def _prefix_of(program: str | None) -> str | None:
    """bin/jupyter-lab or bin/python, a link or not → the folder that holds bin."""
    if program is None or not os.path.isabs(program):
        return None
    folder = Path(program).parent
    return str(folder.parent if folder.name in ("bin", "Scripts") else folder)


def _server_prefix() -> str | None:
    """From the process that started this kernel; None outside a notebook."""
    parent = os.environ.get("JPY_PARENT_PID")
    if not parent or "ipykernel" not in sys.modules:
        return None
    import psutil  # comes with ipykernel

    try:
        words = psutil.Process(int(parent)).cmdline()
    except (psutil.Error, ValueError):  # gone, or another user's: not known
        return None
    if not words or not Path(words[0]).name.startswith("python"):
        return None  # an editor started the kernel
    return _prefix_of(words[0])


def _kernel_prefix() -> str | None:
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return None
    try:
        words = KernelSpecManager().get_kernel_spec("python3").argv
    except NoSuchKernel:
        return None
    # "python" alone means: the Python that JupyterLab itself runs on.
    return _prefix_of(words[0]) if os.path.isabs(words[0]) else sys.prefix


def _torch() -> dict[str, object]:
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library of torch does not load
        return {"torch_error": str(error).partition("\n")[0], "threads": None}
    facts: dict[str, object] = {"threads": torch.get_num_threads()}
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name(0)
        facts["capability"] = torch.cuda.get_device_capability(0)
    return facts
