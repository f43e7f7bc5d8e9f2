"""What shows where a package of the live view is missing: one sentence that mends it, and the picture."""

from __future__ import annotations

import base64


def mending(missing: ImportError) -> str:
    """The sentence for a package that cannot be imported.

    >>> mending(ModuleNotFoundError("No module named 'anywidget'", name="anywidget"))
    'The live view needs anywidget: call `pip install ipywidgets anywidget` and restart the kernel.'
    """
    name = (missing.name or "a package").partition(".")[0]
    return f"The live view needs {name}: call `pip install ipywidgets anywidget` and restart the kernel."


def show_still(text: str, png: bytes, missing: ImportError) -> None:
    """Display the sentence and the picture; `text` says what the picture shows."""
    from IPython.display import publish_display_data

    publish_display_data({"text/plain": mending(missing)})
    picture = base64.b64encode(png).decode("ascii")
    publish_display_data({"image/png": picture, "text/plain": text}, {"image/png": {"alt": text}})
