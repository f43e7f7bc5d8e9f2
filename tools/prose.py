"""Read the prose of a notebook: its words, and its numbers with what vouches for them.

A number in the prose is vouched for when it stands in the code or in a text output of the same notebook
(rounded as the prose rounds it, or as per cent), or when its paragraph carries one of these comments, which
no page shows:

    <!-- source: LeCun et al. 1998, table 1 -->                  where it is taken from
    <!-- test: tests/test_lenet.py::test_parameter_count -->     the test that asserts it; both must exist
    <!-- computed: 5 * 5 * 6 + 6 = 156 -->                       arithmetic that is done again here

Whole numbers up to 12, numbers of notebooks (04), years in brackets, 100 %, durations in minutes, and what
stands in formulae, code, links and names (float32, 28x28) need no voucher.
"""

from __future__ import annotations

import ast
import operator
import re
from pathlib import Path

COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.,#])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(e[+-]?\d+)?(?![\w])(\s?%)?")
ANY_NUMBER = re.compile(r"(?<![A-Za-z_.])-?\d[\d,_]*(?:\.\d+)?(?:e[+-]?\d+)?")
HIDDEN = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\\\(.*?\\\)|\\\[.*?\\\]"
    r"|<(?:style|script).*?</(?:style|script)>|<[^>]*>|(?<=\])\([^)]*\)|https?://\S+",
    re.DOTALL,
)
FREE = re.compile(
    r"\((?:[^()]*[ ,])?(?:19|20)\d\d[a-z]?(?:[,;][^()]*)?\)"  # a year in brackets
    r"|\b\d+\s*(?:min(?:utes?)?)\b|\b100\s?%|\b0\d\b|^\s*\d+[.)]\s|^#+\s+[\d.]+\s",
    re.MULTILINE,
)
LARGEST_FREE = 12
ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
ARITHMETIC |= {ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow, ast.USub: operator.neg}


def visible(text: str) -> str:
    """Return the words of a markdown text, without formulae, code, tags, comments and targets of links.

    >>> visible("See [the paper](https://example.org/1), `x = 3` and $y = 4$. <!-- source: me -->").split()
    ['See', '[the', 'paper]', ',', 'and', '.']
    """
    return HIDDEN.sub(" ", COMMENT.sub(" ", text))


def words(text: str) -> int:
    """Count the words a reader reads.

    >>> words("A *kernel* of `3` numbers, $k$")
    4
    """
    return len(re.findall(r"[^\W\d_][\w'’-]*", visible(text)))


def paragraphs(text: str) -> list[str]:
    """Split a markdown text at blank lines and list items; a comment belongs to the text before it."""
    parts: list[str] = []
    for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)", text):
        if parts and not COMMENT.sub("", part).strip():
            parts[-1] += "\n" + part
        else:
            parts.append(part)
    return parts


def arithmetic(expression: str) -> float:
    """Compute an expression of numbers, brackets and ``+ - * / // **``.

    >>> arithmetic("(28 + 2 * 1 - 3) // 2 + 1")
    14
    """

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp):
            return ARITHMETIC[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return ARITHMETIC[type(node.op)](value(node.operand))
        raise ValueError(f"{expression!r} is more than arithmetic")

    return value(ast.parse(expression.strip(), mode="eval").body)


def plain(text: str) -> float:
    """Read a number as it is written, thousands separated by commas or underscores or not."""
    return float(text.replace(",", "").replace("_", ""))


def pool_of_numbers(texts) -> set[float]:
    """Collect every number that stands in some texts."""
    found = set()
    for text in texts:
        for match in ANY_NUMBER.finditer(text):
            for piece in {match.group(), *match.group().split(",")}:
                try:
                    found.add(abs(plain(piece)))
                except ValueError:
                    continue
    return found


def stands_in(number: str, percent: bool, pool: set[float]) -> bool:
    """Whether a number of the prose is in a pool, rounded as the prose rounds it.

    >>> stands_in("0.32", False, {0.3187}), stands_in("0.33", False, {0.3187}), stands_in("97", True, {0.97})
    (True, False, True)
    """
    decimals = len(number.partition(".")[2].partition("e")[0])
    wanted = plain(number)
    if "e" in number:
        return any(abs(value - wanted) <= 1e-9 * wanted for value in pool)
    scales = (1, 100) if percent else (1,)
    return any(
        abs(round(value * scale, decimals) - wanted) < 1e-9 * max(1, wanted)
        for value in pool
        for scale in scales
    )


def vouchers(paragraph: str, root: Path) -> tuple[bool, set[float], list[str]]:
    """Read a paragraph's comments: (a source or test is named, numbers computed, faults)."""
    named, computed, faults = False, set(), []
    for comment in COMMENT.findall(paragraph):
        kind, _, rest = (part.strip() for part in comment.partition(":"))
        if kind == "source" and rest:
            named = True
        elif kind == "test":
            named = True
            path, _, test = rest.partition("::")
            file = root / path
            if (
                not file.is_file()
                or not test
                or f"def {test.split('[')[0].split('::')[-1]}(" not in file.read_text("utf-8")
            ):
                faults.append(f"names the test {rest!r}, which does not exist")
        elif kind == "computed":
            computed |= pool_of_numbers([rest])
            faults += _recompute(rest)
    return named, computed, faults


def _recompute(claim: str) -> list[str]:
    """Check ``expression = number``, the number rounded as written."""
    left, equals, right = claim.rpartition("=")
    try:
        value, decimals = arithmetic(left), len(right.strip().partition(".")[2])
        right_value = plain(right.strip())
    except (ValueError, SyntaxError, KeyError, ZeroDivisionError):
        return [f"has a computation that cannot be read: {claim!r}"]
    return (
        []
        if equals and round(value, decimals) == right_value
        else [f"computes wrongly: {claim!r} (it is {value})"]
    )


def unvouched_numbers(text: str, pool: set[float], root: Path) -> list[str]:
    """List what is wrong with the numbers of a markdown text."""
    # Markdown ends a comment where its next line looks like a list or a heading, and shows the rest.
    faults = [
        f"has a comment of more than one line, which a page may show: {comment.strip()!r}"
        for comment in COMMENT.findall(text)
        if "\n" in comment.strip()
    ]
    for paragraph in paragraphs(text):
        named, computed, wrong = vouchers(paragraph, root)
        faults += wrong
        if named:
            continue
        for match in NUMBER.finditer(FREE.sub(" ", visible(paragraph))):
            whole, fraction, power, percent = match.groups()
            number = whole + (fraction or "") + (power or "")
            if not fraction and not power and plain(whole) <= LARGEST_FREE:
                continue
            if not stands_in(number, bool(percent), pool | computed):
                faults.append(
                    f"the number {match.group().strip()} is neither computed nor marked with its source"
                )
    return faults
