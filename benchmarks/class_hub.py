"""A JupyterHub on this machine alone, for `class_server.py`, and what its processes use.

Its learners are folders, not users of the system; it listens on the loopback address, and ends with the
program that started it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = """
load_subconfig({course!r})
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.args = ["--allow-root", "--LabApp.expose_app_in_browser=True"]
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{inner}"
c.Spawner.environment["CNNLIB_DATA"] = {data!r}
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.services = [{{"name": "teacher", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "teacher", "scopes": ["admin:users", "admin:servers", "access:servers"],
      "services": ["teacher"]}}
]
c.JupyterHub.cleanup_servers = True
c.JupyterHub.active_server_limit = 40
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Hub:
    """A hub whose learners each have a home with a copy of the course in it; use it as a context manager."""

    def __init__(self, folder: Path, python: str, proxy: str, data: str = "") -> None:
        self.folder, self.python, self.token = folder, python, secrets.token_hex(20)
        self.homes, port = folder / "homes", free_port()
        self.homes.mkdir(parents=True)
        self.url, self.web = f"http://127.0.0.1:{port}", requests.Session()
        self.web.headers["Authorization"] = f"token {self.token}"
        settings = SETTINGS.format(
            course=str(ROOT / "docs" / "jupyterhub_config.py"),
            homes=str(self.homes),
            data=data,
            token=self.token,
            port=port,
            inner=free_port(),
            api=free_port(),
            proxy=[proxy],
        )
        (folder / "jupyterhub_config.py").write_text(settings)

    def __enter__(self) -> Hub:
        programs = str(Path(self.python).parent)
        environment = os.environ | {"PATH": programs + os.pathsep + os.environ["PATH"]}
        for name in ("PYTHONPATH", "CNNLIB_PROGRESS", "JUPYTER_CONFIG_PATH"):
            environment.pop(name, None)
        self.log = (self.folder / "hub.log").open("w")
        self.process = subprocess.Popen(
            [self.python, "-m", "jupyterhub", "-f", str(self.folder / "jupyterhub_config.py")],
            cwd=self.folder,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._wait(lambda: self.web.get(f"{self.url}/hub/api/").ok, 60)
        return self

    def kill(self) -> None:
        """End every learner's server and kernels at once; the hub itself goes when the block ends."""
        for pid in tree(self.process.pid)[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def __exit__(self, *_) -> None:
        ours = tree(self.process.pid)
        self.process.send_signal(signal.SIGTERM)  # the hub stops its proxy and all servers
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.log.close()

    def _wait(self, ready, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(requests.ConnectionError):
                if ready():
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError("the hub did not get ready:\n" + (self.folder / "hub.log").read_text()[-3000:])

    def enrol(self, name: str) -> None:
        """Make a learner, with the course in the home folder."""
        self.web.post(f"{self.url}/hub/api/users/{name}").raise_for_status()
        course = self.homes / name / "course"
        shutil.copytree(ROOT / "notebooks", course / "notebooks")
        shutil.copy(ROOT / "course.py", course)

    def start(self, name: str) -> None:
        """Ask for a learner's server, and wait until it answers."""
        self.web.post(f"{self.url}/hub/api/users/{name}/server", timeout=300).raise_for_status()
        self._wait(lambda: self._ready(name), 300)

    def stop(self, name: str) -> None:
        """Stop a learner's server and wait until it has ended."""
        self.web.delete(f"{self.url}/hub/api/users/{name}/server", timeout=120).raise_for_status()
        self._wait(lambda: not self._servers(name), 120)

    def _servers(self, name: str) -> dict:
        return self.web.get(f"{self.url}/hub/api/users/{name}").json().get("servers", {})

    def _ready(self, name: str) -> bool:
        return any(server["ready"] for server in self._servers(name).values())

    def server_of(self, name: str) -> str:
        return f"{self.url}/user/{name}"

    def processes(self, name: str) -> list[int]:
        """A learner's server and kernels."""
        for pid in children(self.process.pid):
            if f"JUPYTERHUB_USER={name}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                return tree(pid)
        return []


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return found


def tree(pid: int) -> list[int]:
    """A process and all that it started, itself first."""
    return [pid, *(inner for child in children(pid) for inner in tree(child))]


def pss_mb(pid: int) -> float:
    """Memory of a process in MB, pages that it shares with n processes counted as one nth."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that living processes have used."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")
