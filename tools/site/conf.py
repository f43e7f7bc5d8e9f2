"""How Sphinx makes the pages; `tools.site.pages` calls it, and adds which folders hold what it copies."""

import json
from pathlib import Path

import nbformat

from tools import alone
from tools.site import settings
from tools.site.live.cells import plan
from tools.site.live.record import recorded_cells
from tools.site.staging import twin_of

here = Path(__file__).parent

project = settings.TITLE
html_title = settings.TITLE
language = "en"
extensions = ["myst_nb", "tools.site.formulae", "sphinx_copybutton"]
exclude_patterns = ["extra"]
nitpicky = True
show_warning_types = True

nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

html_math_renderer = "katex"
html_theme = "pydata_sphinx_theme"
html_favicon = str(here / "static" / "favicon.svg")
html_context = {"default_mode": "auto"}
html_sidebars = {"**": ["course-nav.html"]}
html_css_files, html_js_files = ["katex.min.css", "course.css"], [("course.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
copybutton_selector = "div.cell_input div.highlight pre, div.highlight-default pre"
templates_path = [str(here / "templates")]
html_theme_options = {
    "logo": {"text": settings.SHORT_TITLE},
    "navbar_start": ["navbar-logo"],
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "article_header_start": [],
    "article_header_end": ["run-this.html", "live.html"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["licences.html"],
    "footer_center": [],
    "footer_end": [],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "back_to_top_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def add_run_links(app, page, template, context, doctree):
    """Tell the template where the notebook of this page runs."""
    up = "../" * page.count("/")
    context["colab_first"] = settings.COLAB_FIRST.format(repository=settings.REPOSITORY)
    is_notebook = page.startswith("notebooks/")
    context["run_links"] = settings.links(f"{page}.ipynb", up) if is_notebook else {}
    context["start_link"] = settings.links("notebooks/00_start_here.ipynb", up)["JupyterLite"]
    if is_notebook or page == "index":
        context["live_folder"], context["live_up"] = page.rpartition("/")[0], up
    if is_notebook:
        notebook = nbformat.read(settings.ROOT / f"{page}.ipynb", as_version=4)
        recorded = recorded_cells(Path(app.srcdir).parent / "recorded", page.removeprefix("notebooks/"))
        told = plan(notebook, recorded, twin_of(settings.ROOT / f"{page}.ipynb"))
        if settings.REPOSITORY and page.count("/") == 1:  # the learner's
            file = alone.write(
                settings.ROOT / f"{page}.ipynb", Path(app.outdir) / "alone", settings.REPOSITORY
            )
            context |= {"alone_link": f"{up}alone/{file.name}", "uv_link": settings.UV}
        context["live_plan"] = json.dumps(told).replace("<", "\\u003c")


def setup(app):
    app.connect("html-page-context", add_run_links)
