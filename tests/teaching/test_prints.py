"""Sheets to print: numbers that cnnlib computed, tasks apart from solutions."""

import re

import numpy as np

from cnnlib.learning import find as find_item
from tools.teaching.kernels import sums
from tools.teaching.lessons import ROOT, find
from tools.teaching.prints import board, write_prints


def test_the_sums_by_hand_are_right_whole_numbers_and_others_with_another_seed():
    tasks = sums(0)
    x, w = (given.table for given in tasks[0].given)
    by_hand = [[(x[i : i + 3, j : j + 3] * w).sum() for j in range(2)] for i in range(2)]
    np.testing.assert_array_equal(tasks[0].result.table, by_hand)
    dy, dw = tasks[4].given[1].table, tasks[4].result.table
    assert dw[0, 0] == (x[:2, :2] * dy).sum()
    assert all(np.array_equal(task.result.table, task.result.table.round()) for task in tasks)
    assert not np.array_equal(sums(1)[0].result.table, tasks[0].result.table)


def test_the_board_shows_the_graph_of_the_card_and_of_the_widget_in_the_lesson():
    drawn, asked = board(), find_item("03.dx")
    assert all(f"{name} = {drawn['values'][name]:g}" in asked.text() for name in "wxbt")
    (line,) = [
        line for section in find("backpropagation").sections for line in section.states if "ChainRule" in line
    ]
    assert f"w={drawn['values']['w']:g}" in line
    assert drawn["values"]["E"] == 6.125 and drawn["gradients"]["x"] == 8.75 and len(drawn["arrows"]) == 7


def test_a_lesson_gets_the_sheets_that_belong_to_it(tmp_path):
    made = {
        topic: [p.stem for p in write_prints(tmp_path, topics=(topic,))]
        for topic in ("loss", "backpropagation")
    }
    assert made == {
        "loss": ["prediction_form"],
        "backpropagation": ["graph_for_the_board", "prediction_form"],
    }


def test_the_tasks_stand_apart_from_their_solutions(tmp_path):
    graph, form, notation, kernels = (page.read_text("utf-8") for page in write_prints(tmp_path))
    tasks, solved = kernels.split("</section>")[:2]
    assert 'class="result"' not in tasks and solved.count('class="result"') == 6
    blank, full = graph.split("</section>")[:2]
    assert "dE/dw = 7" in full and "dE/dw = 7" not in blank and "One for each learner" in blank
    rows = re.findall(r"^\| [^|-]", (ROOT / "docs" / "notation.md").read_text("utf-8"), re.MULTILINE)
    assert notation.count("<tr>") == len(rows) > 20, "each symbol in a row of its own"
    assert form.count("<tr>") == 15 and "Notation" in notation and 'class="katex"' in notation
