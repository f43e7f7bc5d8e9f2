"""What is said of a covered square: what it means for the guess, and the numbers behind that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import Figure

POINT = 0.01  # of a probability
NOTABLE = 0.05  # a square matters from this share of a probability, or of a logit's size, on


@dataclass(frozen=True, eq=False)
class Told:
    """What the numbers are about: the class asked about, its logit, and a square that costs it so much.

    `most` says whether no other place costs it more; `small`, whether the cost is one of the logit.
    """

    names: tuple[str, ...]
    label: int
    asked: int
    p: np.ndarray
    after: np.ndarray
    logit: float
    cost: float
    small: bool
    most: bool
    row: int
    col: int
    size: int

    @property
    def guess(self) -> int:
        return int(self.p.argmax())

    @property
    def then(self) -> int:
        return int(self.after.argmax())


def headline(told: Told) -> Figure:
    """What the class has before and after the square is blank, in large type."""
    label = say("Class {asked}, with the square blank", asked=told.names[told.asked])
    if told.small:
        value = f"{told.logit:.2g} → {told.logit - told.cost:.2g}"
        return Figure(label, value.replace("-", "−"), word("logit"), large=True)
    p, q = 100 * told.p[told.asked], 100 * told.after[told.asked]
    return Figure(label, f"{p:.0f} % → {q:.0f} %", large=True)


def sentence(told: Told) -> str:
    """What the square means, then the numbers; and what the image is, if it is misread."""
    parts = [meaning(told), numbers(told)]
    if told.guess != told.label:
        parts.append(say("The guess is wrong: it is class {names}.", names=told.names[told.label]))
    return " ".join(parts)


def meaning(told: Told) -> str:
    """Whether the guess hangs on what the square covers."""
    guess, asked = told.names[told.guess], told.names[told.asked]
    if told.then != told.guess:
        return say(
            "This square makes the difference: with it blank, {guess} is read as {then}.",
            guess=guess,
            then=told.names[told.then],
        )
    if told.most and told.asked == told.guess:
        return say(
            "No single square carries the guess: with the most costly one blank, it is still "
            "read as {guess}.",
            guess=guess,
        )
    share = told.cost / max(abs(told.logit) if told.small else float(told.p[told.asked]), 1e-9)
    about = {"asked": asked, "guess": guess}
    if share >= NOTABLE:
        return say("What the square covers speaks for {asked}; the image is still read as {guess}.", **about)
    if share <= -NOTABLE:
        return say(
            "What the square covers speaks against {asked}; the image is still read as {guess}.", **about
        )
    return say(
        "What the square covers hardly matters to {asked}; the image is still read as {guess}.", **about
    )


def numbers(told: Told) -> str:
    """By how much the class falls, and where the square lies."""
    about = {
        "asked": told.names[told.asked],
        "size": told.size,
        "place": say("row {row}, column {column}", row=told.row, column=told.col),
        "p": 100 * told.p[told.asked],
        "q": 100 * told.after[told.asked],
    }
    if told.small:
        about |= {"logit": told.logit, "left": told.logit - told.cost, "fall": told.cost}
        if told.most:
            return say(
                "No other place costs class {asked} more: {fall:.2g} in its logit of {logit:.2g} ({place}); "
                "its probability, {p:.1g} %, has no room to fall.",
                **about,
            )
        return say(
            "The logit of {asked} goes from {logit:.2g} to {left:.2g} ({place}); "
            "its probability, {p:.1g} %, has no room to fall.",
            **about,
        )
    if told.most and told.cost < POINT / 2:
        if told.size == 1:
            return say("No pixel costs class {asked} a whole point of its {p:.0f} %.", **about)
        return say(
            "No place of {size}×{size} pixels costs class {asked} a whole point of its {p:.0f} %.", **about
        )
    if told.most and told.size == 1:
        return say("No other pixel costs class {asked} more ({place}).", **about)
    if told.most:
        return say("No other place of {size}×{size} pixels costs class {asked} more ({place}).", **about)
    if f"{about['p']:.0f}" == f"{about['q']:.0f}":
        return say("The probability of {asked} stays at {p:.0f} % ({place}).", **about)
    return say("The probability of {asked} goes from {p:.0f} % to {q:.0f} % ({place}).", **about)
