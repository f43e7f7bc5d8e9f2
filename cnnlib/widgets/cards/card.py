"""What all cards share: a face, which is data, the page that shows it, and a still that needs no kernel."""

from __future__ import annotations

from cnnlib.runtime.language import page_words, say, word
from cnnlib.widgets.base.fallback import mending
from cnnlib.widgets.cards import faces
from cnnlib.widgets.cards.still import still_html


class Card:
    """A card without a picture of its own: `face` says what is on it, ``on_NAME`` answers its buttons.

    Attributes
    ----------
    message : str
        A sentence for the learner about what was typed; empty if there is none.
    """

    name = "card"

    def __init__(self) -> None:
        self.message = ""
        self.page = None

    def face(self) -> dict:
        """Return what the card shows now: texts, an input, buttons. See `cnnlib.widgets.cards.faces`."""
        raise NotImplementedError(f"{type(self).__name__} needs face() -> dict")

    def blank_face(self) -> dict:
        """Return what a saved notebook shows: the face of somebody who has not answered yet."""
        return self.face()

    def receive(self, message: dict) -> None:
        """Act on a message of the page and send the face that comes of it; no exception leaves here."""
        handler = getattr(self, f"on_{message.get('type')}", None)
        try:
            if handler is not None:
                self.message = ""
                handler(message)
        except Exception as failure:
            self.message = say(
                "This did not work ({kind}: {failure}).", kind=type(failure).__name__, failure=failure
            )
        self.changed()

    def whole(self) -> dict:
        """What a page is told of the card as it is now."""
        return {"type": "face", "face": faces.in_language({**self.face(), "message": self.message})}

    def spec(self) -> dict:
        """What a page needs to know once: that it is a card, its title, the class of its still."""
        still = "cnn-still-" + self.name.replace(".", "-")
        return {
            "card": True,
            "title": word(self.blank_face()["title"]),
            "still": still,
            "speech": page_words(),
        }

    def changed(self) -> None:
        """Send the present face, if a page is there."""
        if self.page is not None:
            self.page.send(self.whole(), [])

    def on_ready(self, message: dict) -> None:
        """A view was opened, perhaps after a reload."""

    def close(self) -> None:
        """Take the view off the page."""
        if self.page is not None:
            self.page.close()
            self.page = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _ipython_display_(self) -> None:
        from IPython.display import publish_display_data

        blank = faces.in_language(self.blank_face())
        text = f"{blank['title']}: {blank['ask']}"
        still = {"text/html": still_html(blank, self.spec()["still"]), "text/plain": text}
        try:
            from cnnlib.widgets.base.page import CELLS, MEND, Mailbox, Page
        except ImportError as missing:
            publish_display_data({"text/plain": mending(missing)})
            publish_display_data(still)
            return
        if self.page is None:
            self.page = Page(self.spec(), Mailbox(self.receive).put, self.whole)
            CELLS.enter(self)
        publish_display_data(*self.page.view(word(MEND)))
        publish_display_data(still)
