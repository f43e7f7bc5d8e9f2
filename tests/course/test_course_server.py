"""JupyterLab as `course.py` starts it: on this machine alone, with its token, and prompt."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest
import websocket
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def started_lab(tmp_path, *arguments):
    """Start JupyterLab through course.py, as of the Python that runs the tests; yield process and log."""
    code = (
        "import sys, course; course.ensure = lambda extra: None; "
        "course.interpreter = lambda: sys.executable; "
        "sys.exit(course.main(['lab', *sys.argv[1:]]))"
    )
    log = tmp_path / "lab.log"
    homes = {name: str(tmp_path / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    with open(log, "w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "--no-browser", *arguments],
            cwd=ROOT,
            env={**os.environ, **homes, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, log
    finally:
        process.terminate()
        process.wait(20)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(address):
    """Return status and text of a page; a server that has just said its address may still need a moment."""
    for wait in (0.1, 0.5, 2, 5, 10, 0):
        try:
            with urllib.request.urlopen(address, timeout=10) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except urllib.error.URLError:
            if not wait:
                raise
            time.sleep(wait)


def wait_for_address(process, log, port):
    """Return the address with its token that JupyterLab prints once it listens."""
    for _ in range(600):
        words = log.read_text("utf-8", "replace").split()
        found = [word for word in words if word.startswith(f"http://127.0.0.1:{port}/") and "token=" in word]
        if found:
            return found[-1]
        assert process.poll() is None, log.read_text("utf-8", "replace")
        time.sleep(0.1)
    pytest.fail(log.read_text("utf-8", "replace"))


def test_jupyterlab_listens_here_alone_and_wants_its_token(tmp_path):
    port = free_port()
    with started_lab(tmp_path, f"--port={port}") as (process, log):
        address = wait_for_address(process, log, port)
        page, _, token = address.partition("?token=")
        assert page.endswith("/lab/tree/notebooks/00_start_here.ipynb")
        assert len(token) >= 40
        status, text = get(address)
        assert status == 200
        assert "@jupyterlab/apputils-extension:announcements" in text  # switched off: nothing is fetched
        api = f"http://127.0.0.1:{port}/api/contents"
        assert get(f"{api}?token={token}")[0] == 200
        assert get(f"{api}/course.py?token={token}")[0] == 200, "the files shown are the course's"
        assert get(api)[0] == 403
        assert_only_loopback(port)
        assert answer_of_a_kernel(port, token) == "kernel_info_reply"


def assert_only_loopback(port):
    """The port must be free on the machine's other addresses."""
    for address in ("127.0.0.2",) if sys.platform == "linux" else ():
        with socket.socket() as probe:
            probe.bind((address, port))


def answer_of_a_kernel(port, token):
    """Start a kernel, ask for its name over the page's own channel, and return the kind of the reply."""
    headers = {"Authorization": f"token {token}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/kernels", b"{}", headers, method="POST")
    with urllib.request.urlopen(asked, timeout=30) as reply:
        kernel = json.load(reply)["id"]
    session = uuid.uuid4().hex
    address = f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?token={token}&session_id={session}"
    header = {"msg_id": session, "username": "", "session": session, "date": "", "version": "5.3"}
    header["msg_type"] = "kernel_info_request"
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": {}, "channel": "shell"}
    with contextlib.closing(websocket.create_connection(address, timeout=30)) as channel:
        channel.send(json.dumps(message))
        while True:
            reply = json.loads(channel.recv())
            if reply["channel"] == "shell" and reply["parent_header"].get("msg_id") == session:
                return reply["msg_type"]


def test_messages_of_kernels_are_sent_at_once(monkeypatch):
    """The configuration switches off the holding back of small packets, then connects as ever."""
    config = PyFileConfigLoader("jupyter_server_config.py", str(ROOT / "tools/jupyter")).load_config()
    done = []

    async def connect(self):
        done.append("connect")

    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", connect)
    connection = config.ServerApp.kernel_websocket_connection_class.__new__(
        config.ServerApp.kernel_websocket_connection_class
    )
    handler = KernelWebsocketHandler.__new__(KernelWebsocketHandler)
    handler.set_nodelay = lambda value: done.append(("nodelay", value))
    connection.websocket_handler = handler
    asyncio.run(connection.connect())
    assert done == [("nodelay", True), "connect"]
