"""Every item is asked: its truth computed, its right answer taken, each of its other answers refused."""

from itertools import combinations, permutations

import numpy as np
import pytest

from cnnlib.learning import find, grade, items
from cnnlib.learning.forms import ask, draw
from cnnlib.learning.grading import Unreadable, number_of, read_answer
from cnnlib.learning.items import KINDS, load
from cnnlib.learning.truths import function_of, needs
from tests.learning.notebook_variables import truth_of

ALL = list(load().values())


def along(item, truth):
    """A curve at 25 places, evenly spaced on the picture's axis."""
    places = (np.geomspace if item.log else np.linspace)(*item.x[:2], 25)
    return np.interp(places, *truth).tolist()


def forms(item):
    """The numbers of all forms of an item."""
    return range(max(1, len(item.given)))


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.id)
def test_what_is_right_is_taken_for_right(item):
    for form in forms(item):
        truth = truth_of(item, form)
        value = along(item, truth) if item.kind == "sketch" else truth
        found = grade(item, value, truth, form)
        assert found.near and not found.says


@pytest.mark.parametrize("item", [i for i in ALL if i.kind == "choice"], ids=lambda item: item.id)
def test_every_other_choice_is_spoken_to(item):
    truth = truth_of(item)
    for answer in item.answers:
        found = grade(item, answer, truth)
        assert found.near == (answer == truth)
        assert found.near or (found.belief and len(found.says) > 20)
    assert len(set(item.answers)) == len(item.answers) >= 2


@pytest.mark.parametrize("item", [i for i in ALL if i.kind in ("number", "line")], ids=lambda i: i.id)
def test_every_other_number_is_far_and_spoken_to(item):
    for form in forms(item):
        truth = truth_of(item, form)
        assert item.wrong
        for belief in item.wrong:
            value = number_of(belief.answer, item.values(form)) if item.kind == "number" else belief.answer
            found = grade(item, value, truth, form)
            assert not found.near, f"{belief.answer} counts as near {truth}"
            assert found.belief and found.says, f"{belief.answer} is not recognised"


@pytest.mark.parametrize("item", [i for i in ALL if i.kind == "order"], ids=lambda item: item.id)
def test_every_belief_about_an_order_is_recognised(item):
    truth = list(truth_of(item))
    assert not grade(item, truth[::-1], truth).near
    for belief in item.wrong:
        first, then = belief.answer
        turned = [thing for thing in truth if thing != first]
        turned.insert(turned.index(then), first)
        if not grade(item, turned, truth).near:
            assert grade(item, turned, truth).says
        assert truth.index(first) > truth.index(then), f"{item.id}: {first!r} does stand before {then!r}"


@pytest.mark.parametrize("item", [i for i in ALL if i.free], ids=lambda item: item.id)
def test_an_order_takes_every_right_order_and_no_other(item):
    right = list(truth_of(item))
    assert all(set(group) < set(right) for group in item.free)
    loose = {frozenset(pair) for group in item.free for pair in combinations(group, 2)}
    for order in permutations(right):
        turned = [pair for pair in combinations(order, 2) if right.index(pair[0]) > right.index(pair[1])]
        assert grade(item, list(order), right).near == ({*map(frozenset, turned)} <= loose)


@pytest.mark.parametrize("item", [i for i in ALL if i.kind == "sketch"], ids=lambda item: item.id)
def test_a_sketch_too_high_or_too_low_is_far(item):
    truth = truth_of(item)
    for height in item.y[:2]:
        found = grade(item, [height] * 25, truth)
        assert not found.near


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.id)
def test_an_item_is_well_formed(item):
    assert item.kind in KINDS and item.why and len(item.ask) > 10
    assert not any(word in f"{item.ask} {item.why}".lower().split() for word in ("wrong", "wrong."))
    for belief in (*item.wrong, *item.choices):
        assert "wrong" not in belief.says.lower()
    if item.use == "prediction":
        assert item.truth, "a prediction's truth is computed"
        assert item.reveal in ("run", "try") and (item.kind != "number" or item.axis)
    if item.truth:
        assert function_of(item).__doc__
    for word in ("{", "}"):
        assert word not in item.text()


@pytest.mark.parametrize("notebook", sorted({item.notebook for item in items("question")}))
def test_a_pool_is_large_enough_and_drawn_from_without_repeats(notebook):
    pool = items("question", notebook)
    assert len(pool) >= 12
    assert sum(item.kind == "choice" for item in pool) >= 4
    assert {item.kind for item in pool} >= {"choice", "number", "order", "line"}
    drawn = draw(notebook, {})
    assert len({item.id for item in drawn}) == 5
    answered = {item.id: [{"right": True}] for item in drawn[:4]} | {drawn[4].id: [{"right": False}]}
    assert not {item.id for item in draw(notebook, answered)} & {item.id for item in drawn}


@pytest.mark.parametrize("item", items("question"), ids=lambda item: item.id)
def test_what_went_another_way_returns_in_another_form(item):
    first = ask(item)
    belief = item.wrong[0]
    earlier = [{"right": False, "value": belief.answer}]
    second = ask(item, earlier)
    assert second.text != first.text
    if item.given:
        assert second.reply is None and second.form == 1
        return
    assert second.reply == belief and second.grade(belief.says, truth_of(item)).near
    others = [option for option in second.options if option != belief.says]
    assert others and not any(second.grade(option, truth_of(item)).near for option in others)
    assert ask(item, [*earlier, {"right": True, "value": belief.says}]).reply is None, "then plain again"


def test_a_former_name_finds_the_item(tmp_path):
    (tmp_path / "nb01.toml").write_text(
        '[[question]]\nid = "01.new"\nwas = ["01.old"]\nkind = "choice"\nask = "Is it so?"\nright = "yes"\n'
        'wrong = [["no", "a belief", "It is, look."]]\nwhy = "So."\n'
    )
    assert load(tmp_path)["01.new"].was == ("01.old",)
    double = (tmp_path / "nb01.toml").read_text().replace("01.new", "01.old")
    (tmp_path / "nb02.toml").write_text(double)
    load.cache_clear()
    with pytest.raises(ValueError, match="there twice"):
        load(tmp_path)


def test_an_unknown_name_is_told_with_its_neighbours():
    with pytest.raises(ValueError, match=r"01\.window"):
        find("01.windw")


@pytest.mark.parametrize("text", ["", "abc", "1/0", "nan", "inf", None])
def test_what_is_no_number_gets_a_sentence(text):
    with pytest.raises(Unreadable, match="number"):
        read_answer(find("01.window"), text)


def test_numbers_are_read_as_people_write_them():
    item = find("01.window")
    wanted = {"22": 22, " 22.0 ": 22, "22,5": 22.5, "1,168": 1168, "−3": -3, "5 %": 5, "1e-5": 1e-5}
    assert {text: read_answer(item, text) for text in wanted} == wanted


def test_needs_names_the_variables_of_the_notebook():
    assert needs(find("02.sevens")) == ("said",) and needs(find("01.window")) == ()
