"""What the tools that `course.py` hands over to have in common: paths count from where it was called."""

from __future__ import annotations

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser that knows the option by which `course.py` says where it was called."""
    made = argparse.ArgumentParser(prog=f"course.py {command}", description=description)
    made.add_argument("--called-from", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    return made
