"""Make `.venv` from requirements.lock if it is not current, then run a script in it.

    .ci/with-python .ci/environment.py SCRIPT [ARGUMENT ...]      (or -m MODULE)

Standard library only, and nothing is written outside the clone: pip keeps no cache, and
Jupyter, IPython and matplotlib keep their files inside `.venv`. Whatever goes wrong is
said in a sentence; pip's own words are kept in `.venv/install.log`.
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "course-stamp"
LOG = VENV / "install.log"
NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "Network is unreachable",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "SSLError",
    "ConnectionResetError",
)


class SetupError(Exception):
    """Something a learner can mend; its text says what and how."""


def say(text: str) -> None:
    """A line to the learner, at once."""
    print(text, flush=True)


def stamp() -> str:
    """Where the environment stands and what it was made from."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return f"{ROOT}\n{digest.hexdigest()}\n"


def is_current() -> bool:
    """Whether `.venv` was completed from this lock, here, and is the one asked for."""
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != stamp():
        return False
    return works(PYTHON) and is_asked_for()


def is_asked_for() -> bool:
    """Whether `.venv` has the Python that PYTHON names, where it names one."""
    if not os.environ.get("PYTHON"):
        return True
    major_minor = "{}.{}.".format(*sys.version_info)
    lines = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    return any(re.match(rf"version\S* = {re.escape(major_minor)}", x) for x in lines)


def works(python: Path) -> bool:
    """Whether this Python starts (not after its system Python was removed)."""
    if not python.exists():
        return False
    return (
        subprocess.run([python, "-c", "import pip"], capture_output=True).returncode
        == 0
    )


def require_writable() -> None:
    """Stop before anything is half done where the clone cannot be written to."""
    try:
        with tempfile.TemporaryFile(dir=ROOT):
            return
    except OSError as error:
        raise SetupError(
            f"This copy of the course is read-only: {ROOT} ({error.strerror}).\n"
            "Copy it to a folder of your own, for instance with\n"
            f"    cp -r '{ROOT}' ~/attention\nand run the same command there."
        ) from error


def surroundings() -> dict[str, str]:
    """The variables for everything that runs in the environment.

    A stray PYTHONPATH would mix another environment into this one; the other variables
    keep each program's settings and caches inside the clone.
    """
    variables = {
        k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")
    }
    state = VENV / "state"
    variables.update(
        VIRTUAL_ENV=str(VENV),
        PATH=f"{PYTHON.parent}{os.pathsep}{variables.get('PATH', '')}",
        JUPYTER_CONFIG_DIR=str(state / "jupyter-config"),
        JUPYTER_DATA_DIR=str(state / "jupyter-data"),
        JUPYTER_RUNTIME_DIR=str(state / "jupyter-runtime"),
        IPYTHONDIR=str(state / "ipython"),
        MPLCONFIGDIR=str(state / "matplotlib"),
        TRITON_CACHE_DIR=str(state / "triton"),
        TORCHINDUCTOR_CACHE_DIR=str(state / "inductor"),
        XDG_CACHE_HOME=str(state / "cache"),
        PIP_NO_CACHE_DIR="1",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
    )
    return variables


def make_venv() -> None:
    """An empty virtual environment; kept where it stands and works already."""
    moved = STAMP.exists() and STAMP.read_text(encoding="utf-8").split("\n")[0] != str(
        ROOT
    )
    if works(PYTHON) and is_asked_for() and not moved:
        return
    say(f"Making .venv with Python {platform.python_version()} …")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        words = (done.stdout + done.stderr).strip()
        if "ensurepip" in words:
            raise SetupError(
                "This Python lacks the modules venv and ensurepip. Debian and Ubuntu "
                "have them in:\n    sudo apt install python3-venv"
            )
        last = words.splitlines()[-1] if words else f"exit code {done.returncode}"
        raise SetupError(f"Python could not make .venv: {last}")


def pip(*arguments: str, total: int = 0) -> None:
    """Run pip quietly, with a count of the packages met; SetupError where it fails."""
    command = [str(PYTHON), "-m", "pip", "install", "--retries", "2", *arguments]
    met = 0
    with LOG.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        for line in process.stdout:
            log.write(line)
            if line.startswith("Collecting ") and total:
                met += 1
                if sys.stdout.isatty():
                    name = line.split()[1]
                    print(f"\r  {min(met, total)} of {total}: {name[:40]:40}", end="")
            if (
                line.startswith("Installing collected")
                and total
                and sys.stdout.isatty()
            ):
                print(f"\r  all downloaded, now installing{'':30}")
        failed = process.wait() != 0
    if failed:  # the log is closed by now, so all of it can be read
        if sys.stdout.isatty():
            print()
        raise SetupError(diagnosis(LOG.read_text(encoding="utf-8")))


def diagnosis(words: str) -> str:
    """One sentence for what pip says when it fails."""
    where = f"pip's own words: {LOG.relative_to(ROOT)}. Nothing else was changed."
    again = "Run the same command again afterwards; it goes on where it stopped."
    if "No space left on device" in words:
        return f"The disk is full: the course needs about 2 GB. {again}\n{where}"
    if any(sign in words for sign in NO_NETWORK):
        return (
            "The package registry could not be reached. Is there a network, and does "
            f"it need a proxy (HTTPS_PROXY)? {again}\n{where}"
        )
    for line in words.splitlines():
        if "No matching distribution found for" in line:
            package = line.rpartition(" for ")[2].strip()
            return (
                f"There is no build of {package} for this computer "
                f"({platform.system()} {platform.machine()}, "
                f"Python {platform.python_version()}). Python 3.11, 3.12 or 3.13 on "
                "Linux, Windows or a Mac with Apple silicon has one; another Python is "
                f"chosen by: make lab PYTHON=/path/to/python3.12\n{where}"
            )
    errors = [line for line in words.splitlines() if line.startswith("ERROR:")]
    last = errors[-1].removeprefix("ERROR: ") if errors else "it gave no reason"
    return f"pip could not install the course: {last}\n{where}"


def install() -> None:
    """Bring `.venv` in step with the lock."""
    make_venv()
    STAMP.unlink(missing_ok=True)  # until all is done, it is not current
    LOG.write_text("", encoding="utf-8")
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    total = sum(bool(line) and not line.startswith("#") for line in lines)
    say(
        f"Installing {total} packages from requirements.lock; "
        "the first time about 1 GB is fetched …"
    )
    began = time.monotonic()
    pip("--requirement", str(LOCK), total=total)
    pip("--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(stamp(), encoding="utf-8")
    say(f"The environment is ready ({time.monotonic() - began:.0f} s).")


def main(arguments: list[str]) -> int:
    """Make the environment current and run the script in it."""
    try:
        require_writable()
        if not is_current():
            install()
        script = arguments[0] if arguments else ""
        if script and not script.startswith("-") and not (ROOT / script).exists():
            raise SetupError(f"{script} is not in this copy of the course.")
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    os.chdir(ROOT)
    if not arguments:
        return 0
    command = [str(PYTHON), *arguments]
    if os.name == "nt":  # there exec returns to the shell before the program ends
        return subprocess.run(command, env=surroundings()).returncode
    os.execve(command[0], command, surroundings())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
