"""How a Play ends without Pause: nobody looks any more, an interrupt, no further step."""

import asyncio
import signal
from types import SimpleNamespace

import pytest

from cnnlib.widgets.base.play_loop import LONGEST_WAIT, PlayLoop
from cnnlib.widgets.base.running_cell import CELL
from tests.widgets.test_playing import Trainer, answer, frames_of, until
from tests.widgets.toy_widget import Toy, shown


class Wound:
    """A clock for the loop that goes on by `step` seconds whenever it is read."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def perf_counter(self):
        self.now += self.step
        return self.now


def test_a_loop_that_no_page_answers_ends_within_about_a_minute_and_says_so(monkeypatch):
    monkeypatch.setattr("cnnlib.widgets.base.play_loop.time", clock := Wound(0.05))
    monkeypatch.setattr("cnnlib.widgets.base.play_loop.GRACE", 0.0)

    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        await until(lambda: setattr(trainer, "count", 0) or not trainer.live.loop.running)
        assert 60 < clock.now < 100  # every look at this clock takes time, not only those that count
        frame = frames_of(trainer)[-1]
        assert "no page had shown it" in frame["message"] and not frame["playing"]
        trainer.live.receive({"type": "ready", "frame": frame["frame"] - 1})
        assert frames_of(trainer)[-1]["message"] == frame["message"]  # said when a page comes back
        trainer.live.receive({"type": "play"})
        assert frames_of(trainer)[-1]["message"] == "" and trainer.live.loop.running
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_a_loop_that_a_page_answers_goes_on(monkeypatch):
    monkeypatch.setattr("cnnlib.widgets.base.play_loop.time", clock := Wound(0.05))

    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})

        def answered():
            trainer.count = 0
            if any(frame["asks"] for frame in frames_of(trainer)):
                answer(trainer)
            return clock.now > 200

        await until(answered)
        assert trainer.live.loop.running
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_the_time_that_other_cells_take_does_not_count(monkeypatch):
    told = []

    async def main():
        loop = PlayLoop(lambda: len(told) < 3, lambda: None, lambda: True, lambda: None, told.append)
        loop.start()
        await until(lambda: not loop.running)

    class Clock:
        calls = 0

        def perf_counter(self):
            self.calls += 1
            return 1000.0 * self.calls if told else 0.0

    monkeypatch.setattr("cnnlib.widgets.base.play_loop.time", Clock())
    monkeypatch.setattr(PlayLoop, "_slice", lambda self: self._step())
    asyncio.run(main())
    assert told[0] == 0.0 and max(told) <= 1000.0 + LONGEST_WAIT


@pytest.fixture
def ignored_interrupts():
    """SIGINT as a kernel has it between two messages."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("speed", ["1 step a second", "as fast as possible"])
def test_interrupt_ends_the_loop_and_says_so(ignored_interrupts, speed):
    async def main():
        trainer = shown(Trainer())
        trainer.live.speed = speed
        trainer.live.receive({"type": "play"})
        await until(lambda: trainer.count > 0)
        signal.raise_signal(signal.SIGINT)
        await until(lambda: not trainer.live.loop.running, 0.5)
        frame = frames_of(trainer)[-1]
        assert "interrupted" in frame["message"] and not frame["playing"]
        signal.raise_signal(signal.SIGINT)  # harms nothing when nothing plays
        count = trainer.count
        trainer.live.receive({"type": "play"})
        await until(lambda: trainer.count > count)
        trainer.live.receive({"type": "pause"})

    asyncio.run(main())


def test_a_step_that_never_ends_is_broken_by_the_second_interrupt(ignored_interrupts):
    class Endless(Trainer):
        def train(self):
            while True:
                self.count += 1
                if self.count > 10:
                    signal.raise_signal(signal.SIGINT)
            yield

    async def main():
        endless = shown(Endless())
        endless.live.receive({"type": "play"})
        await until(lambda: not endless.live.loop.running)
        assert endless.count == 12 and "interrupted" in frames_of(endless)[-1]["message"]

    asyncio.run(main())


def test_an_interrupted_cell_ends_the_loop_too():
    async def main():
        trainer = shown(Trainer())
        trainer.live.receive({"type": "play"})
        await until(lambda: trainer.count > 0)
        CELL._ended(SimpleNamespace(error_in_exec=ValueError()))
        assert trainer.live.loop.running
        CELL._ended(SimpleNamespace(error_in_exec=KeyboardInterrupt()))
        await until(lambda: not trainer.live.loop.running)
        assert trainer.count < 1000 and "interrupted" in frames_of(trainer)[-1]["message"]

    asyncio.run(main())


def test_play_after_a_fault_begins_the_run_again():
    class Once(Trainer):
        def train(self):
            self.count += 1
            if self.count == 1:
                raise ZeroDivisionError
            yield

    async def main():
        once = shown(Once())
        for expected in (1, 2):
            once.live.receive({"type": "play"})
            await until(lambda: not once.live.loop.running)
            assert once.count == expected

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["play", "step"])
def test_a_run_at_its_end_says_so_when_played_or_stepped(kind):
    async def main():
        done = shown(Short())
        assert done.advance(5) == 1
        done.live.receive({"type": kind})
        await until(lambda: not done.live.loop.running)
        assert frames_of(done)[-1]["message"] == Short.at_end and done.count == 1

    class Short(Trainer):
        def train(self):
            while self.count < 1:
                self.count += 1
                yield

    asyncio.run(main())


def test_play_at_the_end_of_a_control_begins_again_and_step_says_that_there_is_none():
    async def main():
        toy = shown(Toy(steps=20))
        toy.live.speed = "as fast as possible"
        seen = set()
        toy.live.receive({"type": "play"})
        await until(lambda: seen.add(toy.state["steps"]) or not toy.live.loop.running)
        assert min(seen) < 3 and toy.state["steps"] == 20 and toy.message == ""
        toy.live.receive({"type": "step"})
        assert frames_of(toy)[-1]["message"] == Toy.at_end
        toy.live.receive({"type": "rewind"})
        assert frames_of(toy)[-1]["message"] == ""
        toy.live.speed = "as fast as possible"
        toy.live.receive({"type": "play"})
        await until(lambda: not toy.live.loop.running)
        assert toy.state["steps"] == 20 and toy.message == ""  # it has played to its end

    asyncio.run(main())
