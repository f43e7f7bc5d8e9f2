"""`course.py collect FOLDER`: mark every hand-in of a folder, without harm to this computer.

    python3 course.py collect path/to/hand-ins
    python3 course.py collect path/to/hand-ins --notebooks 03 04 --to marks --seed 7

Each answer runs in a process of its own behind walls (`tools/teaching/walls.py` says which, and what they
hold), on the checks' cases and on more from a seed. What is right is decided here, in a process that runs
nothing of a hand-in.
Written are a table (marks.csv: a line a learner), what was said to each answer (answers.csv), and the class
report.
"""

from __future__ import annotations

import csv
import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnnlib import __version__
from tools import class_report
from tools.teaching.asking import Limits
from tools.teaching.calling import parser
from tools.teaching.marking import Mark, Task, mark, tasks
from tools.teaching.parcel import Parcel, Refused, read

WALLS = {
    "limits": "computing time, memory and size of files are limited",
    "files": "it reads Python and cnnlib alone and writes a temporary folder alone (Landlock)",
    "calls": "it starts no process, signals none, opens no connection (seccomp)",
    "watch": "Python's audit hook refuses the same inside Python",
}


@dataclass
class Row:
    """One hand-in with its marks; `refused` says why it could not be read."""

    parcel: Parcel
    marks: list[Mark]
    refused: str = ""

    @property
    def points(self) -> float:
        """Sum of the points."""
        return sum(mark.points for mark in self.marks)

    def remarks(self) -> list[str]:
        """What a teacher should know about the hand-in as a whole."""
        said = [self.refused, *self.parcel.said]
        if self.parcel.version and self.parcel.version != __version__:
            said.append(f"made with course {self.parcel.version}, marked with {__version__}")
        return [sentence for sentence in said if sentence]


def read_all(folder: Path) -> list[Row]:
    """Read the hand-ins of a folder and of the folders in it, in the order of their names."""
    rows = []
    for path in sorted(folder.rglob("*.zip")):
        try:
            rows.append(Row(read(path), []))
        except Refused as refused:
            rows.append(Row(Parcel(path.name), [], str(refused)))
    return rows


def asked_for(rows: list[Row], notebooks: list[str]) -> list[Task]:
    """Return the exercises of the notebooks named, or of all that somebody handed in."""
    handed_in = {name.rpartition("/")[2] for row in rows for name in row.parcel.cells}
    return [
        task
        for task in tasks()
        if (task.notebook[:2] in notebooks if notebooks else task.notebook in handed_in)
    ]


def mark_all(rows: list[Row], wanted: list[Task], seed: int, limits: Limits) -> Iterator[Row]:
    """Mark one hand-in after another; yield each when it is done."""
    for row in rows:
        if not row.refused:
            row.marks = [mark(row.parcel, task, seed, limits) for task in wanted]
        yield row


def table(rows: list[Row], wanted: list[Task]) -> list[list[str]]:
    """Return the marks as lines of cells, the head first."""
    most = sum(task.points for task in wanted)
    head = ["name", "file", "points", "of", *(task.exercise for task in wanted), "remarks"]
    lines = [head]
    for row in rows:
        each = [f"{mark.points:g}" for mark in row.marks] or ["0"] * len(wanted)
        name = row.parcel.name or "(no name)"
        lines.append([name, row.parcel.file, f"{row.points:g}", f"{most:g}", *each, "; ".join(row.remarks())])
    return lines


def answers(rows: list[Row]) -> list[list[str]]:
    """Return what was said to each answer as lines of cells."""
    lines = [["name", "file", "exercise", "outcome", "sentence", "belief"]]
    for row in rows:
        for each in row.marks:
            about = [row.parcel.name, row.parcel.file, each.task.exercise]
            lines.append([*about, each.outcome, each.sentence, each.belief])
    return lines


def write_csv(path: Path, lines: list[list[str]]) -> None:
    """Write a table that no spreadsheet takes for formulas, whatever a learner is called."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for line in lines:
            writer.writerow(["'" + cell if cell[:1] in "=+-@\t\r" and cell else cell for cell in line])


def write(target: Path, rows: list[Row], wanted: list[Task], seed: int) -> None:
    """Write marks, answers, and the class report."""
    records = target / "records"
    records.mkdir(parents=True, exist_ok=True)
    for old in records.glob("record-*.json"):
        old.unlink()
    write_csv(target / "marks.csv", table(rows, wanted))
    write_csv(target / "answers.csv", answers(rows))
    for number, row in enumerate(rows, start=1):
        if row.parcel.record is not None:
            (records / f"record-{number:03}.json").write_text(json.dumps(row.parcel.record), encoding="utf-8")
    about = {"seed": seed, "version": __version__, "exercises": [task.exercise for task in wanted]}
    (target / "marking.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    if list(records.glob("record-*.json")):
        class_report.main([str(records), "--to", str(target)])
    else:
        print("No hand-in brought a record of predictions and answers: there is no class report.")


def said(row: Row, wanted: list[Task]) -> list[str]:
    """Return what the terminal shows of a hand-in: its points, then a line for each thing to know."""
    name, of = row.parcel.name or row.parcel.file, sum(task.points for task in wanted)
    lines = [f"{name}: {row.points:g} of {of:g}"]
    lines += [f"    {m.task.exercise}: {m.outcome}. {m.sentence}" for m in row.marks if m.sentence]
    return lines + [f"    {remark}" for remark in row.remarks()]


def say_walls(rows: list[Row]) -> str:
    """Say which walls stood, and plainly which did not."""
    standing = next((mark.walls for row in rows for mark in row.marks if mark.walls), [])
    lines = [f"  {'yes' if name in standing else 'NO '}  {what}" for name, what in WALLS.items()]
    if standing and not {"limits", "files", "calls"} <= set(standing):
        lines.append(
            "  Not all walls stand on this system: mark in a container or on Linux 5.13 or newer if you"
        )
        lines.append("  do not trust the hand-ins. Processes that take too long are ended everywhere.")
    return "\n".join(["While a hand-in ran:", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Mark, print the table, and write it."""
    made = parser("collect", "Mark every hand-in (hand-in-….zip) of a folder.")
    made.add_argument("folder", type=Path)
    made.add_argument("--to", type=Path, help="where to write; default: marks in the folder")
    made.add_argument("--notebooks", nargs="*", default=[], help="such as 03 04; default: all that came in")
    made.add_argument("--seed", type=int, help="of the cases; default: a new one, which marking.json keeps")
    made.add_argument("--seconds", type=int, default=60, help="of computing for each answer")
    made.add_argument("--memory", type=int, default=2000, help="megabytes for each answer")
    options = made.parse_args(arguments)
    folder = options.called_from / options.folder
    target = options.called_from / options.to if options.to else folder / "marks"
    rows = read_all(folder)
    wanted = asked_for(rows, options.notebooks)
    if not rows or not wanted:
        print(f"{folder} holds no hand-in with exercises (hand-in-….zip).", file=sys.stderr)
        return 1
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    limits = Limits(options.seconds, 2 * options.seconds, options.memory)
    for number, row in enumerate(mark_all(rows, wanted, seed, limits), start=1):
        print(f"{number} of {len(rows)}  " + "\n".join(said(row, wanted)), flush=True)
    print(say_walls(rows))
    write(target, rows, wanted, seed)
    there = target.resolve()
    print(f"Written: {there / 'marks.csv'}, {there / 'answers.csv'}; seed {seed}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
