"""Play, Pause, speed and the way of messages: how a widget runs in the kernel's own event loop."""

import asyncio
import threading
import time

import pytest

from cnnlib.viz import Scene
from cnnlib.widgets import TrainingView
from cnnlib.widgets.base import pace
from cnnlib.widgets.base.page import Mailbox
from cnnlib.widgets.base.play_loop import PERIOD, PlayLoop
from cnnlib.widgets.initialization.filter_watch import FilterWatch
from cnnlib.widgets.initialization.init_explorer import InitExplorer
from cnnlib.widgets.learning_rate.rate_sweep import RateSweep
from tests.widgets.toy_widget import Toy, shown


class Trainer(Toy):
    """A generator that counts, and burns a little time."""

    advances = ""

    def begin(self):
        self.count = 0

    def train(self):
        while self.count < 1000:
            time.sleep(0.001)
            self.count += 1
            yield

    def compute(self, state):
        return Scene([], f"It has counted to {self.count}.", {"count": self.count})


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        await asyncio.sleep(0.005)


def test_play_and_pause():
    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        await until(lambda: trainer.count > 30)
        trainer.live.receive({"type": "pause"})
        count = trainer.count
        assert not trainer.live.page.frames[-1][0]["playing"]
        await asyncio.sleep(0.05)
        assert trainer.count == count
        assert trainer.text == f"It has counted to {count}."

    asyncio.run(main())


def frames_of(widget):
    return [head for head, _ in widget.live.page.frames]


def answer(widget):
    """The page has painted the newest frame that asked for an answer."""
    asked = [frame["frame"] for frame in frames_of(widget) if frame["asks"]]
    widget.live.receive({"type": "painted", "frame": asked[-1]})


def test_a_page_that_does_not_answer_gets_no_more_frames():
    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        first = len(frames_of(trainer))
        await until(lambda: trainer.count > 100)
        assert len(frames_of(trainer)) == first + 1  # one on its way, and one more
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_of_a_prompt_page_only_some_frames_want_an_answer():
    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        await until(lambda: any(frame["asks"] for frame in frames_of(trainer)))
        first = len(frames_of(trainer))
        answer(trainer)
        await until(lambda: trainer.count > 300)
        asks = [frame["asks"] for frame in frames_of(trainer)[first:]]
        assert asks.count(True) == 1
        assert asks.index(True) == len(asks) - 2 == pace.ASK_EVERY - 1
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_of_a_slow_page_every_frame_wants_an_answer(monkeypatch):
    monkeypatch.setattr(pace, "PROMPT", 0.0)

    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        for _ in range(4):
            frames = len(frames_of(trainer))
            await until(lambda seen=frames: len(frames_of(trainer)) > seen)
            if frames_of(trainer)[-1]["asks"]:
                answer(trainer)
        playing = [frame for frame in frames_of(trainer) if frame["playing"]]
        assert [frame["asks"] for frame in playing[1:]] == [True] * len(playing[1:])
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_playing_ends_by_itself_and_can_begin_again():
    async def main():
        toy = shown(Toy(steps=17))
        toy.live.speed = "as fast as possible"
        toy.live.receive({"type": "play"})
        await until(lambda: not toy.live.loop.running)
        assert toy.state["steps"] == 20
        assert not toy.live.page.frames[-1][0]["playing"]
        toy.live.receive({"type": "rewind"})
        toy.live.receive({"type": "play"})
        await until(lambda: toy.state["steps"] == 20 and not toy.live.loop.running)

    asyncio.run(main())


def test_a_limited_speed_is_kept():
    async def main():
        toy = shown(Toy(steps=0))
        toy.live.receive({"type": "speed", "value": "25 steps a second"})
        toy.live.receive({"type": "play"})
        await until(lambda: toy.state["steps"] >= 2)
        toy.live.receive({"type": "pause"})
        assert toy.state["steps"] < 20

    asyncio.run(main())


def test_a_limited_speed_waits_for_what_the_step_has_left_of_its_time(monkeypatch):
    asked = []

    async def note(seconds):
        asked.append(seconds)

    monkeypatch.setattr("cnnlib.widgets.base.play_loop.asyncio.sleep", note)
    loop = PlayLoop(None, None, None, lambda: 100)
    for worked in (0.0, 0.004, 0.5):
        asyncio.run(loop._give_way(worked))
    assert asked == pytest.approx([0.01, 0.006, 0.0])


def test_frames_are_paced_however_fast_the_steps_are(monkeypatch):
    class Clock:
        now = 0.0

        def perf_counter(self):
            self.now += 0.001
            return self.now

    async def main():
        frames = []
        loop = PlayLoop(lambda: clock.now < 2, lambda: frames.append(clock.now), lambda: True, lambda: None)
        loop.start()
        await until(lambda: not loop.running)
        return frames

    clock = Clock()
    monkeypatch.setattr("cnnlib.widgets.base.play_loop.time", clock)
    frames = asyncio.run(main())
    assert 2 / PERIOD - 4 <= len(frames) <= 2 / PERIOD + 2  # and the one that shows how it ended


@pytest.mark.parametrize("kind", [TrainingView, RateSweep, InitExplorer, FilterWatch])
def test_trainings_play_at_a_speed_that_can_be_watched(kind):
    assert kind().live.speed == "100 steps a second"


def test_a_fault_while_playing_stops_with_a_sentence():
    class Broken(Trainer):
        def train(self):
            yield
            raise ZeroDivisionError("nothing to divide by")

    async def main():
        broken = shown(Broken())
        broken.live.receive({"type": "play"})
        await until(lambda: not broken.live.loop.running)
        assert "nothing to divide by" in broken.live.page.frames[-1][0]["message"]

    asyncio.run(main())


def test_messages_from_another_thread_are_handled_in_the_main_one_and_the_newest_wins():
    async def main():
        seen = []
        box = Mailbox(lambda message: seen.append((threading.current_thread(), message)))

        def page():
            for value in range(50):
                box.put({"type": "state", "id": value, "values": {"rate": value, f"v{value}": 1}})
            box.put({"type": "pause"})

        thread = threading.Thread(target=page)
        thread.start()
        thread.join()  # the main thread was busy all the while
        await until(lambda: len(seen) == 2)
        assert {who for who, _ in seen} == {threading.main_thread()}
        first, last = (message for _, message in seen)
        assert first["id"] == 49 and first["values"]["rate"] == 49 and len(first["values"]) == 51
        assert last == {"type": "pause"}

    asyncio.run(main())


def test_steps_without_a_bar_load_no_bar():
    import subprocess
    import sys

    code = (
        "import sys\nfrom tests.widgets.toy_widget import Toy\n"
        "sys.modules['tqdm'] = sys.modules['tqdm.auto'] = None\nprint(Toy().advance(3))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "3"


def test_a_bar_is_told_of_every_step_that_was_taken(monkeypatch):
    from contextlib import contextmanager

    from cnnlib.widgets.base import widget as module

    shown = []

    @contextmanager
    def bar(show, total, **options):
        shown.append([show, total, 0])
        yield type("Bar", (), {"update": lambda self: shown[-1].__setitem__(2, shown[-1][2] + 1)})()

    monkeypatch.setattr(module, "progress_bar", bar)
    assert Toy().advance(3, progress=True) == 3
    assert shown == [[True, 3, 3]]
