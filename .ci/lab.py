"""Open JupyterLab at the first lesson. Run in `.venv` by `make lab`."""

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = "notebooks/0_start_here.ipynb"
PORT = 8888


def is_taken(port: int) -> bool:
    """Whether a server listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Put the exercises into my/ where they are not yet, and start JupyterLab."""
    if not (ROOT / FIRST).exists():
        print(f"{FIRST} is missing. Restore it with: git checkout -- notebooks")
        return 1
    os.chdir(ROOT)
    from course_utils.cli import main as course

    course(["start"])  # says itself what it could not copy; the lessons run
    try:
        port = int(os.environ.get("PORT") or PORT)
    except ValueError:
        print(f"PORT is {os.environ['PORT']!r}; expected a number such as {PORT}.")
        return 2
    if is_taken(port):
        print(
            f"Port {port} is in use, probably by another JupyterLab, which is left as "
            "it is. This one takes the next free port: use the address it prints."
        )
    options = [
        f"--ServerApp.root_dir={ROOT}",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        "--log-level=WARN",  # the address is printed above that level
        # Looking for language servers runs npm, which writes into the home folder.
        "--LanguageServerManager.autodetect=False",
        # The course needs no network once installed, so Lab asks for nothing either.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # containers have no other user
    print("Opening JupyterLab. Stop it with Control-C, twice.", flush=True)
    sys.argv = ["jupyter-lab", *options]
    from jupyterlab.labapp import main as jupyterlab

    return jupyterlab()


if __name__ == "__main__":
    sys.exit(main())
