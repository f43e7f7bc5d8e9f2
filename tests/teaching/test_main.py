"""The command: what it makes, and that it leaves no learner's traces."""

import os

from tools.teaching.__main__ import main


def test_one_lesson_of_one_kind(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", "elsewhere")
    assert main(["plans", "loss", "--to", str(tmp_path)]) == 0
    (page,) = (tmp_path / "plans").glob("*.html")
    assert capsys.readouterr().out.strip() == str(page) and page.name == "02_loss_plan.html"
    assert os.environ["CNNLIB_PROGRESS"] == "off"


def test_all_plans_come_with_the_courses(tmp_path):
    main(["plans", "--to", str(tmp_path)])
    names = {page.name for page in (tmp_path / "plans").glob("*.html")}
    assert {"course_of_4_hours.html", "course_of_8_hours.html", "course_of_12_hours.html"} < names and len(
        names
    ) >= 14
