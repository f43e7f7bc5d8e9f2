"""What stands on a live page for IPython and, until it is used, for matplotlib."""

from __future__ import annotations

import ast
import gzip
import importlib
import importlib.util
import types
import typing


class Shell:
    """Stands for IPython's shell: the notebook's variables, and whoever is to know that a cell has run."""

    def __init__(self, names: dict) -> None:
        self.user_ns = names
        self.events = self
        self.listeners: list = []

    def __bool__(self) -> bool:
        return False  # what asks for a whole IPython, as matplotlib does, finds none

    def register(self, event: str, listener) -> None:
        """Call `listener` after each cell."""
        if event == "post_run_cell":
            self.listeners.append(listener)

    def has_run(self, source: str) -> None:
        """A cell has run."""
        info = types.SimpleNamespace(raw_cell=source)
        for listener in self.listeners:
            listener(types.SimpleNamespace(info=info, error_in_exec=None))


class Later:
    """Stands for matplotlib until it is used: the page fetches it only for a cell that draws."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, part: str):
        return getattr(importlib.import_module(self.name), part)


class Postponing(ast.NodeTransformer):
    """Turns ``import matplotlib.pyplot as plt`` into ``plt = Later("matplotlib.pyplot")``."""

    def visit_Import(self, node):
        (alias, *more) = node.names
        if (
            more
            or alias.name.split(".")[0] != "matplotlib"
            or not (alias.asname or alias.name == "matplotlib")
        ):
            return node
        text = f"{alias.asname or alias.name} = {Later.__name__}({alias.name!r})"
        return ast.copy_location(ast.parse(text).body[0], node)


def stand_ins(host):
    """The modules of IPython that cells import, as far as a page needs them."""

    class Text:
        def __init__(self, data: str = "", **options) -> None:
            self.data = data

    class Markdown(Text):
        def _repr_markdown_(self) -> str:
            return self.data

    class HTML(Text):
        def _repr_html_(self) -> str:
            return self.data

    shown = types.ModuleType("IPython.display")
    shown.display, shown.Markdown, shown.HTML, shown.Pretty = host.display, Markdown, HTML, Text
    shown.clear_output = lambda wait=False: host.say("clear")

    def publish(data: dict, metadata=None, **options) -> None:
        host.say("text", text=data.get("text/plain", ""))

    shown.publish_display_data = publish
    whole = types.ModuleType("IPython")
    whole.display, whole.get_ipython = shown, lambda: host.shell
    whole.version_info = (0, 0)
    return ({"IPython": whole, "IPython.display": shown} | absent(host.fetch)).items()


def absent(fetch) -> dict[str, types.ModuleType]:
    """Modules that a page lacks: in an .xz stands what `fetch` has to get, Self is that of `typing`."""

    class Fetching:
        def __init__(self, *options, **more) -> None:
            pass

        def decompress(self, data: bytes, most: int = -1) -> bytes:
            name = data.decode()
            try:
                whole = gzip.decompress(bytes(fetch(name)))
            except Exception as error:  # of the browser: Python has no class for it
                why = f"{name} is not here yet and cannot be had ({error}); try again when you are online"
                raise ConnectionError(why) from None
            return whole[:most] if most >= 0 else whole

    made = {}
    for name, parts in {
        "lzma": {
            "FORMAT_XZ": 1,
            "LZMADecompressor": Fetching,
            "LZMAError": type("LZMAError", (Exception,), {}),
        },
        "typing_extensions": {"Self": typing.Self},
    }.items():
        if importlib.util.find_spec(name) is None:
            made[name] = types.ModuleType(name)
            made[name].__dict__.update(parts)
    return made
