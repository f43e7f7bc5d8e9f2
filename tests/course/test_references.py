"""What the notebooks and the code cite stands in docs/references.md, with the notebooks that cite it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
PAGE = (ROOT / "docs" / "references.md").read_text("utf-8")
ENTRIES = [" ".join(entry.split()) for entry in re.findall(r"^- (.+?)(?=^- |^#|\Z)", PAGE, re.M | re.S)]
LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
SOUND = re.compile(
    r"https://arxiv\.org/abs/\d{4}\.\d{4,5}"
    r"|https://doi\.org/10\.\d{4,5}/[\w.()-]+(?:/[\w.-]+)*"
    r"|https?://(?!arxiv\.org|doi\.org)[\w-]+(?:\.[\w-]+)+(?:/[\w.~#%+-]*)*"
)


def cited(source):
    """Pairs (title, link) in the references of a notebook's source."""
    text = source.read_text("utf-8").partition("# ## References")[2]
    text = re.sub(r"<!--.*?-->|\n# ?", " ", text)
    return [(" ".join(title.split()), link) for title, link in LINK.findall(text)]


def entry_with(link):
    return next((entry for entry in ENTRIES if f"({link})" in entry), None)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_reference_of_a_notebook_is_in_the_list(source):
    assert cited(source)
    for title, link in cited(source):
        entry = entry_with(link)
        assert entry, f"{link} is not in docs/references.md"
        cites = re.findall(r"\b\d\d\b", entry.rpartition(".")[2])
        assert source.stem[:2] in cites, f"{link} is not listed as cited by {source.stem}"
        if link.startswith(("https://arxiv", "https://doi")):
            whole = dict((b, a) for a, b in LINK.findall(entry))[link]
            assert whole.lower().startswith(title.lower()), f"{title!r} is not how {whole!r} begins"


def test_a_list_entry_is_cited_where_it_says():
    for entry in ENTRIES:
        for number in re.findall(r"\b\d\d\b", entry.rpartition(".")[2]):
            (source,) = [source for source in SOURCES if source.stem.startswith(number)]
            references = source.read_text("utf-8").partition("# ## References")[2]
            links = [link for _, link in LINK.findall(entry)]
            author = entry.split(",")[0].split()[-1]
            assert any(link in references for link in links) or author in references, (number, entry)


def test_what_the_code_cites_is_in_the_list():
    for path in (ROOT / "cnnlib").rglob("*.py"):
        text = path.read_text("utf-8")
        for number in re.findall(r"arXiv:(\d{4}\.\d{4,5})", text):
            assert entry_with(f"https://arxiv.org/abs/{number}"), f"{path.name}: arXiv:{number}"
        for number in re.findall(r"doi:(10\.[\w./-]*\w)", text):
            assert entry_with(f"https://doi.org/{number}"), f"{path.name}: doi:{number}"


def test_links_are_well_formed_and_none_stands_twice():
    links = [link for _, link in LINK.findall(" ".join(ENTRIES))]
    assert len(links) > 40 and len(links) == len(set(links))
    assert [link for link in links if not SOUND.fullmatch(link)] == []


def test_the_papers_are_in_the_order_of_their_first_authors():
    papers = PAGE.partition("## Papers")[2].partition("\n## ")[0]
    authors = re.findall(r"^- ((?:[A-Z]\. )+)([^,\n]+?)(?:,| and others)", papers, re.M)
    names = [name.lower() for _, name in authors]
    assert len(names) > 35 and names == sorted(names)
