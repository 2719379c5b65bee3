"""What follows from the facts about an environment. Pure functions, one row each."""

import os.path

from course_utils.doctor.description import Environment
from course_utils.doctor.report import Finding

RESTORE = "run `make lab`, which installs what the lock says"


def _same(a: str, b: str) -> bool:
    return os.path.realpath(a) == os.path.realpath(b)


def python(env: Environment) -> Finding:
    """Old enough to be tested, new enough to run."""
    found = ".".join(map(str, env.python)) + f" in {env.prefix}"
    if env.python < (3, 11):
        advice = "install Python 3.11, 3.12 or 3.13, then `make lab PYTHON=…`"
        return Finding("problem", "Python", found, advice)
    if env.python >= (3, 14):
        advice = "the lock is tested with 3.11 to 3.13; `make lab PYTHON=…` chooses one"
        return Finding("note", "Python", found, advice)
    return Finding("ok", "Python", found)


def packages(env: Environment) -> Finding:
    """Everything there, and in the lock's versions."""
    if env.unreadable:
        found = f"the lock could not be compared: {env.unreadable}"
        return Finding("problem", "packages", found, RESTORE)
    from packaging.specifiers import SpecifierSet  # there, or the lock were unreadable

    # Triton has a row of its own: nearly everything runs without it.
    missing = {name for name in env.required if name not in env.installed} - {"triton"}
    if missing:
        return Finding(
            "problem", "packages", f"missing: {_few(sorted(missing))}", RESTORE
        )
    too_old = [
        f"{name} {env.installed[name]} (needs {needs})"
        for name, needs in env.required.items()
        if name in env.installed
        and not SpecifierSet(needs).contains(env.installed[name], prereleases=True)
    ]
    if too_old:
        return Finding("problem", "packages", _few(too_old), RESTORE)
    absent = [name for name in env.locked if name not in env.installed]
    other = [
        f"{name} {env.installed[name]} (lock: {version})"
        for name, version in env.locked.items()
        if name in env.installed and env.installed[name].partition("+")[0] != version
    ]
    if absent or other:
        found = _few(other + [f"{name} missing" for name in absent])
        advice = f"an older lock, or another way of installing; to change it, {RESTORE}"
        return Finding("note", "packages", found, advice)
    return Finding("ok", "packages", f"all {len(env.locked)} as in requirements.lock")


def _few(names: list[str], limit: int = 3) -> str:
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest


def kernel(env: Environment) -> Finding:
    """JupyterLab and its kernel in one environment; else widgets stay blank."""
    if "jupyterlab" not in env.installed and env.server_prefix is None:
        return Finding("problem", "JupyterLab", "not installed here", RESTORE)
    if env.server_prefix and not _same(env.server_prefix, env.prefix):
        found = f"JupyterLab is in {env.server_prefix}, the kernel in {env.prefix}"
        advice = "sliders may stay blank: close this JupyterLab, start `make lab`"
        return Finding("problem", "JupyterLab", found, advice)
    if env.kernel_prefix is None:
        found = "there is no kernel named python3"
        return Finding("problem", "JupyterLab", found, RESTORE)
    if not _same(env.kernel_prefix, env.prefix):
        found = f"the kernel python3 is in {env.kernel_prefix}, not in {env.prefix}"
        advice = "another kernel hides ours: `jupyter kernelspec remove python3`"
        return Finding("problem", "JupyterLab", found, advice)
    if env.path_prefix and not _same(env.path_prefix, env.prefix):
        found = f"typing `jupyter lab` starts the one in {env.path_prefix}"
        return Finding("note", "JupyterLab", found, "start it with `make lab` instead")
    return Finding("ok", "JupyterLab", "it and its kernel share one environment")


def widgets(env: Environment) -> Finding:
    """The half of ipywidgets that lives in JupyterLab."""
    if env.widgets:
        return Finding("ok", "sliders", "the widgets extension is on disk")
    found = "JupyterLab lacks the widgets extension (jupyterlab-widgets)"
    return Finding(
        "problem", "sliders", found, f"explorers stay still pictures; {RESTORE}"
    )


def torch(env: Environment) -> Finding:
    """PyTorch loads, with how many threads."""
    if env.torch_error is not None:
        found = f"it does not load: {env.torch_error}"
        return Finding("problem", "PyTorch", found, RESTORE)
    found = f"{env.installed.get('torch', 'loads')}, {env.threads} of {env.cores} cores"
    return Finding("ok", "PyTorch", found + " (lessons use one)")


def gpu(env: Environment) -> Finding:
    """None is fine; an old one is fine too."""
    if env.torch_error is not None:
        return Finding("note", "GPU", "not known while PyTorch does not load")
    if env.gpu is None:
        found = "no NVIDIA GPU; every lesson runs without one"
        return Finding("ok", "GPU", found)
    if env.capability is not None and env.capability < (8, 0):
        found = f"{env.gpu}, compute capability {'.'.join(map(str, env.capability))}"
        advice = "the Triton kernels need 8.0; PyTorch's own attention is used instead"
        return Finding("note", "GPU", found, advice)
    return Finding("ok", "GPU", env.gpu)


def triton(env: Environment) -> Finding:
    """Published for Linux only."""
    if "triton" in env.installed:
        return Finding("ok", "Triton", env.installed["triton"])
    if env.platform != "linux" or env.machine != "x86_64":
        found = "absent, as expected: it is published for Linux on x86-64 here"
        advice = "PyTorch takes its place; only lesson 4.4's kernels are read, not run"
        return Finding("ok", "Triton", found, advice)
    advice = f"everything but lesson 4.4 runs without; to have it, {RESTORE}"
    return Finding("note", "Triton", "absent", advice)


def bubblewrap(env: Environment) -> Finding:
    """Seals the code of a class while it is graded; a learner never needs it."""
    if env.bubblewrap:
        return Finding("ok", "bubblewrap", env.bubblewrap)
    found = "absent; learners do not need it"
    advice = "to grade a class's notebooks, install it on Linux (package bubblewrap)"
    return Finding("note", "bubblewrap", found, advice)


def clone(env: Environment) -> Finding:
    """Answers and progress are kept in my/ of the clone."""
    if env.writable:
        return Finding("ok", "clone", f"{env.root} can be written to")
    advice = "copy it to a folder of your own, or your answers are not kept"
    return Finding("problem", "clone", f"{env.root} is read-only", advice)


def directory(env: Environment) -> Finding:
    """Working in one clone with the package of another is a puzzle; say so."""
    if env.clone_here is None:
        found = f"{env.directory}, outside the course"
        advice = f"lessons run from here too; links between them start in {env.root}"
        return Finding("note", "folder", found, advice)
    if not _same(str(env.clone_here), str(env.root)):
        found = f"you work in {env.clone_here}, the package comes from {env.root}"
        advice = f"run `make lab` in {env.clone_here}"
        return Finding("problem", "folder", found, advice)
    return Finding("ok", "folder", str(env.directory))


RULES = (
    python,
    packages,
    kernel,
    widgets,
    torch,
    gpu,
    triton,
    bubblewrap,
    clone,
    directory,
)
