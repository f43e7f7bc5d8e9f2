"""The language in which a learner is spoken to: English, or one that has a catalogue in ``cnnlib/locale``.

A sentence with values is a template and goes through `say`; one that depends on a number through `say_many`.
Words without values are looked up where they are shown, by `word`, so they stand in the code as they are.
Catalogues have gettext's form; docs/translating.md says how one is made. Errors of the library are English.

>>> say("{steps:,} of {total:,} steps", steps=12, total=3000)
'12 of 3,000 steps'
>>> with spoken("de"):
...     say("{guessing:.2f} = guessing", guessing=1234.5), word("Page")
('1234,50 = geraten', 'Seite')
"""

from __future__ import annotations

import gettext
import numbers
import os
import re
import string
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnnlib.runtime.powers import DIGITS, RAISED, raised

FOLDER = Path(__file__).parents[1] / "locale"
ENGLISH = "en"
NUMBER = re.compile(r"[−+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?(e[+-]\d+)?( ?%)?")
NUMBERED = re.compile(r"(.*[^\W\d_]) ([\d.]+)")  # "pooling 2" stands in the catalogue as "pooling {number}"
SAMPLE = "1,234.5"  # a catalogue says how it writes this number
MINUS = re.compile(r"`[^`]*`|\$[^$]*\$|(?<![\w`$=\[\])}.−-])-(?=[.\d])")  # or code or a formula, which stay
PAGE = "page\x04"  # how gettext keeps what has the context "page": the words of the page's script


class Catalogue(gettext.GNUTranslations):
    """A language's texts, how it writes numbers, and what of it the page needs."""

    def __init__(self, file) -> None:
        super().__init__(file)
        thousands, decimal = (self.gettext(SAMPLE)[place] for place in (1, -2))
        self.marks = {",": thousands, ".": decimal}
        self._numbers = str.maketrans(self.marks)

    def number(self, text: str) -> str:
        """A number that was written in English, such as ``"1,234.5"``."""
        return text.translate(self._numbers)

    def page(self) -> dict[str, str]:
        """What the page's script says, by the English."""
        found = {key: text for key, text in self._catalog.items() if isinstance(key, str)}
        return {key.removeprefix(PAGE): text for key, text in found.items() if key.startswith(PAGE)}


class Said(str):
    """A text that is in the learner's language already: not looked up again; what is added to it is."""

    def __str__(self) -> Said:
        return self

    def __add__(self, other: str) -> Said:
        return Said(str.__add__(self, word(other)))

    def __radd__(self, other: str) -> Said:
        return Said(str.__add__(word(other), self))


class Template(string.Formatter):
    """`str.format` with the numbers and the words of a language."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def format_field(self, value: Any, form: str) -> str:
        if isinstance(value, str):
            return format(word(value), form)
        text = format(value, form)
        return self.catalogue.number(text) if isinstance(value, numbers.Real) else text


def languages() -> tuple[str, ...]:
    """The languages that are there.

    >>> languages()
    ('de', 'en')
    """
    return tuple(sorted([ENGLISH, *(path.parents[1].name for path in FOLDER.glob("*/LC_MESSAGES/*.mo"))]))


class Speech:
    """The language of the present process: what `speak` said last, at first the environment's."""

    def __init__(self) -> None:
        self.language = ENGLISH
        self.catalogue: Catalogue | None = None
        if wanted := os.environ.get("CNNLIB_LANGUAGE"):
            try:
                self.change(wanted)
            except ValueError as sentence:
                warnings.warn(f"CNNLIB_LANGUAGE: {sentence}", stacklevel=2)

    def change(self, language: str) -> None:
        """Speak another language from now on."""
        name = re.split(r"[-_.]", str(language))[0].lower()
        if name not in languages():
            raise ValueError(f"language: got {language!r}, expected one of {', '.join(languages())}")
        file = FOLDER / name / "LC_MESSAGES" / "cnnlib.mo"
        self.language, self.catalogue = name, None
        if name != ENGLISH:
            with file.open("rb") as opened:
                self.catalogue = Catalogue(opened)


SPEECH = Speech()


def speak(language: str) -> None:
    """Let widgets, cards and checks speak a language from now on: call it before they are made.

    Parameters
    ----------
    language : str
        Such as ``"de"``; ``"de-AT"`` counts as that.

    Raises
    ------
    ValueError
        If there is no catalogue of it; the message names those that are there.

    Examples
    --------
    >>> speak("xx")
    Traceback (most recent call last):
    ValueError: language: got 'xx', expected one of de, en
    """
    SPEECH.change(language)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speak a language for the length of a ``with`` block."""
    before = SPEECH.language
    speak(language)
    try:
        yield
    finally:
        speak(before)


def say(template: str, **values: Any) -> str:
    """A sentence: the template in the learner's language, with the values in place.

    Values that are words are looked up too; numbers are written as the language writes them.
    """
    catalogue = SPEECH.catalogue
    if catalogue is None:
        return template.format(**values)
    return Said(Template(catalogue).format(catalogue.gettext(template), **values))


def say_many(one: str, many: str, number: float, **values: Any) -> str:
    """`say` with the form of the template that goes with a number, which is ``{number}`` in it.

    >>> say_many("{number} step", "{number} steps", 1), say_many("{number} step", "{number} steps", 2)
    ('1 step', '2 steps')
    """
    values = {"number": number, **values}
    catalogue = SPEECH.catalogue
    if catalogue is None:
        return (one if number == 1 else many).format(**values)
    return Said(Template(catalogue).format(catalogue.ngettext(one, many, int(number)), **values))


def word(text: str) -> str:
    """Words without values, or a number, in the learner's language; what the catalogue lacks stays.

    A name that ends with a number, which may be a key as well, is looked up without it, too.

    >>> with spoken("de"):
    ...     word("pooling 2")
    'Pooling 2'
    """
    catalogue = SPEECH.catalogue
    if catalogue is None or not text or isinstance(text, Said):
        return text
    if NUMBER.fullmatch(text):
        return Said(catalogue.number(text))
    said = catalogue.gettext(text)
    if said == text and (found := NUMBERED.fullmatch(text)):
        template = f"{found[1]} {{number}}"
        numbered = catalogue.gettext(template)
        said = text if numbered == template else numbered.format(number=found[2])
    return Said(said)


def shown(text: str) -> str:
    """`word`, as a picture or a sentence shows it: with powers of ten, and a minus for negative numbers.

    This is the one place where that is so: facts, code and what is copied or compared keep `e` and hyphen.

    >>> shown("from -0.5 to (-2, 3)"), shown("`x[:, -1] * 1e-05` is a well-known 0-1 at 1e-05")
    ('from −0.5 to (−2, 3)', '`x[:, -1] * 1e-05` is a well-known 0-1 at 10⁻⁵')
    """
    said = word(text)
    seen = raised(said) if SPEECH.catalogue is None else raised(said, SPEECH.catalogue.number)
    if "-" in seen:
        seen = MINUS.sub(lambda found: "−" if found[0] == "-" else found[0], seen)
    return Said(seen) if isinstance(said, Said) else seen


def in_lines(text: str, letters: int) -> list[str]:
    """Words in the learner's language, in lines of so many letters at most; no line is looked up again.

    >>> in_lines("what training changed", 16)
    ['what training', 'changed']
    """
    said = word(text)
    return [type(said)(line) for line in textwrap.wrap(said, letters)]


def heard(text: str) -> str:
    """The same for somebody who listens: a screen reader passes over small raised digits.

    >>> heard(shown("the error is 4.7e-06"))
    'the error is 4.7 times 10 to the power of −6'
    """

    def spell(found: re.Match) -> str:
        power = found[2].translate(DIGITS)
        if not found[1]:
            return say("10 to the power of {power}", power=power)
        return say("{number} times 10 to the power of {power}", number=found[1], power=power)

    return RAISED.sub(spell, text)


def localised(text: str) -> str:
    """A number that was written in English, such as ``"1,234.5"``, as the learner reads it in a picture."""
    return shown(text if SPEECH.catalogue is None else Said(SPEECH.catalogue.number(text)))


def joined(separator: str, texts: Iterable[str]) -> str:
    """Texts in a row, each in the learner's language.

    >>> joined(", ", ["linear", "log"])
    'linear, log'
    """
    row = separator.join(map(word, texts))
    return row if SPEECH.catalogue is None else Said(row)


def marked(*texts: str) -> tuple[str, ...]:
    """Texts for the catalogue that no call above names, because the code puts them together or reads them."""
    return texts


def page_words() -> dict:
    """What the page's script needs of the language: its name, its marks in numbers, its words."""
    catalogue = SPEECH.catalogue
    if catalogue is None:
        return {}
    return {"language": SPEECH.language, "marks": catalogue.marks, "words": catalogue.page()}
