"""Rules about predictions: each is made, none is given away. And about exercises: they climb."""

from __future__ import annotations

import re

from cnnlib.learning import find, items
from cnnlib.learning.truths import needs
from tools.page import ROOT
from tools.site.live.cells import names

CALL = re.compile(r"^predict\(\s*[\"']([\w.-]+)[\"']\s*\)", re.MULTILINE)
EXERCISE = re.compile(r"^(?:\*\*)?(\d)\.(?=[ *]).*$", re.MULTILINE)
LEVELS = re.compile(r"\*(?:Warm-up|Core|Stretch), (\d+) minutes\.\*")


def asked_in(page):
    """Pairs (number of the cell, name) of the predictions of a page."""
    return [(number, name) for number, cell in page.code for name in CALL.findall(cell.source)]


def answered_in(page):
    """For each prediction the numbers of the cells that answer it (``answers="…"`` in their metadata)."""
    found = {}
    for number, cell in page.code:
        for name in str(cell.metadata.get("answers", "")).split():
            found.setdefault(name, []).append(number)
    return found


def predictions_are_made(page):
    """Every prediction of the notebook is asked once, and before the cell that answers it."""
    asked, answered = asked_in(page), answered_in(page)
    names, faults = [name for _, name in asked], []
    faults += [
        f"prediction {name} is asked {names.count(name)} times"
        for name in set(names)
        if names.count(name) > 1
    ]
    for number, name in asked:
        try:
            item = find(name)
        except ValueError as error:
            faults.append(f"cell {number}: {error}")
            continue
        if item.use != "prediction" or item.notebook != page.name[:2]:
            faults.append(f"cell {number}: {name} is no prediction of this notebook")
        if item.reveal == "run" and not any(cell > number for cell in answered.get(name, [])):
            faults.append(f'cell {number}: no later cell says answers="{name}"')
    faults += [
        f"cell {cells[0]}: answers {name}, which is not asked above it"
        for name, cells in answered.items()
        if not any(name == other and number < cells[0] for number, other in asked)
    ]
    left = {item.id for item in items("prediction", page.name[:2])} - set(names) if page.root == ROOT else ()
    return faults + [f"prediction {name} is never asked" for name in sorted(left)]


def truths_can_be_read(page):
    """What a card reads from the notebook's variables is there when it is asked for, and not before.

    A card that shows its answer on demand reads what the cells above it bind. One that waits for a cell reads
    what that cell binds: a name that means something else above it would be taken for the answer.
    """
    answered, faults = answered_in(page), []
    bound = {number: names(cell.source).binds for number, cell in page.code}
    for number, name in asked_in(page):
        item = next((item for item in items("prediction") if item.id == name), None)
        wanted = set(needs(item)) if item else set()
        above = set().union(*(found for cell, found in bound.items() if cell < number))
        if not wanted:
            continue
        if item.reveal == "try":
            if missing := sorted(wanted - above):
                faults.append(
                    f"cell {number}: {name} reads {', '.join(missing)}, which no cell above it binds"
                )
            continue
        below = set().union(*(bound[cell] for cell in answered.get(name, [])))
        if missing := sorted(wanted - above - below):
            faults.append(f"cell {number}: {name} reads {', '.join(missing)}, which no answering cell binds")
        if wanted <= above and (again := sorted(wanted & below)):
            faults.append(
                f"cell {number}: {name} reads {', '.join(again)}, which stands for another thing above it"
            )
    return faults


def cover_reaches(page):
    """The cover of a card reaches the last cell that answers it (`covers`: so many code cells beneath it)."""
    answered, faults = answered_in(page), []
    places = {number: place for place, (number, _) in enumerate(page.code)}
    for number, name in asked_in(page):
        item = next((item for item in items("prediction") if item.id == name), None)
        far = max((places[cell] - places[number] for cell in answered.get(name, [])), default=1)
        if item and item.covers < far:
            faults.append(
                f"cell {number}: {name} covers {item.covers} code cells, cell {far} beneath answers it"
            )
    return faults


def nothing_is_given_away(page):
    """In the learner's notebook no cell that answers a prediction, nor the next one, says anything yet."""
    if page.is_twin:
        return []
    faults = [
        f"cell {number}: answers {cell.metadata['answers']} and keeps its output"
        for number, cell in page.code
        if "answers" in cell.metadata and cell.get("outputs")
    ]
    for place, cell in enumerate(page.notebook.cells):
        predicts = CALL.search(cell.source) if cell.cell_type == "code" else "**Predict" in cell.source
        after = next((other for other in page.notebook.cells[place + 1 :] if other.cell_type == "code"), None)
        if predicts and after is not None and any(o.output_type == "stream" for o in after.outputs):
            faults.append(f"cell {place + 1}: the next code cell prints what is to be predicted")
    return faults


def exercises_climb(page):
    """Each exercise says its minutes and one of three levels: ``*Warm-up, 5 minutes.*``, Core, Stretch."""
    text = page.section("Exercises?") or ""
    found = [match.group() for match in EXERCISE.finditer(text)]
    return [f"exercise without level and minutes: {line[:50]!r}" for line in found if not LEVELS.search(line)]
