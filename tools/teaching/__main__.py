"""Make what a teacher gets.

    python -m tools.teaching sheets                    answers to the predictions, one sheet a lesson
    python -m tools.teaching plans                     a plan a lesson, and courses of 4, 8 and 12 hours
    python -m tools.teaching slides                    a deck a notebook
    python -m tools.teaching prints                    for the board and for paper
    python -m tools.teaching all 03 --to FOLDER --pdf  everything of one notebook, as PDF too
    python -m tools.teaching plans 03 --text TEACHING.md --picture docs/plan.webp    what TEACHING.md shows

Lessons are named by number or topic; all are made when none is named. Needs the `site` extra; for slides and
for set formulae Node and npm, the first time with a connection; for `--pdf` Chromium or Chrome. A deck with
its notes: open `….slides.html?print-pdf&notes` and print.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tools.teaching import plan_text
from tools.teaching.lessons import ROOT, find, lessons
from tools.teaching.pages import browser, print_pdf, take_picture
from tools.teaching.text import has_node

KINDS = ("sheets", "plans", "slides", "prints")


def main(arguments: list[str] | None = None) -> int:
    """Make what is asked for; say where it lies."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=[*KINDS, "all"])
    parser.add_argument("lessons", nargs="*", help="number or topic; default: all")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "teaching", metavar="FOLDER")
    parser.add_argument(
        "--site", default="../../site", help="address of the web site, for links to live pages"
    )
    parser.add_argument("--pdf", action="store_true", help="print each page as PDF, too")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the first page made, as a picture")
    parser.add_argument("--text", type=Path, metavar="FILE", help="renew the plan of the lesson in a page")
    options = parser.parse_args(arguments)
    os.environ["CNNLIB_PROGRESS"] = "off"  # answers are computed by running notebooks: no learner did
    chosen = [find(name) for name in options.lessons] or list(lessons().values())
    pages, kinds = [], list(KINDS) if options.kind == "all" else [options.kind]
    if "slides" in kinds and not has_node():
        print(
            "No slides: they need Node and npm, https://nodejs.org, and the first time a connection."
            " Formulae stand as they are typed."
        )
        kinds.remove("slides")
    for kind in kinds:
        made = make(kind, chosen, options.to / kind, options.site, whole=not options.lessons)
        pages += [(page, "?print-pdf" if kind == "slides" else "") for page in made]
    if options.text:
        plan_text.renew(options.text, chosen[0])
    if options.picture:
        with browser() as started:
            take_picture(started, pages[0][0], options.picture)
    if options.pdf:
        with browser() as started:
            pages += [(print_pdf(started, page, query), "") for page, query in pages]
    print("\n".join(str(page) for page, _ in pages))
    return 0


def make(kind: str, chosen: list, folder: Path, site: str, whole: bool) -> list[Path]:
    """Make the pages of a kind; `whole` when all lessons are meant, with what belongs to none of them."""
    from tools.teaching import courses, plans, prints, sheets, slides

    if kind == "sheets":
        return [sheets.write_sheet(lesson, folder) for lesson in chosen]
    if kind == "plans":
        pages = [plans.write_plan(lesson, folder, site) for lesson in chosen]
        return pages + (courses.write_courses(folder) if whole else [])
    if kind == "slides":
        return [slides.write_deck(lesson, folder, site) for lesson in chosen]
    asked = [len([name for s in lesson.sections for name in s.predictions]) for lesson in chosen]
    topics = ("",) if whole else tuple(lesson.topic for lesson in chosen)
    return prints.write_prints(folder, most=max(asked), topics=topics)


if __name__ == "__main__":
    raise SystemExit(main())
