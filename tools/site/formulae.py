"""A Sphinx extension: KaTeX sets the formulae while the site is built, and no page needs a script."""

from __future__ import annotations

import json
import subprocess

from docutils import nodes

from tools.site.settings import HERE


def render(formulae: list[tuple[str, bool]]) -> list[str]:
    """Return the markup of formulae, each given as LaTeX and whether it stands on a line of its own.

    Raises
    ------
    ValueError
        If KaTeX cannot read one.
    """
    command = ["node", str(HERE / "formulae.mjs")]
    done = subprocess.run(
        command, input=json.dumps(formulae), capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise ValueError(next(line for line in done.stderr.splitlines() if line.startswith("ParseError")))
    return json.loads(done.stdout)


def set_formulae(app, doctree, page):
    """Give every formula of a page its markup, all in one call of Node."""
    found = [*doctree.findall(nodes.math), *doctree.findall(nodes.math_block)]
    if not found:
        return
    try:
        markup = render([(node.astext(), isinstance(node, nodes.math_block)) for node in found])
    except ValueError as error:
        raise ValueError(f"{page}: {error}") from error
    for node, text in zip(found, markup, strict=True):
        node["markup"] = text


def write(translator, node):
    translator.body.append(node["markup"])
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("katex", (write, None), (write, None))
    app.connect("doctree-resolved", set_formulae)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
