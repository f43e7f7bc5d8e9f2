"""The files of the catalogues: collected anew, merged into each language, compiled, looked through."""

from __future__ import annotations

import string
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.translating.sources import ROOT, empty, notebook_texts, package_texts

LOCALE = Path("cnnlib") / "locale"
PROSE = Path("notebooks") / "source"
AGAIN = "run `python -m tools.translating update`"


def languages(root: Path = ROOT) -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.name for path in (root / LOCALE).iterdir() if path.is_dir())


def package_file(language: str, root: Path = ROOT, kind: str = "po") -> Path:
    """The catalogue of the package in a language."""
    return root / LOCALE / language / "LC_MESSAGES" / f"cnnlib.{kind}"


def notebook_files(root: Path = ROOT) -> list[Path]:
    """The catalogues of notebooks, ``notebooks/source/de/00_start_here.po``, of all languages."""
    return sorted((root / PROSE).glob("*/*.po"))


def source_of(file: Path) -> Path:
    """The English source of a notebook's catalogue."""
    return file.parents[1] / f"{file.stem}.py"


def read(path: Path, language: str | None = None) -> Catalog:
    """A catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(path: Path, catalog: Catalog) -> None:
    """Write a catalogue: with the files that the texts are from, without lines, which move all the time."""
    for message in catalog:
        message.flags.discard("python-format")  # Babel takes "95 % of" for one
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, sort_by_file=True, include_previous=True)


def update(root: Path = ROOT) -> list[Path]:
    """Collect all texts, merge them into every catalogue, compile; return the files."""
    template = package_texts(root)
    written = [root / LOCALE / "cnnlib.pot"]
    write(written[0], template)
    for language in languages(root):
        written.append(merged(package_file(language, root), template, language))
    for file in notebook_files(root):
        written.append(merged(file, notebook_texts(source_of(file)), file.parent.name))
    return written + compile_all(root)


def merged(file: Path, template: Catalog, language: str) -> Path:
    """Bring a catalogue up to date: new texts are empty, changed ones fuzzy, gone ones kept apart."""
    catalog = read(file, language) if file.exists() else empty()
    catalog.locale = catalog.locale or language
    catalog.fuzzy = False
    catalog.update(template, update_creation_date=False)
    for message in catalog:
        if message.id and message.fuzzy and message_faults(message):  # taken over from a text of other values
            message.string = ("",) * catalog.num_plurals if message.pluralizable else ""
            message.flags.discard("fuzzy")
    for key in [key for key, message in catalog.obsolete.items() if not message.string]:
        del catalog.obsolete[key]
    write(file, catalog)
    return file


def begin(language: str, notebooks: list[Path], root: Path = ROOT) -> list[Path]:
    """Begin a language, with empty texts; or add notebooks to one."""
    file = package_file(language, root)
    written = [] if file.exists() else [merged(file, package_texts(root), language)]
    for source in notebooks:
        target = source.parent / language / f"{source.stem}.po"
        if not target.exists():
            written.append(merged(target, notebook_texts(source), language))
    return written


def compile_all(root: Path = ROOT) -> list[Path]:
    """Write what the package reads; texts that are empty or fuzzy stay English."""
    written = []
    for language in languages(root):
        written.append(package_file(language, root, "mo"))
        with written[-1].open("wb") as file:
            write_mo(file, read(package_file(language, root), language))
    return written


def faults(root: Path = ROOT) -> list[str]:
    """Sentences about what is not up to date or cannot be right; none if all is well."""
    template, found = package_texts(root), []
    if names(read(root / LOCALE / "cnnlib.pot")) != names(template):
        found.append(f"{LOCALE}/cnnlib.pot: texts of the package have changed since; {AGAIN}")
    pairs = [(package_file(language, root), template) for language in languages(root)]
    pairs += [(file, notebook_texts(source_of(file))) for file in notebook_files(root)]
    for file, wanted in pairs:
        found += [f"{file.relative_to(root)}: {fault}" for fault in catalogue_faults(read(file), wanted)]
    for file in notebook_files(root):
        found += [
            f"{file.relative_to(root)}: {fault}"
            for fault in gaps(read(file), notebook_texts(source_of(file)))
        ]
    return found


def catalogue_faults(catalog: Catalog, wanted: Catalog) -> list[str]:
    """What a language's catalogue lacks, and which of its texts have other placeholders than the English."""
    missing = names(wanted) - names(catalog)
    found = [f"{_texts(len(missing))} missing, such as {_start(min(missing)[1])}; {AGAIN}"] if missing else []
    return found + [fault for message in catalog if message.id for fault in message_faults(message)]


def message_faults(message: Message) -> list[str]:
    """Placeholders that a translation lacks or invents.

    >>> message_faults(Message("{n} of {total}", "{n} von {all}"))
    ["'{n} of {total}': its translation has all, n; expected n, total"]
    """
    english = message.id if isinstance(message.id, tuple) else (message.id,)
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    wanted = placeholders(english[-1])
    strange = [text for text in said if text and placeholders(text) not in (wanted, wanted - {"number"})]
    return [
        f"{english[0]!r}: its translation has {', '.join(sorted(placeholders(text)))};"
        f" expected {', '.join(sorted(wanted))}"
        for text in strange
    ]


def placeholders(text: str) -> set[str]:
    """Names in braces; a text that is no template has none.

    >>> sorted(placeholders("{steps:,} of {total}"))
    ['steps', 'total']
    """
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


def gaps(catalog: Catalog, wanted: Catalog) -> list[str]:
    """Cells of a notebook that are not translated, or changed since they were."""
    found = []
    for message in wanted:
        said = catalog.get(message.id, message.context) if message.id else None
        if message.id and (said is None or not said.string):
            found.append(f"not translated yet: {_start(message.id)}")
        elif message.id and said.fuzzy:
            found.append(f"the English has changed since this was translated: {_start(message.id)}")
    return found


def share(language: str, root: Path = ROOT) -> str:
    """How much of the package is translated, in a sentence."""
    messages = [m for m in read(package_file(language, root)) if m.id]
    done = 0
    for message in messages:
        strings = [message.string] if isinstance(message.string, str) else message.string
        done += all(strings) and not message.fuzzy
    return f"{language}: {done} of {len(messages)} texts of the package are translated"


def names(catalog: Catalog) -> set[tuple[str, str]]:
    """The texts of a catalogue: (context, English)."""
    ids = [(m.context or "", m.id if isinstance(m.id, str) else m.id[0]) for m in catalog if m.id]
    return set(ids)


def _texts(number: int) -> str:
    return "1 text is" if number == 1 else f"{number} texts are"


def _start(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "…")
