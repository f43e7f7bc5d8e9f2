"""The process that runs one learner's code: it puts walls around itself, then answers what it is asked.

Started by `tools.teaching.asking`, never by hand. It is told which statements to run, and is then asked for
the answer's results on one case after another. It decides nothing: what is right is worked out by the process
that asks, which runs none of the learner's code.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import linecache
import os
import sys
import sysconfig
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def main() -> None:
    """Talk over standard input and output, which the learner's code does not get."""
    sys.path[:0] = [ROOT]
    talk_in, talk_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    Answers(talk_in, talk_out).serve()


class Answers:
    """Answers one message after another until there are no more."""

    def __init__(self, talk_in, talk_out) -> None:
        self.talk_in, self.talk_out = talk_in, talk_out
        self.tried: list[str] = []
        self.space: dict[str, Any] = {"__name__": "__main__"}
        self.exercise = self.function = self.last = None

    def serve(self) -> None:
        """Do what each message asks for; an error in it is an answer too."""
        for line in self.talk_in:
            message = json.loads(line)
            try:
                reply = getattr(self, "do_" + message["do"])(**message["with"])
            except BaseException as error:  # whatever a learner may raise, SystemExit included
                reply = self.failed(error)
            reply |= {"id": message["id"], "tried": self.tried[:1]}
            self.talk_out.write(json.dumps(reply).encode("ascii") + b"\n")
            self.talk_out.flush()

    def failed(self, error: BaseException) -> dict:
        """Say which error it was, and at which of the learner's lines."""
        from cnnlib.checks import running
        from cnnlib.checks.exercise import Misfit

        place = running.where_it_failed(error, self.function)
        text = str(error)[:300] + (f" (at {place})" if place and not isinstance(error, Misfit) else "")
        return {"error": type(error).__name__, "text": text, "misfit": isinstance(error, Misfit)}

    def do_begin(self, exercise: str, folder: str, seconds: int, memory_mb: int) -> dict:
        """Load what the exercise needs, then put the walls up."""
        from cnnlib.checks.exercise import find
        from tools.teaching import walls  # loaded before the walls

        self.exercise = find(exercise)
        readable = [os.path.join(ROOT, "cnnlib"), HERE, *python_folders()]
        sys.path[:] = [path for path in sys.path if path.startswith(tuple(readable))]
        return {"walls": walls.put_up(readable, folder, seconds, memory_mb, self.tried.append)}

    def do_run(self, cells: list, target: str) -> dict:
        """Run the statements that the answer needs; say what went wrong."""
        from tools.teaching.slicing import needed

        statements, said = needed([tuple(cell) for cell in cells], target)
        for cell, text, above in statements:
            name = f"<cell {cell}>"
            linecache.cache[name] = (0, None, dict(cells)[cell].splitlines(keepends=True), name)
            try:
                code = compile(ast.increment_lineno(ast.parse(text), above), name, "exec")
                exec(code, self.space)
            except BaseException as error:
                said.append(f"Cell {cell} stops: {type(error).__name__}: {str(error)[:200]}.")
        try:
            self.function = eval(target, self.space)
        except NameError:
            return {"said": said, "there": False}
        return {"said": said, "there": True, "callable": callable(self.function)}

    def do_untouched(self, arguments: dict) -> dict:
        """Say whether the answer is still the stub."""
        from cnnlib.checks.stubs import is_stub, is_untouched
        from tools.teaching.wire import decode

        def try_out(function):
            try:
                self.exercise.call(function, decode_given(arguments, decode))
            except BaseException:
                pass

        return {"untouched": bool(is_stub(self.function) or is_untouched(self.function, try_out))}

    def do_call(self, arguments: dict) -> dict:
        """Call the answer on one case; give the result, and the arguments where it changed them."""
        from cnnlib.checks.handing import kept, same
        from tools.teaching.wire import decode, encode

        given = decode_given(arguments, decode)
        before = kept(given)
        last, last_code = self.last, encode(self.last)
        value = self.exercise.call(self.function, given)
        reply = {"value": encode(value)}
        if last is not None and last is value and reply["value"] != last_code:
            reply["reused"] = True
        self.last = value if type(value).__name__ == "ndarray" else None
        changed = [i for i, (old, new) in enumerate(zip(before, given, strict=True)) if not same(old, new)]
        return reply | {"changed": {str(i): encode(given[i]) for i in changed}}


def decode_given(arguments: dict, decode) -> tuple:
    """Return a case's arguments; one that is an object of the course is made anew from its fields."""
    found = []
    for argument in arguments["items"]:
        if isinstance(argument, dict) and "make" in argument:
            module, _, name = argument["make"].partition(":")
            fields = {key: decode(value) for key, value in argument["fields"].items()}
            found.append(getattr(importlib.import_module(module), name)(**fields))
        else:
            found.append(decode(argument))
    return tuple(found)


def encode_given(arguments: tuple, encode) -> dict:
    """Write a case's arguments; the opposite of `decode_given`."""
    items = []
    for argument in arguments:
        if type(argument).__module__.startswith("cnnlib."):
            names = inspect.signature(type(argument)).parameters
            fields = {name: encode(getattr(argument, name)) for name in names}
            items.append({"make": f"{type(argument).__module__}:{type(argument).__name__}", "fields": fields})
        else:
            items.append(encode(argument))
    return {"items": items}


def python_folders() -> list[str]:
    """Return where Python and its packages lie, the system's libraries with them."""
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {os.path.join(place, "lib-dynload") for place in list(places)}
    places |= {os.path.join(sys.base_prefix, name) for name in ("lib", "DLLs")}
    places |= {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share"}
    return sorted(place for place in places if place and os.path.isdir(place))


if __name__ == "__main__":
    main()
