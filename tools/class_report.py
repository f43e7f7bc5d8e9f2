"""What a class believes: from the records that learners save with the button in notebook 00.

    python -m tools.class_report FOLDER             a table here, report.html and report.png in the folder
    python -m tools.class_report FOLDER --to PLACE

The files hold no names: a random key, what was predicted, answered and solved, and when. Nothing leaves this
computer. It lists which beliefs are common (exercise by misconception, question and prediction by belief),
which predictions surprised, which questions separate, and, where the test was taken before and after, its
gain and its items' difficulty and discrimination. Of two files with one key, which are one learner's, the
one that holds more counts.
"""

from __future__ import annotations

import argparse
import base64
import html
import statistics as st
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the file runs as a script too

from cnnlib.learning.assessment import Statistics, gain, statistics
from cnnlib.learning.items import load, present_name
from cnnlib.learning.store import NewerRecord, parse

KINDS = {
    "exercise": ("exercise", "slip"),
    "answer": ("question", "belief"),
    "surprise": ("prediction", "belief"),
}
FEW = 5  # people below which an item's statistics say nothing yet
SHOWN = 15


@dataclass
class Report:
    """What a class's records say.

    Attributes
    ----------
    people : int
    beliefs : list of (kind, item, belief, people who hold it, people who met the item)
        The most widely held first.
    predictions : list of (item, near, made, skipped)
        The most surprising first.
    questions, test : dict of Statistics
        By item; questions by their first answers.
    gains : list of (before, after)
        Shares of right answers, one pair a person who took both forms.
    unread : list of str
        Files that are no records.
    """

    people: int = 0
    beliefs: list = field(default_factory=list)
    predictions: list = field(default_factory=list)
    questions: dict[str, Statistics] = field(default_factory=dict)
    test: dict[str, Statistics] = field(default_factory=dict)
    gains: list = field(default_factory=list)
    unread: list = field(default_factory=list)


def read(folder: Path) -> tuple[list[list[dict]], list[str]]:
    """Return the events of each learner, and the names of files that are no records."""
    records, unread = {}, []
    for path in sorted(folder.glob("*.json")):
        try:
            content = parse(path.read_text("utf-8"))
            found = [{**event, "id": present_name(event["id"])} for event in content["events"]]
            key = content.get("key", path.name)
        except (OSError, ValueError, RecursionError, NewerRecord):
            unread.append(path.name)
            continue
        if len(found) > len(records.get(key, ())):
            records[key] = sorted(found, key=lambda event: str(event["when"]))
    return list(records.values()), unread


def analyse(records: list[list[dict]], unread: list[str] = ()) -> Report:
    """Work out the report of a class from the events of its learners."""
    return Report(
        people=len(records),
        beliefs=_beliefs(records),
        predictions=_predictions(records),
        questions=statistics(_first_answers(record, "answer") for record in records),
        test=statistics(_first_answers(record, "test") for record in records),
        gains=[pair for record in records if (pair := _before_and_after(record))],
        unread=list(unread),
    )


def _beliefs(records: list[list[dict]]) -> list[tuple]:
    """Count people, not events: who falls for the same thing three times believes it once."""
    holders, met = defaultdict(set), defaultdict(set)
    for person, record in enumerate(records):
        for event in record:
            if event.get("what") not in KINDS:
                continue
            kind, key = KINDS[event["what"]]
            met[kind, event["id"]].add(person)
            if event.get(key):
                holders[kind, event["id"], event[key]].add(person)
    rows = [(*who, len(people), len(met[who[:2]])) for who, people in holders.items()]
    return sorted(rows, key=lambda row: (-row[3], -row[3] / row[4], row[:3]))


def _predictions(records: list[list[dict]]) -> list[tuple]:
    near, made, skipped = defaultdict(int), defaultdict(int), defaultdict(int)
    for record in records:
        for event in {(e["what"], e["id"]): e for e in record}.values():
            if event["what"] == "surprise":
                made[event["id"]] += 1
                near[event["id"]] += bool(event.get("near"))
            skipped[event["id"]] += event["what"] == "skip"
    rows = [(name, near[name], made[name], skipped[name]) for name in made]
    return sorted(rows, key=lambda row: (row[1] / row[2], -row[2], row[0]))


def _first_answers(record: list[dict], what: str) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for event in record:
        if event.get("what") == what:
            found.setdefault(event["id"], bool(event.get("right")))
    return found


def _before_and_after(record: list[dict]) -> tuple[float, float] | None:
    """The shares of right answers in the form taken first and in the other."""
    forms: dict[str, dict[str, bool]] = {}
    for event in record:
        if event.get("what") == "test":
            forms.setdefault(event.get("form"), {}).setdefault(event["id"], bool(event.get("right")))
    if len(forms) < 2:
        return None
    before, after = list(forms.values())[:2]
    return st.mean(before.values()), st.mean(after.values())


def words(name: str) -> str:
    """The question of an item, short; an exercise's name as it is."""
    item = load().get(name)
    text = item.text() if item else name
    return text if len(text) <= 90 else text[:87] + "…"


def tables(report: Report) -> list[tuple[str, tuple, list[tuple]]]:
    """Return the report as (heading, columns, rows)."""
    beliefs = [(kind, name, belief, f"{n} of {met}") for kind, name, belief, n, met in report.beliefs[:SHOWN]]
    surprises = [
        (n, words(n), f"{near} of {made}", skips) for n, near, made, skips in report.predictions[:SHOWN]
    ]
    found = [
        ("What is believed", ("where", "item", "belief", "people"), beliefs),
        ("Which predictions surprised", ("item", "question", "near", "seen without"), surprises),
    ]
    for heading, items in (("Questions", report.questions), ("The test", report.test)):
        rows = [
            (name, words(name), f"{s.difficulty:.0%}", f"{s.discrimination:+.2f}", verdict(s))
            for name, s in sorted(items.items(), key=lambda pair: pair[1].discrimination)
        ]
        found.append((heading, ("item", "question", "right", "discrimination", "remark"), rows))
    return [table for table in found if table[2]]


def verdict(item: Statistics) -> str:
    """A remark on an item's statistics."""
    if item.answered < FEW:
        return f"only {item.answered} people"
    if item.discrimination < -2 / item.answered**0.5:  # two standard errors of a correlation of 0
        return "misleads those who know: look at its wording"
    if item.difficulty in (0, 1):
        return "separates nobody"
    return "separates little" if item.discrimination < 0.2 else ""


def sentences(report: Report) -> list[str]:
    """Return what stands above the tables."""
    lines = [f"{report.people} records."]
    if report.gains:
        before, after = (st.mean(share) for share in zip(*report.gains, strict=True))
        lines.append(
            f"The test, taken twice by {len(report.gains)}: {before:.0%} right before, {after:.0%} after; "
            f"{gain(before, after):.0%} of what was missing was gained."
        )
    if report.unread:
        lines.append(f"No records: {', '.join(report.unread)}.")
    return lines


def as_text(report: Report) -> str:
    """The report for a terminal."""
    parts = ["\n".join(sentences(report))]
    for heading, columns, rows in tables(report):
        lines = ["  ".join(str(cell) for cell in row) for row in (columns, *rows)]
        parts.append("\n".join([heading, "-" * len(heading), *lines]))
    return "\n\n".join(parts)


def as_html(report: Report, picture: bytes) -> str:
    """The report as one page that needs nothing else."""
    parts = [f"<p>{html.escape(line)}</p>" for line in sentences(report)]
    source = base64.b64encode(picture).decode("ascii")
    alt = "How many people hold each of the most common beliefs; the table beneath says the same"
    parts.append(f'<img src="data:image/png;base64,{source}" alt="{alt}">')
    for heading, columns, rows in tables(report):
        head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
        )
        parts.append(f"<h2>{heading}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return PAGE.format(body="\n".join(parts))


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>What the class believes</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-top: 1px solid #8888 }}
img {{ max-width: 100%; height: auto; background: #fff }}
</style><body><h1>What the class believes</h1>
{body}
</body></html>
"""


def picture_of(report: Report) -> bytes:
    """The most common beliefs as bars: people who hold it, of those who met the item."""
    import io

    from matplotlib.figure import Figure

    rows = report.beliefs[:SHOWN][::-1]
    figure = Figure(figsize=(9, 1.2 + 0.36 * len(rows)), layout="constrained")
    axes = figure.subplots()
    places = range(len(rows))
    axes.barh(places, [row[4] for row in rows], color="#dddddd", label="met the item")
    axes.barh(places, [row[3] for row in rows], color="#0072b2", label="hold the belief")
    axes.set_yticks(places, [f"{row[2]} ({row[1]})" for row in rows])
    axes.set_xlabel("people")
    axes.spines[["top", "right"]].set_visible(False)
    if rows:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Print the report and write its page and picture; return 0, or 1 if there is no record."""
    parser = argparse.ArgumentParser(description="What a class believes, from the records of its learners.")
    parser.add_argument("folder", type=Path, help="where the learners' my-record-….json are")
    parser.add_argument("--to", type=Path, help="where to write report.html and report.png; default: there")
    options = parser.parse_args(arguments)
    records, unread = read(options.folder)
    if not records:
        print(f"{options.folder} holds no record (my-record-….json).")
        return 1
    report = analyse(records, unread)
    target, picture = options.to or options.folder, picture_of(report)
    target.mkdir(parents=True, exist_ok=True)
    (target / "report.png").write_bytes(picture)
    (target / "report.html").write_text(as_html(report, picture), encoding="utf-8")
    print(as_text(report))
    print(f"\nWritten: {target / 'report.html'}, {target / 'report.png'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
