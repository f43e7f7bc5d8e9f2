"""Mark a hand-in: each answer in a walled process of its own, on the checks' cases and on fresh ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from cnnlib.checks.exercise import Exercise, find
from cnnlib.checks.judging import judge
from cnnlib.checks.running import TimeUp
from tools.teaching.answering import encode_given
from tools.teaching.asking import Answer, Asked, Gone, Limits, with_cases_of
from tools.teaching.parcel import Parcel
from tools.teaching.wire import encode

ROOT = Path(__file__).resolve().parents[2]
CHECK = re.compile(r"^check\(\s*[\"']([\w.]+)[\"']\s*,\s*([\w.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Task:
    """An exercise as a notebook asks for it: which expression is the answer, and its points."""

    exercise: str
    notebook: str
    target: str
    points: float = 1


@dataclass
class Mark:
    """What became of one answer: ``"right"``, ``"wrong"``, ``"not attempted"`` or ``"not handed in"``."""

    task: Task
    outcome: str
    sentence: str = ""
    belief: str = ""
    walls: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """Points: all or none."""
        return self.task.points if self.outcome == "right" else 0


def tasks(folder: Path = ROOT / "notebooks") -> list[Task]:
    """Return the exercises of the course's own notebooks, in their order.

    What is asked is read from here, never from a hand-in.
    """
    found = []
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for name, target in CHECK.findall(cell.source) if cell.cell_type == "code" else ():
                points = cell.metadata.get("nbgrader", {}).get("points", 1)
                found.append(Task(name, path.stem, target, points))
    return found


def mark(parcel: Parcel, task: Task, seed: int, limits: Limits) -> Mark:
    """Mark one answer of a hand-in; whatever its code does, a mark and a sentence come of it.

    Of a notebook in several languages the first counts in which somebody has worked on the answer.
    """
    unread = next((said for said in parcel.said if task.notebook in said.partition(":")[0]), "")
    found = Mark(task, "not handed in", unread)
    for cells in parcel.in_every_language(task.notebook):
        found = _mark(cells, task, seed, limits)
        if found.outcome != "not attempted":
            break
    return found


def _mark(cells: list, task: Task, seed: int, limits: Limits) -> Mark:
    exercise = with_cases_of(find(task.exercise), seed)
    try:
        with Asked(exercise, limits) as asked:
            outcome = Mark(task, *_judged(asked, exercise, cells, task), asked.walls)
            if asked.tried and outcome.outcome != "not attempted":
                outcome.sentence = f"{outcome.sentence} Note: {asked.tried}.".strip()
            return outcome
    except TimeUp:
        return Mark(task, "wrong", "Its process did not start in time: mark it again.")
    except Gone as gone:
        return Mark(task, "wrong", str(gone))


def _judged(asked: Asked, exercise: Exercise, cells: list, task: Task) -> tuple[str, str, str]:
    """Run what the answer needs and judge it: outcome, sentence, belief."""
    try:
        run = asked.ask("run", asked.limits.clock, cells=cells, target=task.target)
    except TimeUp:
        return "wrong", "It was stopped while its cells ran: a loop without end?", ""
    said = " ".join(str(each)[:300] for each in run.get("said", [])[:3] if isinstance(each, str))
    if "error" in run:
        return "wrong", f"Its cells cannot be run: {str(run['error'])[:40]}.", ""
    if run.get("there") is not True:
        return ("wrong" if said else "not attempted"), said or f"There is no {task.target}.", ""
    if not exercise.value and run.get("callable") is not True:
        return _not_callable(asked, exercise, said)
    if _is_untouched(asked, exercise):
        return "not attempted", "", ""
    outcome, finding = judge(exercise, Answer(asked))
    if outcome == "right" and not asked.gone:
        return "right", "", ""
    if finding is None:
        return "wrong", asked.gone, ""
    told = asked.gone if "Gone" in finding.sentence and asked.gone else finding.sentence
    return "wrong", " ".join(filter(None, (told, finding.likely, said))), finding.misconception


def _not_callable(asked: Asked, exercise: Exercise, said: str) -> tuple[str, str, str]:
    if _is_untouched(asked, exercise):
        return "not attempted", said, ""
    return "wrong", f"It is no function {exercise.signature}. {said}".strip(), ""


def _is_untouched(asked: Asked, exercise: Exercise) -> bool:
    """Ask whether the answer is still the stub: to say so can only cost the learner points."""
    first = encode_given(exercise.all_cases()[0], encode)
    try:
        return asked.ask("untouched", 5, arguments=first).get("untouched") is True
    except (Gone, TimeUp):
        return False
