"""When a question comes back: FSRS-6, a published rule, with its published parameters.

FSRS (Free Spaced Repetition Scheduler; J. Ye and others, https://github.com/open-spaced-repetition) keeps two
numbers a question, how well it is remembered and how difficult it is, and asks again when the chance of
remembering has fallen to 90 %. Here an answer is right or not (FSRS's *good* and *again*), days are whole,
and no chance is added, so the same answers give the same days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

RULE = "FSRS-6"


def due(answers: Iterable[tuple[datetime, bool]]) -> datetime | None:
    """Return when a question is due again, from its answers in order of time; None if there are none.

    Parameters
    ----------
    answers : iterable of (datetime with time zone, bool)
        When it was answered, and whether rightly.

    Examples
    --------
    >>> first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> (due([(first, True)]) - first).days, (due([(first, False)]) - first).days
    (2, 1)
    >>> second = datetime(2026, 3, 4, 9, tzinfo=UTC)
    >>> (due([(first, True), (second, True)]) - second).days
    11
    """
    from fsrs import Card, Rating, Scheduler  # here, so that cnnlib imports where it is missing

    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = None
    for when, right in answers:
        card = card or Card(card_id=1)
        card, _ = scheduler.review_card(card, Rating.Good if right else Rating.Again, when.astimezone(UTC))
    return card.due if card else None
