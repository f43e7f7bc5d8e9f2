"""The teacher's bank: questions with fresh numbers from a seed, for Moodle, Canvas and paper.

    python -m tools.teaching.bank 03 04 --seed 7 --to exam             five questions of each notebook
    python -m tools.teaching.bank all --questions 2 --seed 8 --to exam

Written are exam-7.gift.txt (Moodle: Import, GIFT format), exam-7.qti.zip (Canvas: Import, QTI 1.2; needs
`pip install text2qti`), exam-7.html for print, and exam-7-solutions.html. One seed gives one exam, always the
same; keep it from your learners, for with it anybody can draw the same numbers.

A question is drawn again until no known wrong answer counts as right.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnlib.learning import compute, find
from cnnlib.learning.grading import number_of
from tools.teaching import bank_numbers
from tools.teaching.bank_faults import FAULTS
from tools.teaching.bank_prints import PRINTS
from tools.teaching.bank_templates import Faults, Prints
from tools.teaching.calling import parser

ALL = [*bank_numbers.RANGES, *(each.name for each in (*PRINTS, *FAULTS))]
NOTEBOOKS = sorted({name.partition(".")[0] for name in ALL} - {"test"})
TRIES = 500


@dataclass(frozen=True)
class Question:
    """A question as it is put, with what is right.

    Attributes
    ----------
    name, notebook, ask, code, unit, why : str
    given : dict
        The numbers drawn.
    answer : float or str
        A number, or the right one of `choices`.
    low, high : float
        Between which a number counts as right.
    choices : tuple of str
        Empty for numbers.
    wrong : tuple of (answer, belief, sentence)
    """

    name: str
    notebook: str
    ask: str
    given: dict[str, Any]
    answer: float | str
    code: str = ""
    unit: str = ""
    why: str = ""
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    wrong: tuple = ()


def templates(notebook: str) -> list[str]:
    """Return the names of a notebook's templates; those of the course's test belong to none.

    >>> len(templates("03")) >= 8
    True
    """
    return [name for name in ALL if name.partition(".")[0] == notebook]


def question(name: str, seed: int, turn: int = 0) -> Question:
    """Return a template's question with the numbers of a seed; another `turn` gives others.

    >>> question("03.product", 1) == question("03.product", 1)
    True
    """
    rng = random.Random(f"{seed}/{name}/{turn}")
    for maker, known in ((_prints, PRINTS), (_fault, FAULTS)):
        for template in known:
            if template.name == name:
                return maker(template, rng)
    return _number(name, rng)


def _separates(made: Question) -> bool:
    """Whether every known wrong answer counts as wrong, and no border is nearly 0 (QTI cannot say it)."""
    if min(abs(made.low), abs(made.high)) < 1e-3:
        return False
    return not any(made.low <= value <= made.high for value, _, _ in made.wrong)


def _number(name: str, rng: random.Random) -> Question:
    """Draw numbers for an item of the course until they separate right from wrong."""
    item = find(name)
    for _ in range(TRIES):
        given = bank_numbers.draw(name, rng)
        fresh = dataclasses.replace(item, given=(given,))
        right = float(compute(fresh))
        wrong = tuple((number_of(b.answer, given), b.name, b.says) for b in item.wrong if b.name)
        low, high = (
            (right / item.near, right * item.near) if item.log else (right - item.near, right + item.near)
        )
        notebook = item.notebook
        made = Question(
            name, notebook, fresh.text(), given, right, item.code, item.unit, item.why, low, high, wrong=wrong
        )
        if _separates(made):
            return made
    raise ValueError(f"{name}: no numbers found that separate right from wrong")


def output_of(code: str) -> str:
    """Return what lines of code print.

    >>> output_of("print(1 + 1)")
    '2'
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<question>", "exec"), {})
    return printed.getvalue().strip()


def _prints(template: Prints, rng: random.Random) -> Question:
    """Draw numbers for a few lines until they separate right from wrong."""
    for _ in range(TRIES):
        given = template.draw(rng)
        code = template.code.format(**given)
        right = float(output_of(code))
        room = 0.0 if right == int(right) else 0.6 * 10.0 ** -max(2, _digits(right))
        wrong = tuple((float(value(**given)), belief, says) for value, belief, says in template.wrong)
        ask, notebook = "What does this print?", template.name[:2]
        made = Question(
            template.name,
            notebook,
            ask,
            given,
            right,
            code,
            "",
            template.why,
            right - room,
            right + room,
            wrong=wrong,
        )
        if _separates(made):
            return made
    raise ValueError(f"{template.name}: no numbers found that separate right from wrong")


def _digits(number: float) -> int:
    return len(repr(number).partition(".")[2])


def _fault(template: Faults, rng: random.Random) -> Question:
    """Plant one of the faults."""
    place, line, why = rng.choice(template.faults)
    lines = [line if number == place else right for number, right in enumerate(template.lines, start=1)]
    choices = tuple(f"line {number}" for number in range(1, len(lines) + 1))
    ask = f"{template.does} One line is at fault. Which?"
    code = "\n".join(f"{number}  {text}" for number, text in enumerate(lines, start=1))
    given = {"place": place, "line": line}
    return Question(
        template.name, template.name[:2], ask, given, f"line {place}", code, "", why, choices=choices
    )


def draw(notebooks: list[str], seed: int, number: int = 5) -> list[Question]:
    """Draw questions of some notebooks, so many of each, in the order of the course."""
    found = []
    for notebook in notebooks:
        names = templates(notebook)
        random.Random(f"{seed}/{notebook}").shuffle(names)
        for name in sorted(names[:number]):
            turns = (question(name, seed, turn) for turn in range(TRIES))
            there = {(each.ask, each.code) for each in found}
            found.append(next(made for made in turns if (made.ask, made.code) not in there))
    return found


def short(value: float) -> str:
    """Return a number as it is written in an exam.

    >>> short(6.0), short(0.30000000000000004), short(1168.0)
    ('6', '0.3', '1168')
    """
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}"


def main(arguments: list[str] | None = None) -> int:
    """Write an exam in all forms; return 0, or 2 when a notebook is unknown."""
    from tools.teaching import bank_forms

    made = parser("bank", "Questions with fresh numbers from a seed, for Moodle, Canvas and paper.")
    made.prog = "python -m tools.teaching.bank"
    made.add_argument(
        "notebooks", nargs="+", help="such as 03 04, `test` for those of the course's test, or all"
    )
    made.add_argument("--seed", type=int, required=True, help="a number that you keep to yourself")
    made.add_argument("--questions", type=int, default=5, help="of each notebook")
    made.add_argument("--to", type=Path, default=Path(), help="a folder")
    options = made.parse_args(arguments)
    wanted = [*NOTEBOOKS, "test"] if "all" in options.notebooks else options.notebooks
    if unknown := [name for name in wanted if not templates(name)]:
        print(
            f"no questions on {', '.join(unknown)}; there are: {', '.join(NOTEBOOKS)}, test.", file=sys.stderr
        )
        return 2
    questions = draw(wanted, options.seed, options.questions)
    for sentence in bank_forms.write(questions, options.to, f"exam-{options.seed}"):
        print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
