"""What `make lab` and `make test` say when they cannot go on."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys

import pytest

from tests.house.lessons import ROOT

SH = shutil.which("sh")


def script(name):
    """A script of .ci as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


environment = script("environment")
lab = script("lab")


# the Python that is found -------------------------------------------------------------


@pytest.fixture
def find_python(tmp_path):
    """Run with-python where only the given programs are on the PATH."""

    def find(programs, **variables):
        folder = tmp_path / "a folder"
        folder.mkdir(exist_ok=True)
        for name, body in programs.items():
            program = folder / name
            program.write_text(f"#!{SH}\n{body}\n")
            program.chmod(0o755)
        command = [SH, str(ROOT / ".ci" / "with-python"), "script.py", "two words"]
        variables = {"PATH": str(folder), **variables}
        return subprocess.run(command, env=variables, capture_output=True, text=True)

    return find


def python(version, is_new):
    """A Python of some version, as far as the script can tell."""
    return (
        f'case "$2" in *version_info*\\<*) exit {int(not is_new)};; '
        f"*stdout*) printf {version}; exit 0;; esac\n"
        f'echo "{version} runs $1, $2"'
    )


SHIM = "echo 'python3.13: command not found' >&2; exit 127"


def test_the_newest_python_that_runs_is_taken(find_python):
    found = find_python(
        {
            "python3.13": SHIM,
            "python3.12": python("3.12.4", True),
            "python3.11": python("3.11.9", True),
        }
    )
    assert found.stdout == "3.12.4 runs script.py, two words\n"


def test_the_python_that_is_named_is_taken(find_python, tmp_path):
    programs = {"python3.12": python("3.12.4", True), "mine": python("3.11.9", True)}
    named = str(tmp_path / "a folder" / "mine")
    assert find_python(programs, PYTHON=named).stdout.startswith("3.11.9 runs")


@pytest.mark.parametrize(
    ("programs", "variables", "why"),
    [
        ({"python3": python("3.8.18", False)}, {}, "but python3 is Python 3.8.18."),
        ({}, {}, "but no Python was found."),
        ({"python3.13": SHIM}, {}, "but no Python was found."),
        (
            {"old": python("3.8.18", False), "python3.12": python("3.12.4", True)},
            {"PYTHON": "old"},
            "but old is Python 3.8.18.",
        ),
        (
            {"python3.12": python("3.12.4", True)},
            {"PYTHON": "none"},
            "PYTHON=none does",
        ),
    ],
)
def test_no_python_is_said_in_a_sentence(programs, variables, why, find_python):
    found = find_python(programs, **variables)
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith("This course needs Python 3.11 or newer, ")
    assert why in found.stderr
    assert "make lab PYTHON=" in found.stderr
    assert len(found.stderr.splitlines()) == 3


# the environment ----------------------------------------------------------------------

RETRY = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'NewConnectionError('Failed to establish a new connection: refused')'\n"
)
NOTHING = "ERROR: No matching distribution found for torch==2.13.0\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (RETRY + NOTHING, "could not be reached"),
        (NOTHING, "no build of torch==2.13.0 for this computer"),
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("a\nERROR: Cannot uninstall x\n", "Cannot uninstall x"),
        ("", "gave no reason"),
    ],
)
def test_pip_s_failures_become_sentences(words, why):
    said = environment.diagnosis(words)
    assert why in said
    assert "install.log" in said
    assert "Traceback" not in said


def test_a_failing_pip_is_diagnosed_and_kept_in_the_log(clone, capsys):
    finish(clone)
    (clone / "requirements.lock").write_text("six==1.0\n")
    python = clone / ".venv" / "bin" / "python"
    words = (RETRY + NOTHING).replace("'", "")
    python.write_text(f"#!{SH}\ncase $3 in install) echo '{words}'; exit 1;; esac\n")
    assert environment.main([]) == 1
    said = capsys.readouterr()
    assert "registry could not be reached" in said.err
    assert "WARNING" not in said.out + said.err
    assert NOTHING in environment.LOG.read_text()
    assert not environment.is_current()


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty clone for environment.py."""
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", venv)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(environment, "STAMP", venv / "course-stamp")
    monkeypatch.setattr(environment, "LOG", venv / "install.log")
    monkeypatch.setattr(environment, "PYTHON", venv / "bin" / "python")
    monkeypatch.delenv("PYTHON", raising=False)
    return tmp_path


def finish(clone, version="3.12.4"):
    """As if everything had been installed."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    python = clone / ".venv" / "bin" / "python"
    python.write_text(f'#!{SH}\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (clone / ".venv" / "pyvenv.cfg").write_text(f"home = /usr\nversion = {version}\n")
    environment.STAMP.write_text(environment.stamp())


def test_current_until_something_changes(clone, monkeypatch):
    assert not environment.is_current()
    finish(clone)
    assert environment.is_current()
    monkeypatch.setenv("PYTHON", sys.executable)
    assert environment.is_current() == (sys.version_info[:2] == (3, 12))
    monkeypatch.delenv("PYTHON")
    for name in ("requirements.lock", "pyproject.toml"):
        (clone / name).write_text("changed")
        assert not environment.is_current()
        environment.STAMP.write_text(environment.stamp())
        assert environment.is_current()
    moved = environment.STAMP.read_text().replace(str(clone), "/elsewhere")
    environment.STAMP.write_text(moved)
    assert not environment.is_current()


def test_an_interrupted_installation_is_not_current(clone, monkeypatch):
    finish(clone)
    (clone / "requirements.lock").write_text("six==1.0\n")

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "pip", stop)
    assert environment.main([]) == 130
    (clone / "requirements.lock").write_text("")  # what it was made from before
    assert not environment.is_current()


def test_a_clone_that_cannot_be_written_to(clone, monkeypatch, capsys):
    monkeypatch.setattr(environment, "ROOT", clone / "none")  # root may write anywhere
    assert environment.main(["x.py"]) == 1
    said = capsys.readouterr().err
    assert "read-only" in said
    assert "cp -r" in said


def test_a_script_that_is_not_there(clone, capsys):
    finish(clone)
    assert environment.main(["benchmarks/none.py"]) == 1
    assert "benchmarks/none.py is not in this copy" in capsys.readouterr().err


def test_nothing_of_another_environment_leaks_in(clone, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    variables = environment.surroundings()
    assert "PYTHONPATH" not in variables
    for name in ("JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        assert variables[name].startswith(str(clone))
    assert variables["PATH"].split(os.pathsep)[0] == str(clone / ".venv" / "bin")


# JupyterLab ---------------------------------------------------------------------------


def test_a_port_in_use_is_seen():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert lab.is_taken(port)
    assert not lab.is_taken(port)


def test_a_missing_first_lesson_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    assert lab.main() == 1
    assert "0_start_here.ipynb is missing" in capsys.readouterr().out
