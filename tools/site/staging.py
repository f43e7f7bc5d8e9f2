"""Lay out what Sphinx reads: the written pages, and the notebooks made ready to be read without a kernel."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import shutil
import struct
from pathlib import Path

import nbformat
import PIL.Image

from tools.site.live.cells import prompts
from tools.site.live.covers import place_of
from tools.site.live.record import make_room, recorded_cells
from tools.site.settings import ROOT

BADGES = re.compile(r"<!-- badges -->.*?<!-- end of badges -->\n?", re.DOTALL)  # pictures of other servers
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)#\s]+)(?P<place>#[^)]*)?\)")
FIRST = ("README.md", "docs/glossary.md", "docs/notation.md", "docs/claims.md", "TEACHING.md")
NOTEBOOK_ROW = re.compile(r"^\| \[\d\d .+ \|$", re.MULTILINE)  # the README's table of notebooks
ANSI = re.compile(r"\x1b\[[0-9;]*m")
INSIDE = re.compile(r'src="data:image/png;base64,([^"]+)"')


def notebooks(root: Path = ROOT) -> list[Path]:
    """Return the learner's notebooks, then their twins with the answers, then those in other languages.

    >>> [path.name for path in notebooks()][0]
    '00_start_here.ipynb'
    """
    folder = root / "notebooks"
    return [path for place in ("*", "solutions/*", "??/*") for path in sorted(folder.glob(f"{place}.ipynb"))]


def written_pages(root: Path = ROOT) -> list[str]:
    """Return the written pages: those at the top and in docs, and whatever other Markdown they link to.

    >>> {"README.md", "docs/glossary.md"} <= set(written_pages())
    True
    """
    todo = [*sorted(root.glob("*.md")), *sorted((root / "docs").glob("*.md"))]
    found: list[str] = []
    for page in todo:
        name = page.relative_to(root).as_posix()
        if name not in found:
            found.append(name)
            todo += [target for target in targets(page) if target.suffix == ".md"]
    return found


def targets(page: Path) -> list[Path]:
    """Return the files of the repository that a page links to."""
    links = [match["target"] for match in LINK.finditer(page.read_text("utf-8"))]
    paths = [(page.parent / link).resolve() for link in links if "://" not in link]
    return [path for path in paths if path.is_file()]


def title(notebook) -> str:
    """Return the first heading of a notebook.

    >>> title(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Why?\\n\\nBecause.")]))
    'Why?'
    """
    return notebook.cells[0].source.splitlines()[0].removeprefix("#").strip()


def stage(folder: Path, root: Path = ROOT) -> None:
    """Write everything that Sphinx reads into `folder`; what was there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "extra" / "pictures").mkdir(parents=True)
    titles = {}
    for path in notebooks(root):
        place = path.relative_to(root)
        notebook = nbformat.read(path, as_version=4)
        if len(path.parent.name) > 2:  # in another language there are none
            bring_answers(notebook, twin_of(path))
        prepare(notebook, folder / "extra" / "pictures", "../" * (len(place.parts) - 1))
        name = place.relative_to("notebooks").with_suffix("").as_posix()
        make_room(notebook, recorded_cells(folder.parent / "recorded", name))
        if len(place.parts) == 2:
            begin_with(notebook, place_of(path.stem))
        titles[place] = title(notebook)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / place)
    for name in written_pages(root):
        copy_page(root / name, folder / name, root)
        for beside in targets(root / name):
            if beside.suffix not in (".md", ".ipynb"):
                copy(beside, folder / beside.relative_to(root))
    copy(root / "docs" / "training.webp", folder / "extra" / "pictures" / "training.webp")
    front = (root / "docs" / "site" / "index.md").read_text("utf-8")
    rows = "\n".join(NOTEBOOK_ROW.findall((root / "README.md").read_text("utf-8")))
    front = front.replace("{table}", rows).replace("{contents}", contents(titles, written_pages(root)))
    (folder / "index.md").write_text(front, "utf-8")


def begin_with(notebook, cover: str) -> None:
    """Put what moves behind a notebook's first paragraph, before goals and prerequisites.

    >>> words = "# Why?\\n\\nBecause.\\n\\n**You need** 01."
    >>> book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])
    >>> begin_with(book, "<div></div>")
    >>> book.cells[0].source
    '# Why?\\n\\nBecause.\\n\\n<div></div>\\n\\n**You need** 01.'
    """
    heading, first, *rest = notebook.cells[0].source.split("\n\n")
    if cover:
        notebook.cells[0].source = "\n\n".join([heading, first, cover, *rest])


def copy(source: Path, target: Path) -> None:
    """Copy a file to a place whose folder may not exist yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def copy_page(source: Path, target: Path, root: Path) -> None:
    """Copy a written page; a link to a folder leads to its first notebook, or is none where it has none."""

    def lead(match: re.Match) -> str:
        place = source.parent / match["target"]
        if not place.is_dir():
            return match.group()
        inside = sorted(place.glob("*.ipynb"))
        return (
            f"{match['text']}({match['target'].rstrip('/')}/{inside[0].name})"
            if inside
            else match["text"][1:-1]
        )

    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(LINK.sub(lead, BADGES.sub("", source.read_text("utf-8"))), "utf-8")


def contents(titles: dict[Path, str], pages: list[str]) -> str:
    """Return the tables of contents for the side bar: notebooks, answers, other languages, other pages."""
    learner = {place: words for place, words in titles.items() if place.parent.name == "notebooks"}
    answers = {place: words for place, words in titles.items() if "solutions" in place.parts}
    languages = {place: words for place, words in titles.items() if len(place.parent.name) == 2}
    others = {name.removesuffix(".md"): "" for name in (*FIRST, *pages)} | {"README": "On your own computer"}
    return "\n".join(
        [
            _toctree("The notebooks", {_page(p): _numbered(p, words) for p, words in learner.items()}),
            _toctree("With answers", {_page(p): _numbered(p, words) for p, words in answers.items()}),
            _toctree("In other languages", {_page(p): _numbered(p, words) for p, words in languages.items()}),
            _toctree("Beside them", others),
        ]
    )


def _numbered(place: Path, words: str) -> str:
    return f"{place.name[:2]} {words}" if place.name[:2].isdigit() else words


def _page(place: Path) -> str:
    return place.with_suffix("").as_posix()


def _toctree(caption: str, entries: dict[str, str]) -> str:
    lines = [f"{words} <{page}>" if words else page for page, words in entries.items()]
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *lines, "```", ""])


def twin_of(path: Path):
    """Return the twin with the answers of a learner's notebook, in English; None for one that has none."""
    learners = path.parent if path.parent.name == "notebooks" else path.parent.parent
    twin = learners / "solutions" / path.name
    return nbformat.read(twin, as_version=4) if twin.is_file() and twin != path else None


def bring_answers(notebook, twin) -> None:
    """Give the cells that answer a prediction the outputs that only the twin keeps; `prepare` folds them."""
    if twin is None:
        return
    outputs = {cell.id: cell.outputs for cell in twin.cells if "outputs" in cell}
    for cell in notebook.cells:
        if "answers" in cell.metadata and not cell.outputs:
            cell.outputs = outputs.get(cell.id, [])


def prepare(notebook, pictures: Path, up: str) -> None:
    """Make a notebook ready for a page: pictures as files, a widget's text beneath, no comments.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place; its cells are not executed.
    pictures : Path
        Folder for the pictures, each named by its contents.
    up : str
        Leads from the page to the site's root: ``"../"`` for each folder.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = COMMENT.sub("", cell.source)
        else:
            cell.outputs = _outputs(cell.outputs, pictures, up)
            if "answers" in cell.metadata:
                cell.outputs = fold(cell.outputs)


def _outputs(outputs, pictures: Path, up: str) -> list:
    """Return a cell's outputs, each picture an `img`; the text of a widget goes beneath its picture."""
    made = []
    for output in outputs:
        data = output.get("data", {})
        last = data.get("text/plain", "").splitlines()[-1:]
        if last and any(prompt in last[0] for prompt in prompts()):
            continue  # the picture that follows says the same to those who cannot see it
        if "image/png" in data:
            alt = output.metadata["image/png"]["alt"]
            says = alt if data.get("text/plain", "") == alt else ""
            picture = picture_html(base64.b64decode(data["image/png"]), alt, says, pictures, up)
            output = nbformat.v4.new_output("display_data", data={"text/html": picture})
        elif "text/html" in data:
            output.data["text/html"] = INSIDE.sub(lambda found: _file(found, pictures, up), data["text/html"])
        made.append(output)
    return made


def _file(found: re.Match, pictures: Path, up: str) -> str:
    """Save a picture that stands in the text of a table, and return what names it there."""
    name = save(base64.b64decode(found[1]), pictures)
    return f'loading="lazy" decoding="async" src="{up}pictures/{name}"'


def save(png: bytes, pictures: Path) -> str:
    """Save a picture as lossless WebP, half as heavy, and return its name, which its contents give it."""
    path = pictures / (hashlib.sha256(png).hexdigest()[:16] + ".webp")
    if not path.exists():
        PIL.Image.open(io.BytesIO(png)).save(path, lossless=True)
    return path.name


def fold(outputs) -> list:
    """Put outputs that answer a prediction behind "Show what happens".

    >>> fold([nbformat.v4.new_output("stream", text="22 < 23")])[0].data["text/html"]
    '<details class="cnn-answer"><summary>Show what happens</summary><pre>22 &lt; 23</pre></details>'
    """
    parts = []
    for output in outputs:
        data = output.get("data", {})
        text = (
            output.get("text")
            or data.get("text/plain")
            or ANSI.sub("", "\n".join(output.get("traceback", [])))
        )
        parts.append(data.get("text/html") or (f"<pre>{html.escape(text)}</pre>" if text else ""))
    inside = "".join(parts)
    if not inside:
        return []
    folded = f'<details class="cnn-answer"><summary>Show what happens</summary>{inside}</details>'
    return [nbformat.v4.new_output("display_data", data={"text/html": folded})]


def picture_html(png: bytes, alt: str, says: str, pictures: Path, up: str) -> str:
    """Save a picture and return the HTML that shows it, with the sentence `says` visible beneath.

    The sentence is the alt text once more, so readers of the screen are spared it.
    """
    name = save(png, pictures)
    width, height = struct.unpack(">II", png[16:24])
    line = f'<p class="course-says" aria-hidden="true">{html.escape(says)}</p>' if says else ""
    return (
        f'<div class="cnn-picture"><img src="{up}pictures/{name}" alt="{html.escape(alt)}" width="{width}"'
        f' height="{height}" loading="lazy" decoding="async">{line}</div>'
    )
