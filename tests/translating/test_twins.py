"""A notebook's twin in another language: the same code, the prose of its catalogue, drift said in words."""

import re

import nbformat
import pytest
from babel.messages.catalog import Catalog

from tools import build_notebooks as builder
from tools.translating.catalogues import gaps, merged, read, write
from tools.translating.sources import ROOT, notebook_texts
from tools.translating.twins import catalogues_of, translated, twins

SOURCE = """# %% [markdown]
# # A question?
# See [the next one](01_next.ipynb), [data](../data.md), [the web](https://example.org) and [above](#a).

# %%
x = 1

# %% [markdown]
# Prose that stays.

# %% alt="A line"
x
"""
START = ROOT / "notebooks" / "source" / "00_start_here.py"


@pytest.fixture
def source(tmp_path):
    """A notebook's source with a German catalogue, in which the first cell and the picture are translated."""
    path = tmp_path / "notebooks" / "source" / "00_demo.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE, encoding="utf-8")
    file = merged(path.parent / "de" / "00_demo.po", notebook_texts(path), "de")
    catalog = read(file, "de")
    first = next(message for message in catalog if message.id)
    first.string = first.id.replace("A question?", "Eine Frage?").replace("See", "Siehe")
    catalog.get("A line", "alt").string = "Eine Linie"
    write(file, catalog)
    return path


def twin_of(source):
    return builder.editions(source)[twins(source)["de"]]


def test_the_twin_has_the_same_code_and_one_cell_of_its_own(source):
    learner = builder.editions(source)[builder.targets(source)[False]]
    twin = twin_of(source)
    codes = [[cell.source for cell in one.cells if cell.cell_type == "code"] for one in (learner, twin)]
    assert codes[1][0] == 'from cnnlib.runtime import speak\n\nspeak("de")'
    assert codes[1][1:] == codes[0]
    assert [cell.id for cell in twin.cells if cell.id != "speak-de"] == [cell.id for cell in learner.cells]
    nbformat.validate(twin)


def test_prose_and_pictures_are_translated_where_the_catalogue_has_them(source):
    twin = twin_of(source)
    assert twin.cells[0].source.startswith("# Eine Frage?")
    assert twin.cells[-1].metadata["alt"] == "Eine Linie"
    assert twin.cells[-2].source == "Prose that stays."


def test_links_lead_where_they_did(source):
    text = twin_of(source).cells[0].source
    assert "](../01_next.ipynb)" in text and "](../../data.md)" in text
    assert "](https://example.org)" in text and "](#a)" in text
    (source.parent / "de" / "01_next.po").write_bytes((source.parent / "de" / "00_demo.po").read_bytes())
    assert "](01_next.ipynb)" in twin_of(source).cells[0].source


def test_a_cell_whose_english_changed_is_told_of_in_words_and_stays_english(source):
    file = catalogues_of(source)["de"]
    source.write_text(SOURCE.replace("A question?", "Another question?"), encoding="utf-8")
    wanted = notebook_texts(source)
    assert gaps(read(file), wanted)[0].startswith("not translated yet: '# Another question?")
    merged(file, wanted, "de")
    assert gaps(read(file), wanted)[0].startswith(
        "the English has changed since this was translated: '# Anoth"
    )
    assert twin_of(source).cells[0].source.startswith("# Another question?")


def test_what_nobody_translated_is_named(source):
    found = gaps(read(catalogues_of(source)["de"]), notebook_texts(source))
    assert found == ["not translated yet: 'Prose that stays.'"]


def test_the_builder_misses_a_twin_that_was_not_built_and_a_stray(source):
    missing = str(twins(source)["de"])
    assert any(fault.startswith(missing) and "missing" in fault for fault in builder.drift(source))
    twins(source)["de"].parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), twins(source)["de"].with_name("05_stray.ipynb"))
    assert "05_stray.ipynb: has no source" in " ".join(builder.strays(source.parents[1]))


def test_a_source_without_a_catalogue_has_no_twin(source):
    (source.parent / "02_other.py").write_text(SOURCE, encoding="utf-8")
    assert twins(source.parent / "02_other.py") == {}


def test_the_first_notebook_is_there_in_german_and_as_its_source_makes_it():
    assert list(twins(START)) == ["de"] and twins(START)["de"].exists()
    built, made = nbformat.read(twins(START)["de"], as_version=4), twin_of(START)
    assert [cell.source for cell in built.cells] == [cell.source for cell in made.cells]


def test_a_translation_of_the_prose_may_not_lose_a_link():
    catalog = read(catalogues_of(START)["de"], "de")
    for message in (message for message in catalog if message.id):
        english, german = (sorted(builder.LINK.findall(text)) for text in (message.id, message.string))
        assert english == german


def test_code_in_the_prose_stays():
    catalog = read(catalogues_of(START)["de"], "de")
    for message in (message for message in catalog if message.id):
        codes = [set(re.findall(r"`[^`]+`", text)) for text in (message.id, message.string)]
        assert codes[0] <= codes[1], message.id


def test_translated_needs_no_execution(source):
    learner = builder.editions(source)[builder.targets(source)[False]]
    assert isinstance(read(catalogues_of(source)["de"]), Catalog)
    assert translated(learner, source, "de").cells[0].source != learner.cells[0].source
