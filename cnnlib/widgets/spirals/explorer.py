"""The spiral playground: a small network on points of the plane, and every control of the original page."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.playground import FEATURES, Config
from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say
from cnnlib.viz import Scene
from cnnlib.widgets.base import Challenge, Widget
from cnnlib.widgets.spirals.around import asked_for, figures, frame, idle, trouble
from cnnlib.widgets.spirals.choosing import at_large, chosen_link, config_of, limits_of, nodes_of
from cnnlib.widgets.spirals.controls import CAP, CONTROLS, SLOTS
from cnnlib.widgets.spirals.places import node_at, place_of
from cnnlib.widgets.spirals.presets import OWN, SETTINGS, neurons, preset_state, state_of
from cnnlib.widgets.spirals.scene import NetworkPicture
from cnnlib.widgets.spirals.sentences import QUESTIONS, chosen_words, facts_of, pushed, sentence, way
from cnnlib.widgets.spirals.share import PAGE, line_of, run_of
from cnnlib.widgets.spirals.surface import color_bar, data_pictures, key_of_rings, map_panel, timeline


class Playground(Widget):
    """TensorFlow Playground in the notebook, step for step the same network, and more to see and to do.

    Point at a node to see its map at large, click it to keep that map. Click a feature to switch it on or
    off, a link or a bias (the dot at a node's corner) to choose it; the value box then changes it. The
    same can be done with the controls.

    Parameters
    ----------
    epoch : int
        Epochs to train before the first picture.
    **options
        As for `Widget`: `challenge`, `show`, and values of controls.

    Facts: ``epoch``, ``train_loss``, ``test_loss``, ``wrong`` (test points), ``wrong_trained`` (training
    points), ``neurons``, ``features``,
    ``links``, ``dead`` links, ``diverged`` (0 or 1). A loss that is no number counts as infinite.

    >>> view = Playground(dataset="spiral", neurons=[[8, 8, 0, 0, 0, 0]], seed=0.50025, epoch=147)
    >>> round(view.facts["test_loss"], 3)
    0.425
    >>> view.url.partition("#")[0]
    'https://playground.tensorflow.org/'
    """

    title = "Playground"
    controls = CONTROLS
    slots = SLOTS
    speed = "25 steps a second"  # as fast as it goes is over before it is seen
    restarts = SETTINGS
    volatile = ("edit_layer", "edit_to", "edit_from", "value", "share")
    challenge = Challenge(
        "Test loss below 0.106", lambda facts: facts["spiral"] and facts["test_loss"] < 0.106, way, 0.106
    )

    hovered: str | None = None  # the node beneath the pointer
    opened = False  # whether the chosen link's value is shown beside it

    def __init__(self, *, epoch: int = 0, **options) -> None:
        super().__init__(**options)
        if epoch:
            self.go_to(epoch)
            self.refresh()

    @classmethod
    def from_url_hash(cls, text: str, **options) -> Playground:
        """A widget with the settings of an address of the original page."""
        return cls(**state_of(Config.from_url_hash(text)), **options)

    def __repr__(self) -> str:
        """One line that recreates the widget; with the weights where seed and epoch do not give them."""
        if not self.altered:
            return super().__repr__()
        names = ("node", "links", "show_test_data", "discretize")
        looks = {
            name: self._state[name] for name in names if self._state[name] != self._controls[name].default
        }
        options = "".join(f", {name}={value!r}" for name, value in looks.items())
        return f"Playground.from_text({self.to_text()!r}{options})"

    @property
    def url(self) -> str:
        """Address that opens these settings in the original page."""
        return PAGE + self.run.to_url_hash()

    def to_text(self) -> str:
        """Settings, epoch and weights in one line; `Playground.from_text` makes the same widget of it."""
        return self.run.to_text()

    @classmethod
    def from_text(cls, text: str, **options) -> Playground:
        """A widget from a line of `to_text`, with the same weights to the last bit."""
        view = cls(**options)
        view.take_over(Run.from_text(text), altered=True)
        view.refresh()
        return view

    def take_over(self, run: Run, altered: bool) -> None:
        """Go on with another run, its settings in the controls."""
        self.put(**state_of(run.config), preset=OWN)
        self.restart()
        self.run, self.losses, self.altered = run, [], altered
        self.sync()

    def refresh(self) -> None:
        """As for `Widget`, with the line that opens this run elsewhere."""
        self.put(share=line_of(self.run, self.altered))
        super().refresh()

    # The run.

    def begin(self) -> None:
        """New points and first weights from the seed."""
        self.run = Run(config_of(self._state))
        self.altered = False  # by hand, so that settings and epoch do not give the weights
        self.losses: list[tuple[float, float]] = []  # of all epochs that can be gone to
        self.opened = False
        self.sync()

    def sync(self) -> None:
        """Bring the controls that follow the run up to date."""
        run = self.run
        del self.losses[run.history.furthest + 1 :]
        self.losses += [(math.nan, math.nan)] * (run.epoch - len(self.losses))
        self.losses[run.epoch : run.epoch + 1] = [(run.train_loss, run.test_loss)]
        layer, destination, source = self.selected()
        now = run.network.parameters.matrices[layer][destination, source]
        now = float(f"{np.clip(np.nan_to_num(now), -CAP, CAP):.3g}")
        self.put(epoch=run.epoch, value=now, learning_rate=run.config.learning_rate)
        self.put(edit_layer=layer + 1, edit_to=destination + 1, edit_from=source + 1)

    @property
    def curve(self) -> list[tuple[float, float]]:
        """Training and test loss of every epoch up to the present one."""
        return self.losses[: self.run.epoch + 1]

    def selected(self) -> tuple[int, int, int]:
        """The link or bias chosen for a change: layer, destination, and source or -1."""
        return chosen_link(self.run, self._state)

    def limits(self, state: dict) -> dict:
        return limits_of(self.run, state)

    def options(self, state: dict) -> dict:
        """The nodes that there are."""
        return {"node": nodes_of(self.run)}

    def train(self):
        """One epoch a step, until the numbers overflow."""
        self.opened = False
        while self.run.diverged_at is None:
            self.run.step()
            self.sync()
            yield self.run.epoch

    def go_to(self, epoch: int) -> None:
        """Rewind, or train on, to an epoch."""
        if epoch < self.run.epoch:
            self.challenge_reached = False
        self.run.rewind(min(epoch, self.run.history.furthest))
        while self.run.epoch < epoch and self.run.diverged_at is None:
            self.run.step()
            self.sync()
        self.sync()

    def rewind(self) -> None:
        self.go_to(0)

    # What the learner does.

    def set_state(self, **values) -> None:
        """As for `Widget`; a data set of the other problem brings its problem along."""
        if "problem" not in values:
            if "dataset" in values:
                values["problem"] = "classification"
            elif "reg_dataset" in values:
                values["problem"] = "regression"
        super().set_state(**values)

    def changed(self, before: dict, after: dict) -> None:
        moved = {name for name in after if after[name] != before[name]}
        if "share" in moved:
            self.take_over(run_of(after["share"]), "now=" in after["share"])
            return
        if "preset" in moved and after["preset"] != OWN:
            self.put(**preset_state(after["preset"]))
            self.restart()
            return
        if moved & {*SETTINGS, "learning_rate"}:
            self.put(preset=OWN)
        if moved & set(SETTINGS):
            return  # the run is new, and epoch and value are already its own
        if "learning_rate" in moved:
            self.altered = self.altered or self.run.epoch > 0
            self.run.change(learning_rate=after["learning_rate"])
        if "epoch" in moved:
            self.go_to(after["epoch"])
        elif "value" in moved:
            self.altered = True
            layer, destination, source = self.selected()
            if source < 0:
                self.run.set_bias(layer, destination, after["value"])
            else:
                self.run.set_weight(layer, destination, source, after["value"])
            self.run.judge_again()
            self.sync()
        if moved & {"edit_layer", "edit_to", "edit_from"}:
            self.opened = True
            self.sync()

    def press(self, name: str) -> dict | None:
        shape = list(self.run.config.network_shape)
        self.altered = self.altered or name in ("weights", "points")
        if name == "weights":
            self.run.reset()
            self.live.forget_run()
            self.sync()
        elif name == "points":
            self.run.regenerate()
            self.run.judge_again()
            self.sync()
            self.put(seed=self.run.config.seed, preset=OWN)
        elif name.split()[1:] in ([str(k)] for k in range(1, 7)):
            return self.resized(int(name.split()[1]) - 1, 1 if name.startswith("more") else -1)
        elif name == "more layers" and len(shape) < 6:
            return neurons(*shape, 2)
        elif name == "fewer layers" and shape:
            return neurons(*shape[:-1])
        return None

    def resized(self, layer: int, by: int) -> dict | None:
        """One neuron more or fewer in a layer; None where there is no such layer any more."""
        shape = list(self.run.config.network_shape)
        if layer >= len(shape):
            return None
        shape[layer] = min(8, max(1, shape[layer] + by))
        return neurons(*shape)

    def event(self, event: dict) -> dict | None:
        name, index = event["name"], event.get("index", 0)
        if event["kind"] in ("hover", "leave"):
            self.hovered = node_at(self.run, name, index)
        if event["kind"] != "click":
            return None
        if name == "feature":
            return {FEATURES[index]: not self._state[FEATURES[index]]} if index < len(FEATURES) else None
        if name.startswith("layer"):
            shown = node_at(self.run, name, index)
            return {"node": "output" if shown == self._state["node"] else shown}
        place = place_of(self.run, name, index)
        self.opened = place is not None
        return place

    # The picture.

    def compute(self, state: dict) -> Scene:
        maps = [np.nan_to_num(layer, nan=np.nan, posinf=1e6, neginf=-1e6) for layer in self.run.node_maps()]
        name, z, place = at_large(self.hovered or state["node"], maps)
        chosen, facts = self.selected(), facts_of(self.run)
        network = NetworkPicture(self.run, maps, state)
        anchors = network.anchors()
        if self.opened:
            anchors.append(network.popover(chosen, chosen_words(self.run, chosen), pushed(self.run, chosen)))
        alone = "" if name == "output" else "its answer at each point, alone"
        subtitle = alone or key_of_rings(self.run, state)
        panels = [
            network.panel(chosen if self.opened else None, place, at=(0, 1, 2, 1)),
            map_panel(self.run, z, state, f"{name[0].upper()}{name[1:]}", subtitle, (0, 2)),
            color_bar((0, 3)),
        ]
        missing = name == "output" and not self.hovered and state["node"] != "output"
        absent = (
            say(" There is no {node} here, so the large map is the output's.", node=state["node"])
            if missing
            else ""
        )
        shown = chosen if self.opened else None
        return Scene(
            panels,
            sentence(self.run, facts, shown, state["preset"]) + absent,
            facts,
            **frame(self.show),
            title=QUESTIONS[self.run.config.active_dataset],
            figures=figures(facts),
            anchors=anchors,
            timeline=timeline(self.losses, self.run.epoch, asked_for(self.challenge, facts)),
            pictures=data_pictures(),
            strip=trouble(self.run),
            idle=idle(state),
        )
