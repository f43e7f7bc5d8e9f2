"""The catalogues: up to date with the texts, placeholders kept, compiled, and carried by the package."""

import io
import shutil
import subprocess
import sys
import tomllib

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tools.translating import catalogues
from tools.translating.python_texts import texts
from tools.translating.sources import ROOT, package_texts


def test_all_catalogues_are_up_to_date_and_the_notebooks_that_are_begun_are_whole():
    assert catalogues.faults() == []


@pytest.mark.parametrize("language", catalogues.languages())
def test_what_the_package_reads_is_what_the_translator_wrote(language):
    written = io.BytesIO()
    write_mo(written, catalogues.read(catalogues.package_file(language), language))
    assert catalogues.package_file(language, kind="mo").read_bytes() == written.getvalue(), "compile it"


def test_the_page_learns_a_few_kilobytes():
    assert catalogues.package_file("de", kind="mo").stat().st_size < 80_000


def test_the_wheel_carries_what_is_read_and_not_what_is_edited():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert "cnnlib/locale/**/*.po*" in wheel["wheel"]["exclude"]
    assert not any(pattern.endswith("mo") for pattern in wheel["wheel"]["exclude"])


def test_the_number_sample_says_how_a_language_writes_numbers():
    for language in catalogues.languages():
        said = catalogues.read(catalogues.package_file(language), language).get("1,234.5").string
        assert [letter for letter in said if letter.isdigit()] == list("12345") and len(said) == 7


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('say("{n:,} images", n=n)', ["{n:,} images"]),
        ('say("{n:,} / {m:.2f}", n=n, m=m)', []),
        ('say_many("{number} step", "{number} steps", n)', [("{number} step", "{number} steps")]),
        ('word("batches")', ["batches"]),
        ('X = marked("test", "any")', ["test", "any"]),
        ('Panel(marks, x, y, "Loss", name="loss", subtitle="how wrong")', ["Loss", "how wrong"]),
        ('Line(x, y, color="muted", dash="dashed", label="batches")', ["batches"]),
        (
            'Choice("half", ("training", "test"), label="Images", picker="segments")',
            ["training", "test", "Images"],
        ),
        ('class A:\n    """Not this."""\n    title = "Loss"\n    slots = {"bar": ("a rate",)}', ["Loss"]),
        ('raise ValueError("of the library")', []),
        ('raise Misfit("A sentence for the learner.")', ["A sentence for the learner."]),
        ('raise ValueError(say("{x} is too large", x=x)) from None', ["{x} is too large"]),
        ('"two words" if x == "not this" else y', ["two words"]),
        ("f\"{say('{n} steps', n=n)} not this\"", ["{n} steps"]),
        ('x.split("not this")', []),
        ('{"a key here": "a text here"}', ["a text here"]),
    ],
)
def test_texts_of_python(code, expected):
    assert list(texts(code)) == expected


def test_texts_of_the_page_have_their_own_context():
    catalog = package_texts()
    assert catalog.get("Play", "page") is not None and catalog.get("Play") is None


@pytest.mark.parametrize(
    ("english", "german", "right"),
    [
        ("{n} of {total}", "{n} von {total}", True),
        ("{n} of {total}", "von {total} {n}", True),
        ("{n:,} of {total}", "{n:.2f} von {total}", True),
        ("{n} of {total}", "{n} von {all}", False),
        ("{n} of {total}", "{n}", False),
        ("no hole", "kein {loch}", False),
        (("{number} step", "{number} steps"), ("ein Schritt", "{number} Schritte"), True),
        (("{number} step", "{number} steps"), ("ein Schritt", "{n} Schritte"), False),
    ],
)
def test_placeholders_are_the_same_in_both_languages(english, german, right):
    catalog = Catalog(locale="de")
    message = catalog.add(english, german)
    assert (catalogues.message_faults(message) == []) == right


@pytest.fixture
def copy(tmp_path):
    """A copy of what the commands read and write."""
    for folder in ("cnnlib", "notebooks/source", "frontend/src", "tools"):
        ignore = shutil.ignore_patterns("__pycache__", "assets", "static")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    return tmp_path


def command(root, *arguments):
    """Run a command of the tool in a copy; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.translating", *arguments], cwd=root, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_new_language_in_five_commands_as_the_page_tells(copy):
    page = (ROOT / "docs" / "translating.md").read_text("utf-8")
    for line in ("new fr 00", "update", "compile", "check"):
        assert f"python -m tools.translating {line}" in page
    assert command(copy, "new", "fr", "00")[0] == 0
    file = copy / "cnnlib/locale/fr/LC_MESSAGES/cnnlib.po"
    text = file.read_text("utf-8")
    for english, french in (("Loss", "Perte"), ("1,234.5", "1\u202f234,5")):
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{french}"')
    file.write_text(text, "utf-8")
    assert command(copy, "compile")[0] == 0
    code = "from cnnlib.runtime.language import *; speak('fr'); print(word('Loss'), word('2,000.5'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=True)
    assert done.stdout == "Perte 2\u202f000,5\n"
    status, told = command(copy, "check")
    assert status == 1 and "notebooks/source/fr/00_start_here.po: not translated yet" in told


def test_a_changed_sentence_is_told_of_and_becomes_fuzzy(copy):
    file = copy / "cnnlib/widgets/start_here/wall.py"
    file.write_text(file.read_text("utf-8").replace("None is wrong.", "None of them is wrong."), "utf-8")
    status, told = command(copy, "check")
    assert status == 1 and "texts of the package have changed since; run `python -m tools" in told
    assert command(copy, "update")[0] == 0
    catalog = catalogues.read(catalogues.package_file("de", copy), "de")
    message = catalog.get("None of them is wrong.")
    assert message.fuzzy and message.string == "Keines ist falsch."
    assert catalogues.faults(copy) == []


def test_a_guess_with_other_values_is_left_empty(tmp_path):
    """Babel offers the translation of a like text; with other placeholders it would be wrong."""
    before, after = Catalog(), Catalog()
    before.add("{loss:.2f} = the loss of guessing", "{loss:.2f} = der Verlust des Ratens")
    after.add("{share:.2f} = the loss of guessing")
    file = tmp_path / "de.po"
    catalogues.write(file, before)
    catalogues.merged(file, after, "de")
    message = catalogues.read(file, "de").get("{share:.2f} = the loss of guessing")
    assert message.string == "" and not message.fuzzy
