"""Python's half of a live page, which lies there beside `cnnlib`."""

from .host import Host

__all__ = ["Host"]
