"""A language that knows every text of the package: what the catalogue gave stands in brackets.

A text that a template made is « … », and what of it the template holds is ⟦ … ⟧: so a word that was put in
without a look into the catalogue is seen, and so is a sentence put together from pieces.

>>> brackets = Brackets({"after {steps} steps", "loss"})
>>> said = brackets.gettext("after {steps} steps").format(steps=3)
>>> said, unsaid(said), unsaid("loss"), unsaid(said + " the " + brackets.gettext("loss"))
('«⟦after ⟧3⟦ steps⟧»', False, True, True)
"""

import re
import string
from functools import cache

from tools.translating.catalogues import LOCALE, ROOT, read

#: Keys of what the page is told that hold no words for people.
KEYS = {
    *("kind", "name", "slots", "options", "sure", "line", "arrays", "cmap", "color", "outline", "emits"),
    *("sets", "legend", "group", "align", "dash", "shape", "picker", "rows", "columns", "arrows", "idle"),
    *("speeds", "still", "speed", "code", "file", "type", "default", "state", "speech", "panel"),
    *("marks_of_choices", "tone", "baseline", "at", "mark", "control", "only", "to", "buttons_of_strip"),
}
#: What is the same in every language: formulas, the learner's code, names of functions, people, packages.
SAME = re.compile(
    r"[½\d.,−-]*[rxXγdwβ₁₂²³x̂]+|d[a-zγβ]|ln|exp|log|max|min|sin|tanh|relu|ReLU|[Hh]e|[Xx]avier|sgd|SGD|Adam"
    r"|float(32|64)|L[12]|[\w.]+\(.*\)|\w+_\w+|anywidget|contourpy|cnnlib|ipywidgets|matplotlib|numpy|requests"
    r"|threadpoolctl|tqdm|None|True|False|nan|inf|abc|fsrs|packaging"
)
WORD = re.compile(r"[^\W\d_⁰¹²³⁴-⁹]{2,}\w*")
ENDS = (".", "?", "!", ":", ")", "”")


class Brackets:
    """A catalogue that puts every text of the package between brackets."""

    marks: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, texts):
        self.texts = texts

    def gettext(self, text):
        return bracketed(text) if text in self.texts else text

    def ngettext(self, one, many, number):
        return bracketed(one if number == 1 else many)

    def number(self, text):
        return text

    def page(self):
        return {}


def bracketed(text):
    """A text, or the parts of a template, in brackets."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        parts = []
    if not any(name is not None for _, name, _, _ in parts):
        return f"«⟦{text}⟧»"
    said = "«"
    for literal, name, form, way in parts:
        literal = literal.replace("{", "{{").replace("}", "}}")
        said += f"⟦{literal}⟧" if literal else ""
        if name is not None:
            said += "{" + name + (f"!{way}" if way else "") + (f":{form}" if form else "") + "}"
    return said + "»"


@cache
def whole_package():
    """Brackets around all texts of the package."""
    pot = read(ROOT / LOCALE / "cnnlib.pot")
    ids = [message.id for message in pot if message.id and not message.context]
    return Brackets({text for one in ids for text in (one if isinstance(one, tuple) else (one,))})


def seen(part, key=""):
    """Every text in what the page is told, but for keys and code."""
    if key in KEYS:
        return
    if isinstance(part, dict):
        for name, value in part.items():
            answered = name == "value" or (name == "marks" and isinstance(value, dict))
            if not ("kind" in part and answered):  # what was, and whether it is right
                yield from seen(value, name)
    elif isinstance(part, (list, tuple)):
        for value in part:
            yield from seen(value, key)
    elif isinstance(part, str):
        yield str(part)


def unsaid(text):
    """Whether a text has words outside the catalogue, or was put together from pieces of it."""
    text = _whole(text)
    outside = re.sub(r"`[^`]*`|<[^>]*>", " ", _outside(text, "⟦⟧", " "))
    if any(not SAME.fullmatch(word) for word in WORD.findall(outside)):
        return True
    glue, pieces = _outside(text, "«»", "\0"), _pieces(text)
    if not pieces:
        return False
    if WORD.search(re.sub(SAME, "", glue)):
        return True
    between = glue.split("\0")[1:-1]
    return any(
        not gap.strip() and not piece.rstrip().endswith(ENDS)
        for gap, piece in zip(between, pieces[:-1], strict=True)
    )


def _whole(text):
    """A line of a text that was broken to fit has the brackets that stand in its other lines.

    >>> _whole("«Sobel x: right"), _whole("minus left»"), _whole("«whole»")
    ('«Sobel x: right»', '«minus left»', '«whole»')
    """
    for left, right in ("⟦⟧", "«»"):
        missing = text.count(left) - text.count(right)
        text = left * -missing + text + right * missing
    return text


def _outside(text, pair, instead=""):
    """What stands outside all brackets of a pair; `instead` stands for each of them."""
    found, depth = [], 0
    for letter in text:
        if letter == pair[0]:
            depth += 1
        elif letter == pair[1]:
            depth -= 1
            found.append("" if depth else instead)
        elif not depth:
            found.append(letter)
    return "".join(found)


def _pieces(text):
    """What stands inside the outermost « … », without brackets."""
    found, depth = [], 0
    for letter in text:
        if letter == "»":
            depth -= 1
        if depth and letter not in "«»⟦⟧":
            found[-1] += letter
        if letter == "«":
            if not depth:
                found.append("")
            depth += 1
    return found


def left_out(parts):
    """The texts in `parts`, as a page is told them, that the catalogue does not know whole; each once."""
    return list(dict.fromkeys(text for text in seen(parts) if unsaid(text)))
