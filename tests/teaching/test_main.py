"""The command: what it makes, and that it leaves no learner's traces."""

import os
import subprocess

import pytest

from tools.teaching.__main__ import main
from tools.teaching.prints import write_prints
from tools.teaching.text import has_node


def test_one_lesson_of_one_kind(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", "elsewhere")
    assert main(["plans", "loss", "--to", str(tmp_path)]) == 0
    (page,) = (tmp_path / "plans").glob("*.html")
    assert capsys.readouterr().out.strip() == str(page) and page.name == "02_loss_plan.html"
    assert os.environ["CNNLIB_PROGRESS"] == "off"


def no_connection():
    """npm without a network."""
    raise subprocess.CalledProcessError(1, ["npm", "ci"])


@pytest.mark.parametrize("missing", ["node", "connection"])
def test_without_node_plans_and_sheets_are_made_and_slides_are_refused(
    missing, tmp_path, capsys, monkeypatch
):
    if missing == "node":
        monkeypatch.setattr("tools.teaching.text.shutil.which", lambda name: None)
        fetch = lambda: pytest.fail("npm was called")  # noqa: E731
    else:
        monkeypatch.setattr("tools.teaching.text.shutil.which", lambda name: name)
        fetch = no_connection
    monkeypatch.setattr("tools.teaching.text.fetch_npm_packages", fetch)
    has_node.cache_clear()
    try:
        assert main(["all", "backpropagation", "--to", str(tmp_path)]) == 0
        whole = {page.name: page for page in write_prints(tmp_path / "prints" / "whole")}
    finally:
        has_node.cache_clear()
    assert "No slides: they need Node" in capsys.readouterr().out
    notation = whole["notation.html"].read_text("utf-8")
    assert "<i>n_{\\text{in}}, n_{\\text{out}}</i>" in notation or "<i>w_{fcpq}</i>" in notation, "as typed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plans", "prints", "sheets"]
    form = (tmp_path / "prints" / "prediction_form.html").read_text("utf-8")
    assert form.count("<tr>") == 1 + 6, "a row for each prediction of the lesson"


def test_all_plans_come_with_the_courses(tmp_path):
    main(["plans", "--to", str(tmp_path)])
    names = {page.name for page in (tmp_path / "plans").glob("*.html")}
    assert {"course_of_4_hours.html", "course_of_8_hours.html", "course_of_12_hours.html"} < names and len(
        names
    ) >= 14
