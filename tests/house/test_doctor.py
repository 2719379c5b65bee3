"""Every fault an environment can have is told, and a healthy one has none."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from course_utils import doctor
from course_utils.doctor import Environment, Finding, Report, description, examine

NEEDED = {"torch": ">=2.11", "jupyterlab": ">=4.3", "packaging": ">=24"}
LOCKED = {
    "torch": "2.13.0",
    "jupyterlab": "4.6.6",
    "packaging": "26.3",
    "six": "1.17.0",
}
HEALTHY = Environment(
    required=NEEDED,
    locked=LOCKED,
    installed={**LOCKED, "torch": "2.13.0+cpu", "triton": "3.7.1"},
)


def installed(**changes):
    """The healthy packages with some changed, or taken out with None."""
    changed = {**HEALTHY.installed, **changes}
    return {"installed": {name: v for name, v in changed.items() if v is not None}}


FAULTS = {
    "old Python": ({"python": (3, 9, 2)}, "Python", "problem", "3.9.2", "PYTHON="),
    "new Python": ({"python": (3, 15, 0)}, "Python", "note", "3.15.0", "3.11 to 3.13"),
    "missing": (installed(torch=None), "packages", "problem", "torch", "make lab"),
    "too old": (
        installed(torch="2.4.0"),
        "packages",
        "problem",
        "torch 2.4.0 (needs >=2.11)",
        "make lab",
    ),
    "old lock": (
        installed(torch="2.12.0"),
        "packages",
        "note",
        "torch 2.12.0 (lock: 2.13.0)",
        "older lock",
    ),
    "not all": (installed(six=None), "packages", "note", "six missing", "make lab"),
    "no lock": ({"unreadable": "gone"}, "packages", "problem", "gone", "make lab"),
    "no Lab": (installed(jupyterlab=None), "JupyterLab", "problem", "not", "make lab"),
    "two environments": (
        {"server_prefix": "/opt/conda"},
        "JupyterLab",
        "problem",
        "JupyterLab is in /opt/conda, the kernel in /course/.venv",
        "make lab",
    ),
    "another kernel": (
        {"kernel_prefix": "/usr"},
        "JupyterLab",
        "problem",
        "python3 is in /usr",
        "jupyter kernelspec remove",
    ),
    "no kernel": ({"kernel_prefix": None}, "JupyterLab", "problem", "no", "make lab"),
    "another on the path": (
        {"path_prefix": "/opt/conda"},
        "JupyterLab",
        "note",
        "/opt/conda",
        "make lab",
    ),
    "no widgets": ({"widgets": False}, "sliders", "problem", "lacks", "still pictures"),
    "broken torch": (
        {"torch_error": "libgomp.so.1: cannot open"},
        "PyTorch",
        "problem",
        "libgomp.so.1",
        "make lab",
    ),
    "old GPU": (
        {"gpu": "Tesla T4", "capability": (7, 5)},
        "GPU",
        "note",
        "Tesla T4, compute capability 7.5",
        "8.0",
    ),
    "no Triton": (installed(triton=None), "Triton", "note", "absent", "4.4"),
    "no bubblewrap": ({"bubblewrap": None}, "bubblewrap", "note", "absent", "grade"),
    "read-only": ({"writable": False}, "clone", "problem", "read-only", "copy"),
    "outside": (
        {"directory": Path("/tmp"), "clone_here": None},
        "folder",
        "note",
        "/tmp, outside",
        "/course",
    ),
    "two clones": (
        {"clone_here": Path("/second")},
        "folder",
        "problem",
        "you work in /second, the package comes from /course",
        "make lab",
    ),
}


def test_a_healthy_environment_has_nothing_to_say():
    report = examine(HEALTHY)
    assert [f for f in report.findings if f.level != "ok"] == []
    assert report.problems == []
    assert str(report).endswith("Everything the course needs is here.")


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_in_its_row_with_what_to_do(name):
    changes, subject, level, found, advice = FAULTS[name]
    report = examine(replace(HEALTHY, **changes))
    (row,) = [f for f in report.findings if f.level == level and f.subject == subject]
    assert found in row.found
    assert advice in row.advice
    rest = [f for f in report.findings if f is not row and f.level != "ok"]
    if name == "no Lab":  # a package that is missing, too
        assert rest.pop().found == "missing: jupyterlab"
    if name == "broken torch":
        assert rest.pop().found == "not known while PyTorch does not load"
    assert rest == []
    assert (row in report.problems) == (level == "problem")


@pytest.mark.parametrize(
    ("platform", "machine"), [("darwin", "arm64"), ("win32", "AMD64")]
)
def test_triton_absent_is_fine_where_it_is_not_published(platform, machine):
    changes = {"platform": platform, "machine": machine, **installed(triton=None)}
    report = examine(replace(HEALTHY, **changes))
    (row,) = [f for f in report.findings if f.subject == "Triton"]
    assert row.level == "ok"
    assert "PyTorch takes its place" in row.advice


def test_a_gpu_is_named():
    report = examine(replace(HEALTHY, gpu="NVIDIA H200", capability=(9, 0)))
    assert Finding("ok", "GPU", "NVIDIA H200") in report.findings


def test_everything_wrong_fits_one_screen():
    worst = {}
    for changes, _, level, _, _ in FAULTS.values():
        if level == "problem":
            worst |= changes
    lines = str(examine(replace(HEALTHY, **worst))).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120


def test_shown_by_symbol_and_word_and_escaped():
    report = Report([Finding("problem", "a <b>", "x & y", "do")])
    assert "✗ problem" in str(report)
    html = report._repr_html_()
    assert "✗ problem" in html
    assert "a &lt;b&gt;" in html
    assert "x &amp; y" in html
    assert not re.search(r"[^-]color", html)


def test_this_environment_runs_the_course(capsys, monkeypatch):
    """The real description, of the environment that the tests run in."""
    facts = description.describe()
    assert facts.unreadable is None
    assert set(facts.required) <= set(facts.installed)
    assert facts.clone_here == facts.root
    assert examine().problems == []
    assert doctor.command([]) == 0
    assert "Everything the course needs" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "describe", lambda: replace(HEALTHY, writable=False))
    assert doctor.command([]) == 1
    assert "1 problem to mend first" in capsys.readouterr().out


def test_the_description_sees_what_is_there(tmp_path, monkeypatch):
    assert description._is_writable(tmp_path)
    assert not description._is_writable(tmp_path / "none")
    assert description._clone(tmp_path) is None
    (tmp_path / "course_utils").mkdir()
    (tmp_path / "requirements.lock").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert description._clone(tmp_path / "a" / "b") == tmp_path
    assert description._prefix_of("/x/bin/jupyter-lab") == "/x"
    assert description._prefix_of(r"/x/Scripts/python.exe") == "/x"
    assert description._prefix_of("python") is None
    assert description._prefix_of(None) is None


def test_a_kernel_of_another_environment_is_seen(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        '{"argv": ["/elsewhere/bin/python", "-m", "ipykernel_launcher"],'
        ' "display_name": "x", "language": "python"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert description._kernel_prefix() == "/elsewhere"
    (finding,) = [f for f in examine().problems if f.subject == "JupyterLab"]
    assert "/elsewhere" in finding.found
