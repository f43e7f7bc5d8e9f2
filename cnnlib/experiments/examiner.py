"""Judging a network while it trains: a few images now and then, all of them when there is time.

To judge 2,000 images of 28x28 takes as long as nine steps of training. So while a network trains, it is shown
some images after every so many that it learned from, always the next ones in turn with its weights of that
moment, and the newest thousand answers are counted. That costs about a twentieth of the time, and the share
lags behind by half of the thousand. Images that somebody watches are shown each time.
"""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Judgement:
    """What the newest answers say.

    Attributes
    ----------
    count : int
        Answers counted.
    loss, accuracy : float
        Their mean loss and the share of right ones; NaN and 0 where there are none.
    wrong, guesses : array of int
        Which images were last guessed wrong, in their order, and what was guessed for them.
    """

    count: int
    loss: float
    accuracy: float
    wrong: np.ndarray
    guesses: np.ndarray


class Examiner:
    """Shows images to a network and keeps its newest answers.

    Parameters
    ----------
    x : array of float, shape (N, C, H, W)
    y : array of int, shape (N,)
    every : int
        After so many training images some are judged.
    part : int
        How many then.
    window : int
        How many of the newest answers count.
    always : array of int
        Images that are shown each time, since somebody watches them; their answers count like the others.

    Attributes
    ----------
    guesses : array of int, shape (N,)
        The last answer for each image; -1 before the first.
    sure, losses : array of float, shape (N,)
        The probability that the network gave to that answer, and its cross-entropy.

    Examples
    --------
    >>> from cnnlib import load_digits, small_cnn
    >>> digits, model = load_digits(), small_cnn(rng=0)
    >>> examiner = Examiner(digits.x_test, digits.y_test, every=320, part=50, window=100)
    >>> [examiner.learned(model, 32) for _ in range(10)].count(True), examiner.judgement().count
    (1, 50)
    >>> examiner.judge_all(model)
    >>> examiner.judgement().count
    360
    """

    def __init__(self, x, y, *, every=640, part=100, window=1000, always=()):
        self.x, self.y, self.every, self.always = x, y, every, np.asarray(always, int)
        self.part, self.window = min(part, len(x)), min(window, len(x))
        self.guesses, self.losses = np.full(len(x), -1), np.full(len(x), np.nan)
        self.sure = np.full(len(x), np.nan)
        self.forget()

    def forget(self):
        """Forget all answers: the weights are others now."""
        self.since = self.next = 0
        self.whole = False  # whether all were judged at once, with weights that have not changed since
        self.order = np.zeros(0, int)  # of the images answered, the newest last

    def learned(self, model, count):
        """Tell that the network learned from `count` more images; True if that led to a judgement."""
        self.since += count
        if self.since < self.every:
            return False
        self.since -= self.every
        if self.whole:
            self._forget_answers()
        self._go_on(model, self.part)
        return True

    def look(self, model, count):
        """Show the next `count` images to the network; earlier answers, of other weights, do not count."""
        self._forget_answers()
        self._go_on(model, min(count, len(self.x)))

    def _forget_answers(self):
        self.order, self.whole = self.order[:0], False

    def _go_on(self, model, count):
        """Show the next images in turn, and those that are always shown."""
        places = (self.next + np.arange(count)) % len(self.x)
        self.next = int(places[-1] + 1) % len(self.x)
        self._ask(model, np.concatenate([places, self.always[~np.isin(self.always, places)]]))
        self.order = np.concatenate([self.order[~np.isin(self.order, places)], places])[-self.window :]

    def judge_all(self, model):
        """Show all images to the network: every answer counts until some are judged again."""
        self._ask(model, np.arange(len(self.x)))
        self.order, self.whole = np.arange(len(self.x)), True

    def judgement(self):
        """Return the `Judgement` of the answers that count."""
        order = np.sort(self.order)
        wrong = order[self.guesses[order] != self.y[order]]
        losses = self.losses[order]
        loss = float(losses.mean()) if len(order) and np.isfinite(losses).all() else math.nan
        accuracy = 1 - len(wrong) / len(order) if len(order) else 0.0
        return Judgement(len(order), loss, accuracy, wrong, self.guesses[wrong])

    def _ask(self, model, places, batch_size=500):
        """Guesses and cross-entropies of some images with the network's present weights."""
        for start in range(0, len(places), batch_size):
            some = places[start : start + batch_size]
            with np.errstate(all="ignore"):
                outputs = model.infer(self.x[some]).astype(np.float64)
                shifted = outputs - outputs.max(axis=1, keepdims=True)
                right = shifted[np.arange(len(some)), self.y[some]]
                total = np.exp(shifted).sum(axis=1)
                self.losses[some], self.sure[some] = np.log(total) - right, 1 / total
            self.guesses[some] = outputs.argmax(axis=1)
