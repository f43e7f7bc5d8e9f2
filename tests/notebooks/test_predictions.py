"""Rules about predictions and exercises: a sound page passes, each fault is named. What a build hides."""

from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cnnlib.learning import items
from tools import build_notebooks as builder
from tools import predictions as rules
from tools.page import Page
from tools.site import staging

FOUND = "before = 1\n"  # what the card of 00.untrained reads
NAMES = [item.id for item in items("prediction", "00")]


def stream(text="22\n"):
    return new_output("stream", name="stdout", text=text)


def sound(name="00_start_here", folder="notebooks"):
    """A page that asks every prediction of notebook 00 and gives none away."""
    cells = [
        new_markdown_cell(
            "# Why?\n\n## Exercises\n\n1. *Core, 10 minutes.* Do it.\n**2. More.** *Warm-up, 5 minutes.* It."
        )
    ]
    for prediction in NAMES:
        cells.append(new_code_cell(f'predict("{prediction}")'))
        cells.append(new_code_cell(FOUND + "print(22)", metadata={"answers": prediction}))
    from pathlib import Path

    return Page(new_notebook(cells=cells), Path(folder) / f"{name}.ipynb")


def faults(page):
    return [
        *rules.predictions_are_made(page),
        *rules.truths_can_be_read(page),
        *rules.cover_reaches(page),
        *rules.nothing_is_given_away(page),
        *rules.exercises_climb(page),
    ]


def test_a_sound_page_passes():
    assert faults(sound()) == []


def no_answer(page):
    del page.notebook.cells[2].metadata["answers"]


def output_kept(page):
    page.notebook.cells[2].outputs = [stream()]


def asked_twice(page):
    page.notebook.cells.append(page.notebook.cells[1])


def never_asked(page):
    page.notebook.cells = page.notebook.cells[:-2]


def unknown(page):
    page.notebook.cells[1].source = 'predict("00.unknown")'


def of_another_notebook(page):
    page.notebook.cells.append(new_code_cell('predict("01.window")'))


def answered_first(page):
    page.notebook.cells.insert(1, new_code_cell("1", metadata={"answers": NAMES[0]}))


def in_prose(page):
    page.notebook.cells += [
        new_markdown_cell("**Predict.** How many?"),
        new_code_cell("1", outputs=[stream()]),
    ]


def printed_next(page):
    page.notebook.cells.insert(2, new_code_cell("print(22)", outputs=[stream()]))


def reads_a_former_thing(page):
    page.notebook.cells.insert(1, new_code_cell("before = 5"))


def reads_nothing(page):
    page.notebook.cells[2].source = "print(22)"


def answers_late(page):
    page.notebook.cells[2:2] = [new_code_cell("1") for _ in range(3)]


def no_minutes(page):
    page.notebook.cells[0].source += "\n3. Do more."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (no_answer, 'no later cell says answers="00.untrained"'),
        (output_kept, "keeps its output"),
        (asked_twice, "asked 2 times"),
        (never_asked, "never asked"),
        (unknown, "expected an item such as"),
        (of_another_notebook, "no prediction of this notebook"),
        (answered_first, "not asked above it"),
        (in_prose, "prints what is to be predicted"),
        (printed_next, "prints what is to be predicted"),
        (reads_a_former_thing, "reads before, which stands for another thing above it"),
        (reads_nothing, "reads before, which no answering cell binds"),
        (answers_late, "covers 3 code cells, cell 4 beneath answers it"),
        (no_minutes, "without level and minutes"),
    ],
)
def test_each_fault_is_named(change, words):
    page = sound()
    change(page)
    assert words in " ".join(faults(page))


def test_a_card_that_answers_on_demand_reads_what_stands_above(monkeypatch):
    monkeypatch.setattr(rules, "needs", lambda item: ("model",) if item.id == "00.images-seen" else ())
    assert "00.images-seen reads model, which no cell above it binds" in " ".join(faults(sound()))
    page = sound()
    page.notebook.cells.insert(1, new_code_cell("model = 1"))
    assert faults(page) == []


def test_the_twin_keeps_its_outputs():
    page = sound(folder="solutions")
    output_kept(page)
    assert rules.nothing_is_given_away(page) == []


def test_a_build_hides_answers_and_has_them_not_compared():
    cells = [
        new_markdown_cell("# Why?"),
        new_code_cell("print(1)"),
        new_code_cell("print(22)", metadata={"answers": "01.window"}),
    ]
    learner = builder.make_notebook(cells, "01_forward_pass", answers=False)
    twin = builder.make_notebook(cells, "01_forward_pass", answers=True)
    for notebook in (learner, twin):
        for cell in notebook.cells[1:]:
            cell.outputs = [stream()]
    builder.hide_answers(learner)
    assert [len(cell.outputs) for cell in learner.cells[1:]] == [1, 0]
    assert learner.cells[2].metadata["tags"] == ["nbval-ignore-output"]
    assert "tags" not in twin.cells[2].metadata and "tags" not in learner.cells[1].metadata


def test_a_build_takes_out_what_a_cell_asserts_of_an_answer():
    tells = "x = 22\nassert (\n    x == 22\n)\nprint(x)"
    cells = [
        new_markdown_cell("# Why?"),
        new_code_cell(tells, metadata={"answers": "01.window"}),
        new_code_cell(tells, metadata={"answers": "06.infinite", "tags": ["raises-exception"]}),
        new_code_cell(tells),
    ]
    learner = builder.make_notebook(cells, "01_forward_pass", answers=False)
    assert [cell.source for cell in learner.cells[1:]] == ["x = 22\nprint(x)", tells, tells]
    twin = builder.make_notebook(cells, "01_forward_pass", answers=True)
    assert twin.cells[1].source == tells


def test_a_source_without_a_number_has_no_twin(tmp_path):
    assert list(builder.targets(tmp_path / "source" / "review.py")) == [False]
    assert list(builder.targets(tmp_path / "source" / "01_x.py")) == [False, True]


def test_web_pages_fold_what_the_twin_keeps(tmp_path):
    answers = new_code_cell("print(22)", metadata={"answers": "01.window"})
    other = new_code_cell("print(1)", outputs=[stream("1\n")])
    learner = new_notebook(cells=[answers, other])
    twin = nbformat.from_dict(
        learner.copy() | {"cells": [{**answers, "outputs": [stream("22 < 23\n")]}, other]}
    )
    staging.bring_answers(learner, twin)
    staging.prepare(learner, tmp_path, "")
    folded = learner.cells[0].outputs[0].data["text/html"]
    assert (
        folded.startswith('<details class="cnn-answer"><summary>Show what happens</summary>')
        and "22 &lt; 23" in folded
    )
    assert "<details" not in str(learner.cells[1].outputs)


def test_every_notebook_of_the_course_keeps_the_rules(repository):
    for source in sorted((repository / "notebooks" / "source").glob("[0-9]*.py")):
        cells = builder.read_source(source)
        notebook = builder.make_notebook(cells, source.stem, answers=False)
        page = Page(notebook, builder.targets(source)[False])
        assert faults(page) == [], source.name
        assert not any("**Predict" in cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_a_learners_notebook_as_saved_gives_nothing_away(repository):
    """The committed notebooks: no code cell after a prediction prints anything."""
    for path in sorted((repository / "notebooks").glob("[0-9]*.ipynb")):
        page = SimpleNamespace(notebook=nbformat.read(path, as_version=4), is_twin=False)
        page.code = [(n, c) for n, c in enumerate(page.notebook.cells, start=1) if c.cell_type == "code"]
        assert rules.nothing_is_given_away(page) == [], path.name
