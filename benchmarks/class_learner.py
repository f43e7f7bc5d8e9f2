"""One learner of a class, without a page: opens a notebook, runs it and moves its widgets over the network.

Speaks what a page speaks: Jupyter's REST interface, and the messages of a kernel over a websocket.
"""

from __future__ import annotations

import contextlib
import json
import struct
import time
import uuid

import requests
import websocket

PATIENCE = 300  # seconds


def unpack(frame: str | bytes) -> dict:
    """Return the message of a websocket frame, with or without binary buffers (Jupyter's older framing).

    >>> head = json.dumps({"channel": "iopub"}).encode()
    >>> unpack(struct.pack("!3I", 2, 12, 12 + len(head)) + head + b"data")
    {'channel': 'iopub', 'buffers': 1}
    """
    if isinstance(frame, str):
        return json.loads(frame)
    (count,) = struct.unpack_from("!I", frame)
    offsets = struct.unpack_from(f"!{count}I", frame, 4)
    end = offsets[1] if count > 1 else len(frame)
    return {**json.loads(frame[offsets[0] : end]), "buffers": count - 1}


class Learner:
    """A notebook and its kernel on the server at `url`.

    `widgets` lists the comm of every widget of the course that was displayed, in order; once `run` has ended,
    of those that draw.
    """

    def __init__(self, url: str, token: str, path: str) -> None:
        self.url, self.path, self.widgets, self.frames = url, path, [], []
        self.web = requests.Session()
        self.web.headers["Authorization"] = f"token {token}"
        self.name, self.sent = uuid.uuid4().hex, 0

    def ask(self, method: str, where: str, **values) -> dict:
        """Call the server's REST interface."""
        answer = self.web.request(method, f"{self.url}/api/{where}", timeout=PATIENCE, **values)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def open(self) -> None:
        """Fetch the notebook and start its kernel."""
        self.cells = self.ask("GET", f"contents/{self.path}")["content"]["cells"]
        wanted = {"path": self.path, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        self.session = self.ask("POST", "sessions", json=wanted)
        self.kernel = self.session["kernel"]["id"]
        self.connect()

    def connect(self) -> None:
        """Connect with the kernel, for the first time or again."""
        address = self.url.replace("http", "ws", 1)
        self.channel = websocket.create_connection(
            f"{address}/api/kernels/{self.kernel}/channels?session_id={self.name}",
            header=[f"Authorization: {self.web.headers['Authorization']}"],
            timeout=PATIENCE,
        )
        asked = self.send("shell", "kernel_info_request", {})
        self.until(lambda m: m["msg_type"] == "kernel_info_reply" and m["parent_header"]["msg_id"] == asked)

    def linger(self, seconds: float) -> None:
        """Do nothing, but answer the server, which drops those who are silent for a minute."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.channel.settimeout(left)
            with contextlib.suppress(websocket.WebSocketTimeoutException):
                self.channel.recv()
        self.channel.settimeout(PATIENCE)

    def send(self, channel: str, kind: str, content: dict, metadata: dict | None = None) -> str:
        name = uuid.uuid4().hex
        header = {"msg_id": name, "username": "", "session": self.name, "date": "", "version": "5.3"}
        message = {"header": {**header, "msg_type": kind}, "parent_header": {}, "metadata": metadata or {}}
        self.channel.send(json.dumps({**message, "content": content, "channel": channel, "buffers": []}))
        return name

    def until(self, wanted) -> dict:
        """Read messages, noting widgets and frames, until one is `wanted`; return that."""
        while True:
            message = unpack(self.channel.recv())
            content = message["content"]
            if message["msg_type"] == "comm_open" and "_esm" in content["data"].get("state", {}):
                self.widgets.append(content["comm_id"])
            if wanted(message):
                return message

    def run(self) -> list[str]:
        """Run every code cell in order; return the names of errors that no cell makes on purpose."""
        errors = []
        for cell in self.cells:
            if cell["cell_type"] != "code":
                continue
            code = "".join(cell["source"])
            asked = self.send("shell", "execute_request", _request(code), {"cellId": cell.get("id", "")})
            reply = self.until(lambda m, a=asked: _answers(m, a, "execute_reply"))
            on_purpose = "raises-exception" in cell["metadata"].get("tags", [])
            if reply["content"]["status"] == "error" and not on_purpose:
                errors.append(reply["content"]["ename"])
            self.send("shell", "kernel_info_request", {})  # a page asks now and then as well
        self.widgets = [widget for widget in self.widgets if self._draws(widget)]
        return errors

    def _draws(self, widget: str) -> bool:
        """Show a widget; whether it draws, which a card with a question does not."""
        self.tell(widget, {"type": "ready"})
        answer = self.until(lambda m: _said(m, widget).get("type") in ("frame", "face"))
        return _frame(answer, widget) is not None

    def tell(self, widget: str, content: dict) -> None:
        data = {"method": "custom", "content": content}
        self.send("shell", "comm_msg", {"comm_id": widget, "data": data})

    def move(self, widget: str, **values) -> float:
        """Move a widget's controls; return the seconds until the frame that answers has arrived whole."""
        self.sent += 1
        begin = time.perf_counter()
        self.tell(widget, {"type": "state", "id": self.sent, "values": values})
        self.until(lambda m: (f := _frame(m, widget)) and f["answers"] >= self.sent)
        return time.perf_counter() - begin

    def close(self) -> None:
        """Close the notebook: its kernel ends."""
        self.channel.close()
        self.ask("DELETE", f"sessions/{self.session['id']}")


def _request(code: str) -> dict:
    flags = {"silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": False}
    return {"code": code, "user_expressions": {}, **flags}


def _answers(message: dict, asked: str, kind: str) -> bool:
    return message["msg_type"] == kind and message["parent_header"].get("msg_id") == asked


def _frame(message: dict, widget: str) -> dict | None:
    """The frame that a message brings to a widget, or None."""
    said = _said(message, widget)
    return said if said.get("type") == "frame" else None


def _said(message: dict, widget: str) -> dict:
    """What a message says to a widget; empty if it says nothing."""
    content = message["content"]
    ours = message["msg_type"] == "comm_msg" and content["comm_id"] == widget
    return content["data"].get("content", {}) if ours else {}
