"""A JupyterLab of its own, and a headless Chromium that looks at it: for tests and for measuring."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
BUSY = 180_000  # milliseconds: how long a busy machine may take to open a notebook
BROWSER_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """A JupyterLab server over `folder`, without token, on a free port of this machine alone.

    With `course` as `course.py` starts it, otherwise as Jupyter starts by itself. With ``program="notebook"``
    it is Jupyter Notebook.
    """

    def __init__(self, folder: Path, *options: str, course: bool = True, program: str = "jupyterlab") -> None:
        self.folder = folder
        settings = folder / ".settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        quiet = '{"fetchNews": "false", "checkForUpdates": false}'
        (settings / "notification.jupyterlab-settings").write_text(quiet)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "JUPYTER_CONFIG_PATH": str(ROOT / "tools" / "jupyter") if course else "",
            "JUPYTER_CONFIG_DIR": str(folder / ".config"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
            "IPYTHONDIR": str(folder / ".ipython"),
        }
        application = "LabApp" if program == "jupyterlab" else "JupyterNotebookApp"
        self.log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                program,
                "--no-browser",
                "--allow-root",
                f"--port={port}",
                "--ServerApp.port_retries=0",
                "--IdentityProvider.token=",
                f"--ServerApp.root_dir={folder}",
                f"--{application}.expose_app_in_browser=True",
                *options,
            ],
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self, seconds: float = BUSY / 1000) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/api/status", timeout=2):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        self.close()
        raise RuntimeError("JupyterLab did not start:\n" + (self.folder / "lab.log").read_text()[-2000:])

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells into the folder; return its name."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.folder / name)
        return name

    def open(self, context, name: str, run: bool = True):
        """Open a notebook in a new page of the browser `context`, and run all its cells."""
        page = context.new_page()
        page.goto(f"{self.url}/lab/tree/{name}?reset")
        page.wait_for_function("window.jupyterapp !== undefined", timeout=BUSY)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=BUSY)
        page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=BUSY
        )
        self.command(page, "filebrowser:hide-main")
        if run:
            self.run_all(page)
        return page

    @staticmethod
    def command(page, name: str, **arguments) -> None:
        """Start a command of JupyterLab, such as ``notebook:run-all-cells``."""
        page.evaluate("([name, args]) => { jupyterapp.commands.execute(name, args); }", [name, arguments])

    def run_all(self, page) -> None:
        """Run all cells; returns at once."""
        self.command(page, "notebook:run-all-cells")

    def close(self) -> None:
        """Stop the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self.log.close()
