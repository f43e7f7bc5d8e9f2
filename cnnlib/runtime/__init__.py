"""The machine, and the language: threads, progress bars, errors shown in one line, catalogues."""

from cnnlib.runtime.errors_in_short import in_short
from cnnlib.runtime.language import speak

__all__ = ["in_short", "speak"]
