"""Notebooks that Jupyter does not trust, as every downloaded one: their pictures stand all the same."""

import json
import shutil

import pytest

from tests.course.test_docs import ROOT

NOTEBOOK = "04_convolution_backward.ipynb"
PICTURES = """() => jupyterapp.shell.currentWidget.content.widgets
    .map((cell, index) => [index, cell])
    .filter(([, cell]) => cell.model.type === "code"
      && cell.model.outputs.toJSON().some((output) => output.data?.["image/png"]))
    .map(([index]) => index)"""
TRUSTED = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter((cell) => cell.model.type === "code").map((cell) => cell.model.trusted)"""
SHOW = "index => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')"
SEEN = """index => {
    const images = [...jupyterapp.shell.currentWidget.content.widgets[index].node.querySelectorAll("img")];
    return images.some((image) => image.complete && image.naturalWidth > 100 && image.offsetHeight > 50);
}"""


def saved_by_a_learner(notebook):
    """What JupyterLab saves after a run: the live view's reference stands before the picture."""
    view = {"model_id": "0" * 32, "version_major": 2, "version_minor": 0}
    for cell in notebook["cells"]:
        for text, picture in zip(cell.get("outputs", [])[:-1], cell.get("outputs", [])[1:], strict=True):
            if "image/png" in picture.get("data", {}):
                text["data"]["application/vnd.jupyter.widget-view+json"] = view
    return notebook


@pytest.mark.parametrize(
    "change", [lambda notebook: notebook, saved_by_a_learner], ids=["ours", "a learner's"]
)
def test_an_untrusted_notebook_shows_its_pictures(desk, change):
    shutil.copytree(ROOT / "docs", desk.lab.folder / "docs", dirs_exist_ok=True)
    notebook = json.loads((ROOT / "notebooks" / NOTEBOOK).read_text("utf-8"))
    notebook["cells"][0]["source"].append(" ")  # not a text that anybody has ever signed
    (desk.lab.folder / NOTEBOOK).write_text(json.dumps(change(notebook)), encoding="utf-8")
    with desk.opened(NOTEBOOK, run=False) as page:
        assert not any(page.evaluate(TRUSTED))
        cells = page.evaluate(PICTURES)
        assert len(cells) >= 2  # most answer a prediction, and are saved without a picture
        for index in cells:
            page.evaluate(SHOW, index)
            page.wait_for_function(SEEN, arg=index, timeout=15_000)
