"""The README's pictures show the widgets as they are."""

from pathlib import Path

import pytest
from PIL import Image

from tools.make_pictures import MOVING, STILL, words_of
from tools.screenshots import make

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name, made_by", [one[:2] for one in (MOVING, *STILL)])
def test_a_picture_is_of_the_widget_as_it_is(name, made_by):
    widget, picture = make(made_by), Image.open(ROOT / "docs" / f"{name}.webp")
    assert not widget.message, widget.message
    kept = picture.info["xmp"].decode()
    assert kept == words_of(widget), f"docs/{name}.webp shows another widget: python -m tools.make_pictures"
    assert f"](docs/{name}.webp)" in (ROOT / "README.md").read_text("utf-8")


def test_the_moving_picture_moves_and_is_not_too_heavy():
    path = ROOT / "docs" / f"{MOVING[0]}.webp"
    assert Image.open(path).n_frames == len(MOVING[2]) and path.stat().st_size < 900_000
