"""Every number that is seen: powers of ten in place of an "e" and of long rows of zeros, in all widgets."""

import re
from dataclasses import is_dataclass

import pytest

from cnnlib.runtime.language import heard, say, shown, spoken
from cnnlib.viz.speech import PARTS, SEEN
from cnnlib.widgets import Challenge, GradientCheckExplorer
from tools.screenshots import make

LONG = re.compile(r"\d[eE][+-]?\d|0[.,]000\d{2}")
LINES = (
    "BatchNoise(samples=3000)",
    "BlameMicroscope(what='the loss', image=0)",
    "ContourExplorer(surface='curved valley', optimizer='Momentum')",
    "DescentExplorer(steps=100)",
    "EscapeExplorer",
    "GradientCheckExplorer(step=1e-9)",
    "LossExplorer",
    "OptimizerRace(steps=80)",
    "Playground(preset='divergence', epoch=60)",
    "RateSweep(copies=4, opening=5)",
)


def words(part):
    """All words of a scene that a learner reads."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, (list, tuple)):
        for one in part:
            yield from words(one)
    elif isinstance(part, dict):
        yield from words(list(part.values()))
    elif is_dataclass(part) and not getattr(part, "literal", False):
        for name in {*SEEN, *PARTS} & vars(part).keys():
            yield from words(vars(part)[name])


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_number_is_a_row_of_zeros_or_has_an_e(line, language):
    with spoken(language):
        found = list(words(make(line).scene))
    assert found and [text for text in found if LONG.search(text)] == []


def test_what_is_heard_has_words_in_place_of_raised_digits():
    text = make("ContourExplorer(surface='curved valley', optimizer='Momentum')").text
    assert "4.7\u00a0×\u00a010⁻⁶" in text and "4.7 times 10 to the power of −6" in heard(text)
    with spoken("de"):
        assert heard("4,7\u00a0×\u00a010⁻⁶") == "4,7 mal 10 hoch −6"


def test_a_challenge_has_powers_of_ten_too():
    never = Challenge("Relative error below 1e-10", lambda facts: False)
    assert GradientCheckExplorer(challenge=never).live.spec()["challenge"] == "Relative error below 10⁻¹⁰"


def test_what_is_large_stays_plain_below_a_million_in_the_marks_of_the_language():
    assert shown("× 1.4e+03, then 2e+05 and 2e+06") == "× 1,400, then 200,000 and 2\u00a0×\u00a010⁶"
    with spoken("de"):
        assert shown(say("now × {factor:.2g}", factor=1400.0)) == "now × 1.400"


def test_a_loss_without_an_end_is_no_word():
    assert (
        shown("now inf and 0.74") == "now ∞ and 0.74"
        and shown("`inf` in information") == "`inf` in information"
    )


def test_the_factors_of_a_deep_network_have_the_marks_of_the_language():
    with spoken("de"):
        text, shorter = (
            make(f"DepthExplorer(depth={depth}, scale=1.32)").text.replace("\u00a0", " ") for depth in (36, 4)
        )
    assert (
        re.search(r"× 42\.000\b", text)
        and re.search(r"× 3,5\b", shorter)
        and not re.search(r"× \d\.\d\b", text)
    )
