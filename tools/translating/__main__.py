"""The commands; see the package's text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.notebook_sources import find_sources
from tools.translating import catalogues
from tools.translating.sources import ROOT


def main(arguments: list[str] | None = None) -> int:
    """Do what a command says; 0 when all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tools.translating", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update", help="collect the texts anew; changed ones become fuzzy")
    commands.add_parser("compile", help="write what the package reads, cnnlib.mo")
    commands.add_parser("check", help="say what is not up to date, or not translated")
    new = commands.add_parser("new", help="begin a language, or add notebooks to one")
    new.add_argument("language", help="such as fr")
    new.add_argument("notebooks", nargs="*", help="such as 00")
    options = parser.parse_args(arguments)
    if options.command == "check":
        found = catalogues.faults()
        print("\n".join(found or map(catalogues.share, catalogues.languages())))
        return bool(found)
    if options.command == "new":
        sources = find_sources(options.notebooks) if options.notebooks else []
        files = catalogues.begin(options.language, sources)
    else:
        files = catalogues.update() if options.command == "update" else catalogues.compile_all()
    for file in files:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
