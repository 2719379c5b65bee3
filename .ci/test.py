"""Everything that continuous integration runs. Run in `.venv` by `make test`.

The quick checks come first and stop the run; the last is one pytest over the package's
tests and every notebook, on two workers, so that its closing line closes the run.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ("notebooks", "solutions", "exercises")
QUICK = (
    (["-m", "ruff", "check", "."], "ruff check --fix ."),
    (["-m", "course_utils.cli", "tidy", "--check"], "course tidy"),
    (["-m", "ruff", "format", "--check", "."], "ruff format ."),
    (["-m", "course_utils.cli", "exercises", "--check"], "make exercises"),
)


def main() -> int:
    """Run all; the exit code of the first that fails."""
    os.chdir(ROOT)
    for arguments, remedy in QUICK:
        print(f"· {' '.join(arguments[1:])}", flush=True)
        code = subprocess.run([sys.executable, *arguments]).returncode
        if code:
            print(f"Mend it with: {remedy}")
            return code
    folders = [folder for folder in NOTEBOOKS if any(Path(folder).rglob("*.ipynb"))]
    # Outputs are not stored: the claims inside the notebooks do the comparing (lax).
    # A notebook's cells share a kernel, so a file stays on one worker (loadfile).
    tests = ["-m", "pytest", "-n", "2", "--dist", "loadfile", "--nbval-lax"]
    tests += ["--nbval-current-env", "--nbval-cell-timeout=120", "--durations=15"]
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            **os.environ,
            "COURSE_MY": folder,  # a learner's predictions and progress stay untouched
            "OMP_NUM_THREADS": "1",  # two workers on two cores
        }
        command = [sys.executable, *tests, "tests", *folders]
        return subprocess.run(command, env=variables).returncode


if __name__ == "__main__":
    sys.exit(main())
