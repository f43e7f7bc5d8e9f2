"""The share line: a run as an address, of the original page and of this widget."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say
from cnnlib.widgets.base import BadValue, TextField

PAGE = "https://playground.tensorflow.org/"


@dataclass(frozen=True)
class ShareLine(TextField):
    """A box for an address with settings behind its ``#``.

    >>> ShareLine("share", "#", 99, "Share").clean(" https://playground.tensorflow.org/#seed=1 ")
    'https://playground.tensorflow.org/#seed=1'
    """

    def clean(self, value) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if "#" not in text or not text.isascii() or len(text) > self.longest:
            raise ValueError(f"{self.title}: expected an address with # and settings behind it")
        return text


def line_of(run: Run, altered: bool) -> str:
    """A run as a line: settings and epoch, and the weights where these do not give them."""
    return PAGE + run.to_text(altered)


def run_of(line: str) -> Run:
    """The run of a line; BadValue where it has none."""
    try:
        return Run.from_text(line)
    except ValueError as problem:
        raise BadValue(say("Share: {problem}.", problem=str(problem))) from None
