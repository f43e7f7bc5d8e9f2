"""What shows where a package of the live view is missing, or the still picture cannot be drawn."""

from __future__ import annotations

import base64
from typing import NamedTuple

from cnnlib.runtime.language import heard, say


class Still(NamedTuple):
    """A still picture as a PNG file, or none (no bytes) and the reason in a sentence."""

    png: bytes
    why: str = ""


def still(scene, note: str = "") -> Still:
    """Draw the still picture of a scene. The one place where that is done: no failure of it leaves here.

    matplotlib depends on the learner's fonts, settings, warnings and memory; the live view does not.

    >>> still(None).why
    "There is no still picture (AttributeError: 'NoneType' object has no attribute 'figures')."
    """
    try:
        from cnnlib.viz.static import to_png

        return Still(to_png(scene, note=note))
    except Exception as failure:
        return Still(
            b"",
            say(
                "There is no still picture ({kind}: {failure}).", kind=type(failure).__name__, failure=failure
            ),
        )


def mending(missing: ImportError) -> str:
    """The sentence for a package that cannot be imported.

    >>> mending(ModuleNotFoundError("No module named 'anywidget'", name="anywidget"))
    'The live view needs anywidget: call `pip install ipywidgets anywidget` and restart the kernel.'
    """
    name = (missing.name or "a package").partition(".")[0]
    return say(
        "The live view needs {name}: call `pip install ipywidgets anywidget` and restart the kernel.",
        name=name,
    )


def show_still(text: str, picture: Still, missing: ImportError) -> None:
    """Display the sentence and the picture; `text` says what the picture shows."""
    from IPython.display import publish_display_data

    publish_display_data({"text/plain": mending(missing)})
    publish_picture(text, picture)


def publish_picture(text: str, picture: Still) -> None:
    """Display a still picture and its `text`; where it could not be drawn, the text and the reason."""
    from IPython.display import publish_display_data

    if not picture.png:
        publish_display_data({"text/plain": f"{text}\n{picture.why}"})
        return
    data = {"image/png": base64.b64encode(picture.png).decode("ascii"), "text/plain": text}
    publish_display_data(data, {"image/png": {"alt": heard(text)}})
