"""The machine: threads, progress bars, and errors shown in one line."""

from cnnlib.runtime.errors_in_short import in_short

__all__ = ["in_short"]
