"""What a visitor of the page can do to a playground, with the page's own consequences."""

from cnnlib.playground.config import Config
from cnnlib.playground.datasets import draw_thumbnails

_LIVE = {"learning_rate", "show_test_data", "discretize", "hide_text", "tutorial", "collect_stats"}
_OF_DATA = {"dataset", "reg_dataset", "problem", "noise", "perc_train_data", "num_samples"}


class PageActions:
    """Buttons, settings and values typed by hand, for :class:`~cnnlib.playground.Playground`."""

    def reset(self):
        """Draw new weights from the running stream, as the page's Reset does; the points stay."""
        self._build()

    def regenerate(self):
        """Draw new points under a new seed, as the page's button does: weights and epoch stay.

        The losses shown stay too, until the next step.
        """
        self._keep_shown()
        self.config = self.config.replace(seed=self._stream.seed_text())
        self._draw_data()
        leftover = self.network.leftover.copy(), self.network.leftover_count
        self.prepare()
        self.network.leftover[:], self.network.leftover_count = leftover
        self.from_elsewhere = True
        self.history.record(self.network, self.epoch, kept=True)

    def change(self, **settings):
        """Change settings with the consequences that they have on the page.

        The learning rate acts at once. Data set, problem, noise and ratio draw new points under a new
        seed and a new network; everything else builds a new network from the running stream.

        >>> from cnnlib.playground import Playground
        >>> playground = Playground(seed="0.1")
        >>> playground.change(activation="relu")
        >>> playground.epoch, playground.config.seed
        (0, '0.1')
        """
        old, self.config = self.config, Config.of(self.config, **settings)
        changed = {name for name in vars(old) if getattr(old, name) != getattr(self.config, name)}
        if "learning_rate" in changed:
            self.network.lr = self.config.learning_rate
            self.history.record(self.network, self.epoch, kept=True)
        if changed & _OF_DATA:
            if "seed" not in changed:
                self.config = self.config.replace(seed=self._stream.seed_text())
            self._draw_data()
            if "problem" in changed:
                draw_thumbnails(self._stream, self.config.problem)
            self._build()
        elif "seed" in changed:
            self._draw_data()
            self._build()
        elif changed - _LIVE:
            self._build()

    def set_weight(self, layer, destination, source, value):
        """Give one weight a value, as typing it into the page does: the losses shown stay.

        A dead link takes the value and uses it, but does not train.
        """
        self._set((layer, destination, source), value, "weight")

    def set_bias(self, layer, destination, value):
        """Give one bias a value; the output's is that of the last layer."""
        self._set((layer, destination, -1), value, "bias")

    def _set(self, place, value, kind):
        layer, destination, source = place
        matrices = self.network.parameters.matrices
        if not 0 <= layer < len(matrices):
            raise IndexError(f"layer must be between 0 and {len(matrices) - 1}, got {layer}")
        rows, columns = matrices[layer].shape
        if not 0 <= destination < rows or not (source == -1 if kind == "bias" else 0 <= source < columns - 1):
            raise IndexError(f"layer {layer} has {rows} nodes with {columns - 1} links each; got {place[1:]}")
        self._keep_shown()
        matrices[layer][destination, source] = float(value)
        self.history.record(self.network, self.epoch, kept=True)
