"""Build the notebooks from their sources: the learner's, with stubs, and the twin with the answers.

    python -m tools.build_notebooks              build all
    python -m tools.build_notebooks 03 05_gradient_descent
    python -m tools.build_notebooks --check      compare the committed notebooks with their sources (fast)
    python -m tools.build_notebooks --nbgrader FOLDER 03      write what nbgrader takes as its source
    python -m tools.build_notebooks --alone FOLDER 03         write it built so that it runs by itself

How a source is written is said in `tools.notebook_sources`. One without a number, such as ``review.py``, has
no answers in it and makes one notebook.

A source that is translated (``source/de/NN_topic.po``, see `tools.translating`) makes a twin in that language
too, ``notebooks/de/NN_topic.ipynb``: the learner's notebook with other prose.

All of them are executed from a fresh kernel that imports `cnnlib` from this repository, cleaned of what
changes from run to run, and saved with their outputs.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import re
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the file runs as a script too

from tools import alone, set_repository
from tools.notebook_sources import FOLDER, LINK, ROOT, BuildError, clear_solutions, find_sources, read_source
from tools.saved_outputs import clean_outputs, saved_output_faults
from tools.translating.twins import translated, twins

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
SECONDS_PER_CELL = 300


def make_notebook(cells, name: str, answers: bool) -> nbformat.NotebookNode:
    """Make the learner's notebook (`answers` false) or its twin (true), not yet executed."""
    cells = copy.deepcopy(cells)
    if answers:
        for cell in cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(_twin_link, cell.source)
        note = f"> With the answers. The notebook to work in: [{name}](../{name}.ipynb)"
        cells[0].source += f"\n\n{note}"
    else:
        cells = [cell for cell in cells if "solution-only" not in cell.metadata.get("tags", [])]
        for cell in cells:
            if cell.cell_type == "code":
                cell.source = clear_solutions(cell.source)
                if "answers" in cell.metadata and "raises-exception" not in cell.metadata.get("tags", []):
                    cell.source = without_asserts(cell.source)
                _check_syntax(cell.source, name)
                _leave_uncompared(cell)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(METADATA))
    nbformat.validate(notebook)
    return notebook


def without_asserts(source: str) -> str:
    """Take the assertions out of a cell: what it asserts of an answer would tell it. The twin keeps them.

    >>> without_asserts("for i in range(3):\\n    y = i\\n    assert y < 3\\nassert y\\nprint(y)")
    'for i in range(3):\\n    y = i\\nprint(y)'
    """
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]
    gone = {line for node in found for line in range(node.lineno, node.end_lineno + 1)}
    return "\n".join(line for number, line in enumerate(source.splitlines(), 1) if number not in gone)


def _leave_uncompared(cell) -> None:
    """A cell whose output the learner's notebook does not keep cannot be compared with it."""
    if "answers" in cell.metadata:
        tags = cell.metadata.get("tags", [])
        cell.metadata["tags"] = [*tags, *({"nbval-ignore-output"} - set(tags))]


def hide_answers(notebook) -> None:
    """Take the outputs out of the cells that answer a prediction."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "answers" in cell.metadata:
            cell.outputs = []


def make_nbgrader_source(cells) -> nbformat.NotebookNode:
    """Make what nbgrader takes as its source: the notebook with its answers, not executed."""
    kept = [cell for cell in copy.deepcopy(cells) if "solution-only" not in cell.metadata.get("tags", [])]
    return nbformat.v4.new_notebook(cells=kept, metadata=copy.deepcopy(METADATA))


def _twin_link(match: re.Match) -> str:
    """Keep a link from notebook to notebook among the twins; lead every other one up a folder."""
    target = match.group(1)
    if re.fullmatch(r"\d\d_\w+\.ipynb(#.*)?", target):
        return target
    return target.removeprefix("solutions/") if target.startswith("solutions/") else f"../{target}"


def _check_syntax(source: str, name: str) -> None:
    """Refuse a stub that Python cannot read (cells with IPython magic are left to the kernel)."""
    if re.search(r"^\s*[%!]", source, re.MULTILINE):
        return
    try:
        ast.parse(source)
    except SyntaxError as error:
        raise BuildError(f"{name}: without its answer a cell is not Python ({error}):\n{source}") from error


def execute(notebook: nbformat.NotebookNode, folder: Path, repository: Path = ROOT) -> None:
    """Run every cell in order in a fresh kernel started in `folder`; the outputs go into `notebook`."""
    from ipykernel import kernelspec
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        """The kernel of the running interpreter, whatever kernels the user has installed."""

        def get_kernel_spec(self, kernel_name):
            return self.kernel_spec_class(resource_dir=kernelspec.RESOURCES, **kernelspec.get_kernel_dict())

    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    options = {"record_timing": False, "store_widget_state": False, "coalesce_streams": True}
    client = NotebookClient(notebook, km=manager, timeout=SECONDS_PER_CELL, **options)
    client.resources = {"metadata": {"path": str(folder)}}
    client.execute(env=kernel_environment(repository))
    for cell in notebook.cells:
        raised = any(output.output_type == "error" for output in cell.get("outputs", []))
        if "raises-exception" in cell.metadata.get("tags", []) and not raised:
            raise BuildError(f"a cell tagged raises-exception did not raise:\n{cell.source}")


def kernel_environment(repository: Path = ROOT) -> dict[str, str]:
    """Return the environment of a kernel that imports this repository and records no learner's progress."""
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    path = [str(repository), *filter(None, [os.environ.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(path), "CNNLIB_PROGRESS": "off"}


def targets(source: Path) -> dict[bool, Path]:
    """Return where the learner's notebook (False) and its twin (True, if numbered) of a source are kept."""
    folder = source.parents[1]
    learner = {False: folder / f"{source.stem}.ipynb"}
    numbered = source.stem[:1].isdigit()
    return learner | ({True: folder / "solutions" / f"{source.stem}.ipynb"} if numbered else {})


def editions(source: Path) -> dict[Path, nbformat.NotebookNode]:
    """Return the notebooks of a source, not yet executed: the learner's, the solved one, translations."""
    cells = read_source(source)
    made = {target: make_notebook(cells, source.stem, answers) for answers, target in targets(source).items()}
    learner = made[targets(source)[False]]
    return made | {
        target: translated(learner, source, language) for language, target in twins(source).items()
    }


def build(source: Path, repository: Path = ROOT) -> list[Path]:
    """Build, execute and save all notebooks of one source; nothing is written unless all are sound."""
    finished = {}
    for target, notebook in editions(source).items():
        target.parent.mkdir(parents=True, exist_ok=True)
        execute(notebook, target.parent, repository)
        clean_outputs(notebook, repository)
        if target != targets(source).get(True):
            hide_answers(notebook)
        notebook.metadata = copy.deepcopy(nbformat.from_dict(METADATA))
        text = nbformat.writes(notebook) + "\n"
        if faults := saved_output_faults(notebook, len(text.encode()), repository):
            raise BuildError(f"{target.name}: " + "; ".join(faults))
        finished[target] = text
    for target, text in finished.items():
        target.write_text(text, encoding="utf-8", newline="\n")
    return list(finished)


def drift(source: Path) -> list[str]:
    """Compare the committed notebooks with their source: sources, metadata, ids, and order of execution."""
    faults = []
    for target, wanted in editions(source).items():
        if not target.exists():
            faults.append(f"{target}: missing; build it")
            continue
        found = nbformat.read(target, as_version=4)
        if wanted.metadata != found.metadata:
            faults.append(f"{target}: notebook metadata differ from what the tool writes")
        faults += [f"{target}: {fault}" for fault in _cell_drift(wanted.cells, found.cells)]
        counts = [cell.execution_count for cell in found.cells if cell.cell_type == "code"]
        if counts != list(range(1, len(counts) + 1)):
            faults.append(f"{target}: not executed once from top to bottom (counts {counts})")
    return faults


def _cell_drift(wanted, found) -> list[str]:
    """Name the first cell that differs; the rest would only repeat it."""
    for number, (left, right) in enumerate(zip(wanted, found, strict=False), start=1):
        for key in ("cell_type", "source", "metadata", "id"):
            if left[key] != right[key]:
                return [f"cell {number}: its {key} differs from the source ({left.source[:60]!r}…)"]
    return [] if len(wanted) == len(found) else [f"{len(found)} cells where the source makes {len(wanted)}"]


def strays(folder: Path = FOLDER) -> list[str]:
    """List committed notebooks that no source makes."""
    sources = list((folder / "source").glob("*.py"))
    made = {target for source in sources for target in (*targets(source).values(), *twins(source).values())}
    there = {*folder.glob("*.ipynb"), *folder.glob("[!.]*/*.ipynb")}  # .ipynb_checkpoints are JupyterLab's
    return [f"{path}: has no source in {folder / 'source'}" for path in sorted(there - made)]


def main(arguments: list[str] | None = None) -> int:
    """Build or check; return 0 when all is well, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Build the notebooks from notebooks/source.")
    parser.add_argument("names", nargs="*", help="number, name or path of a source; default: all")
    parser.add_argument("--check", action="store_true", help="only compare the notebooks with their sources")
    parser.add_argument(
        "--nbgrader", metavar="FOLDER", type=Path, help="write nbgrader's sources there instead"
    )
    parser.add_argument("--alone", metavar="FOLDER", type=Path, help="write notebooks that run by themselves")
    options = parser.parse_args(arguments)
    try:
        sources = find_sources(options.names)
        if options.alone:
            for source in sources:
                print(alone.write(targets(source)[False], options.alone, set_repository.repository()))
            return 0
        for source in sources if options.nbgrader else []:
            options.nbgrader.mkdir(parents=True, exist_ok=True)
            nbformat.write(
                make_nbgrader_source(read_source(source)), options.nbgrader / f"{source.stem}.ipynb"
            )
        if options.nbgrader:
            return 0
        if options.check:
            faults = [fault for source in sources for fault in drift(source)]
            faults += [] if options.names else strays()
            print("\n".join(faults) or f"{len(sources)} sources and their notebooks agree")
            return bool(faults)
        for source in sources:
            for target in build(source):
                print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} KB")
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
