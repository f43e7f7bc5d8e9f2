"""The rules of the course's notebooks as a program.

    python -m tools.check_notebooks                 all notebooks and their twins
    python -m tools.check_notebooks notebooks/03_backpropagation.ipynb

Every rule is a function ``rule(page) -> list of sentences``; a sentence names the cell (counted from 1) and
what is wanted. What a rule demands, and why, is in its docstring. How numbers in the prose are vouched for is
told in `tools.prose`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the file runs as a script too

from tools import prose
from tools.code_cells import lines_fit, lines_of_code
from tools.kept_apart import nothing_is_chosen_on_test_images
from tools.links_and_pictures import links_resolve, pictures_are_here, pictures_have_alt_text
from tools.page import COURSE, LINK, ROOT, Page
from tools.predictions import (
    cover_reaches,
    exercises_climb,
    nothing_is_given_away,
    predictions_are_made,
    truths_can_be_read,
)
from tools.saved_outputs import absolute_paths, meant_errors_are_short, output_texts, saved_output_faults

OBJECTIVES = (3, 5)


def opening_cell(page):
    """First cell: a question as title, 3 to 5 objectives, what must be known, minutes, links back and on."""
    text, faults = page.opening, []
    title = text.strip().splitlines()[0] if text.strip() else ""
    if not re.match(r"# .*\?\s*$", title):
        faults.append(f"cell 1: the title is to be a question, '# …?'; found {title!r}")
    objectives = len(re.findall(r"^\s*(?:[-*+]|\d+[.)])\s", text, re.MULTILINE))
    low, high = OBJECTIVES
    if not low <= objectives <= high:
        faults.append(f"cell 1: {objectives} objectives in a list; wanted {low} to {high}")
    if not re.search(r"\b\d+\s*minutes\b", text):
        faults.append("cell 1: does not say how many minutes it takes ('45 minutes')")
    if not re.search(
        r"prerequisite|you need|you should know|must be known|to know before", text, re.IGNORECASE
    ):
        faults.append("cell 1: does not say what must be known ('You need: …')")
    return faults + _neighbours(page)


def _neighbours(page):
    """Links back and on, in the order of the course."""
    if page.name not in COURSE:
        return []
    place, faults = COURSE.index(page.name), []
    targets = [match[0] or match[1] for match in LINK.findall(page.opening)]
    for word, other in (("back", place - 1), ("on", place + 1)):
        wanted = 0 <= other < len(COURSE) and (
            other < 11 or (page.root / "notebooks" / f"{COURSE[other]}.ipynb").exists()
        )
        if wanted and not any(target.startswith(f"{COURSE[other]}.ipynb") for target in targets):
            faults.append(f"cell 1: no link {word} to {COURSE[other]}.ipynb")
    return faults


def closing_parts(page):
    """At the end: summary in three lines, exercises, questions that answer back, references with links."""
    faults = []
    summary = page.section("Summary|In three lines")
    lines = [line for line in (summary or "").splitlines() if line.strip()]
    if summary is None or len(lines) != 3:
        faults.append(f"the summary ('## Summary') is to have three lines; found {len(lines)}")
    if page.section("Exercises?") is None and not page.name.startswith("00"):
        faults.append("no heading 'Exercises'")
    asked = any(cell.source.startswith(f'quiz("{page.name[:2]}")') for _, cell in page.code)
    if page.section("Questions") is None or not asked:
        faults.append(f"no heading 'Questions' with a cell quiz(\"{page.name[:2]}\")")
    references = page.section("References|Further reading|Sources")
    if not references or not LINK.search(references):
        faults.append("no heading 'References' with links")
    return faults


def saved_outputs(page):
    """Saved with the outputs of one run from top to bottom; nothing machine-bound in them, below 700 KB."""
    counts = [cell.get("execution_count") for _, cell in page.code]
    faults = (
        [] if counts == list(range(1, len(counts) + 1)) else ["not saved from one run from top to bottom"]
    )
    if page.code and not any(cell.get("outputs") for _, cell in page.code):
        faults.append("no cell has an output")
    size = page.path.stat().st_size if page.path.exists() else 0
    return faults + saved_output_faults(page.notebook, size, page.root)


def warnings_shown(page):
    """No warnings in the outputs, unless the cell is there to show one (tag `expects-warning`)."""
    return [
        f"cell {number}: writes to stderr: {output.text.strip()[:80]!r}"
        for number, cell in page.code
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr" and "expects-warning" not in cell.metadata.get("tags", [])
    ]


def nothing_but_dots(page):
    """No cell shows ``Ellipsis``: an unanswered exercise that ends in a bare ``...`` would."""
    return [
        f"cell {number}: shows Ellipsis; a stub is to show nothing"
        for number, _, text in output_texts(page.notebook)
        if text.strip() == "Ellipsis"
    ]


def paths_in_sources(page):
    """No absolute path in code or prose either."""
    cells = enumerate(page.notebook.cells, start=1)
    found = [(number, absolute_paths(cell.source, page.root)) for number, cell in cells]
    return [f"cell {number}: absolute path {paths[0]!r}" for number, paths in found if paths]


def numbers_are_vouched_for(page):
    """Every number in the prose is computed here, asserted by a test, or marked with its source."""
    texts = [cell.source for _, cell in page.code] + [text for _, _, text in output_texts(page.notebook)]
    if page.twin is not None:  # the learner's notebook keeps no output that answers a prediction
        texts += [text for _, _, text in output_texts(page.twin)]
    pool, faults, references = (
        prose.pool_of_numbers(texts),
        [],
        page.section("References|Further reading|Sources"),
    )
    for number, text in page.markdown:
        text = text.replace(references or "\0", "")
        faults += [f"cell {number}: {fault}" for fault in prose.unvouched_numbers(text, pool, page.root)]
    return faults


def randomness_is_seeded(page):
    """Randomness comes from ``np.random.default_rng(seed)`` alone."""
    stray = re.compile(
        r"np\.random\.(?!default_rng\(\s*\w|Generator\b)\w*|default_rng\(\s*\)|^\s*import random\b",
        re.MULTILINE,
    )
    found = [(number, stray.search(cell.source)) for number, cell in page.code]
    return [
        f"cell {number}: {match.group().strip()!r}; use np.random.default_rng(seed)"
        for number, match in found
        if match
    ]


ANYWHERE = (
    saved_outputs,
    warnings_shown,
    nothing_but_dots,
    paths_in_sources,
    pictures_have_alt_text,
    pictures_are_here,
    links_resolve,
    numbers_are_vouched_for,
    randomness_is_seeded,
    meant_errors_are_short,
    nothing_is_chosen_on_test_images,
)
RULES = (
    lines_of_code,
    lines_fit,
    opening_cell,
    closing_parts,
    predictions_are_made,
    truths_can_be_read,
    cover_reaches,
    nothing_is_given_away,
    exercises_climb,
    *ANYWHERE,
)


def check(path: Path, root: Path = ROOT) -> list[str]:
    """List the faults of one notebook, each with the name of its rule."""
    page = Page(nbformat.read(path, as_version=4), path, root)
    rules = RULES if page.name[:1].isdigit() else ANYWHERE
    return [f"{rule.__name__}: {fault}" for rule in rules for fault in rule(page)]


def all_notebooks(root: Path = ROOT) -> list[Path]:
    """All notebooks of the course, twins included."""
    folder = root / "notebooks"
    return [*sorted(folder.glob("*.ipynb")), *sorted((folder / "solutions").glob("*.ipynb"))]


def main(arguments: list[str] | None = None) -> int:
    """Check; return 0 if all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Check the notebooks against the rules of the course.")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks; default: all")
    paths = parser.parse_args(arguments).paths or all_notebooks()
    found = 0
    for path in paths:
        faults = check(path.resolve())
        found += len(faults)
        print(f"{path.name}{' (answers)' if path.parent.name == 'solutions' else ''}: {len(faults)} faults")
        print("".join(f"  {fault}\n" for fault in faults), end="")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
