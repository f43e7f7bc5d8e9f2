"""The built site for the tests that read it: built when its sources have changed, else as it is."""

import pytest


def built():
    """Return the folder of the site; skip where the `site` extra or npm is missing."""
    for module in (
        "sphinx",
        "myst_nb",
        "pydata_sphinx_theme",
        "jupyterlite_core",
        "jupyterlite_pyodide_kernel",
    ):
        pytest.importorskip(module, reason='pip install -c requirements.txt -e ".[site]"')
    from tools import build_site
    from tools.site import settings

    if not build_site.is_current(settings.OUTPUT):
        assert build_site.build(settings.OUTPUT) == []
    return settings.OUTPUT
