"""A process that dies takes its own call along, and nothing else."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from flyball.domain.errors import FlyballError, ModelFailed, Overloaded
from flyball.inference.apart.frames import Frames
from flyball.inference.apart.model import Apart
from flyball.inference.apart.processes import Processes
from flyball.serving.coalescer import shared
from tests.inference.apart.own import ABORTS, ENDS, HANGS, PRINTS, WAITS
from tests.inference.apart.processes import ask, doubling, is_there, process_of, until
from tests.shell import PATIENCE


@pytest.mark.parametrize(("number", "how"), [(ABORTS, "was ended by SIGABRT"), (ENDS, "ended with 0")])
def test_a_call_that_ends_the_process_is_told_so_and_the_next_is_answered_by_another(
    apart: Apart, number: float, how: str
) -> None:
    before = process_of(apart)
    with pytest.raises(ModelFailed, match=f"The process of the model {how}"):
        ask(apart, 1.0, number)
    assert ask(apart, 3.0) == [6.0]
    assert process_of(apart) != before
    assert not is_there(before)


def test_a_row_that_ends_the_process_keeps_no_row_of_others_from_being_answered(apart: Apart) -> None:
    answers = shared([(apart, [{"x": number}]) for number in (1.0, ABORTS, 2.0)])
    assert isinstance(answers[1], ModelFailed)
    assert [answers[0], answers[2]] == [[{"value": 2.0}], [{"value": 4.0}]]


def test_a_process_that_is_killed_while_nobody_asks_is_started_again(
    apart: Apart, caplog: pytest.LogCaptureFixture
) -> None:
    before = process_of(apart)
    os.kill(before, signal.SIGKILL)
    until(lambda: not is_there(before))
    assert ask(apart, 3.0) == [6.0]
    until(lambda: "The process of test@1 has ended (SIGKILL)" in caplog.text)


def test_the_end_of_a_process_is_logged_also_where_a_call_sees_it_first(
    apart: Apart, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_asked = threading.Event()
    monkeypatch.setattr(Frames, "cut", lambda _: has_asked.wait(PATIENCE))  # before whoever watches logs
    before, process = process_of(apart), apart._model._process
    os.kill(before, signal.SIGKILL)
    until(lambda: not is_there(before))
    assert ask(apart, 3.0) == [6.0]
    has_asked.set()
    assert process is not None
    process.wait()
    assert "The process of test@1 has ended (SIGKILL)" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_ends_with_its_server_and_not_by_what_ends_that(apart: Apart, number: int) -> None:
    before = process_of(apart)
    os.kill(before, number)
    assert ask(apart, 3.0) == [6.0]
    assert process_of(apart) == before
    assert os.getpgid(before) == before  # a terminal's Ctrl-C does not reach it


def test_what_a_model_prints_comes_between_no_messages(
    apart: Apart, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelFailed):
        ask(apart, ENDS)  # the next one is started while its output is looked at
    assert ask(apart, PRINTS, 1.0) == [2 * PRINTS, 2.0]
    printed = capfd.readouterr()
    assert printed.out == ""
    assert {"printed", "written"} <= set(printed.err.split())


@pytest.fixture
def impatient() -> Iterator[None]:
    """Somebody loses patience with what this thread waits for."""

    def lose(number: int, frame: FrameType | None) -> None:
        raise TimeoutError("lost patience")

    before = signal.signal(signal.SIGALRM, lose)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_an_answer_that_nobody_waited_for_is_taken_for_no_other(apart: Apart, impatient: None) -> None:
    with pytest.raises((TimeoutError, ModelFailed)):
        ask(apart, WAITS)
    assert ask(apart, 3.0) == [6.0]


def test_a_model_that_hangs_is_ended_when_the_server_has_no_more_use_for_it(processes: Processes) -> None:
    apart, caught = doubling(processes), []
    process = process_of(apart)

    def hang() -> None:
        try:
            ask(apart, HANGS)
        except FlyballError as error:
            caught.append(error)

    hanging = threading.Thread(target=hang)
    hanging.start()
    until(apart._model._lock.locked)
    processes.close()
    hanging.join()
    assert isinstance(caught[0], Overloaded)
    until(lambda: not is_there(process))
