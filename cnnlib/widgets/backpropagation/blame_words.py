"""What is said of a chosen number: of a class's score, of any other number, or of the loss."""

from __future__ import annotations

from cnnlib.runtime.language import marked, say, word
from cnnlib.widgets.backpropagation.blame_picture import LOSS, SCORE, UNIT, BlamePicture, Chosen

TITLES = {
    SCORE: "Which pixels would raise the {name}?",
    UNIT: "Which pixels would raise this number?",
    LOSS: "Which pixels would raise the loss?",
}
BOTH_SIDES = {
    SCORE: marked("lowers the score", "raises the score"),
    UNIT: marked("lowers it", "raises it"),
    LOSS: marked("lowers the loss", "raises the loss"),
}
RISES = {
    SCORE: "0.1 more at the frame: the score rises by {part}.",
    UNIT: "0.1 more at the frame: the unit rises by {part}.",
    LOSS: "0.1 more at the frame: the loss rises by {part}.",
}
FALLS = {
    SCORE: "0.1 more at the frame: the score falls by {part}.",
    UNIT: "0.1 more at the frame: the unit falls by {part}.",
    LOSS: "0.1 more at the frame: the loss falls by {part}.",
}


def title_of(chosen: Chosen) -> str:
    """The question that a picture answers."""
    return say(TITLES[chosen.kind], name=chosen.name)


def to_both_sides(kind: str) -> tuple[str, str]:
    """What more of a pixel does, at the orange and at the blue end of the colours."""
    low, high = BOTH_SIDES[kind]
    return word(low), word(high)


def of_pixel(picture: BlamePicture) -> str:
    """What the number at the framed pixel means."""
    slope = picture.slope(0)
    words = (RISES if slope > 0 else FALLS)[picture.chosen.kind]
    return say(words, part=f"{abs(slope) / 10:.2g}")
