"""What comes while a model runs goes into its next call, and nobody suffers from it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from flyball.domain.errors import ModelFailed, Overloaded
from flyball.serving import coalescer
from flyball.serving.assigning import Split
from flyball.serving.coalescer import Coalescer
from tests.fakes import Counting


@pytest.fixture
def threads() -> Iterator[Coalescer]:
    made = Coalescer()
    yield made
    made.close()


@pytest.fixture
def model() -> Iterator[Counting]:
    made = Counting()
    yield made
    made.release.set()


def ask(threads: Coalescer, model: Counting, *numbers: int) -> Future[Any]:
    return threads.submit(model, [{"n": number} for number in numbers])


def values(done: Future[Any]) -> list[int]:
    return [output["value"] for output in done.result(30)]


def busy(threads: Coalescer, model: Counting) -> Future[Any]:
    """A first request, for which the model runs until it is released."""
    first = ask(threads, model, 1)
    assert model.began.wait(30)
    return first


def test_requests_that_wait_share_a_call_and_each_gets_its_own_rows(
    threads: Coalescer, model: Counting
) -> None:
    busy(threads, model)
    waiting = [ask(threads, model, number, number + 1) for number in range(10, 15)]
    model.release.set()
    assert [values(each) for each in waiting] == [[n * 2, n * 2 + 2] for n in range(10, 15)]
    assert model.calls == [1, 10]


def quick() -> Counting:
    made = Counting()
    made.direct = True
    return made


def split(*models: Counting) -> Split:
    """Rows that take turns between two versions, as an A/B test would have it."""
    return Split(models, lambda place: (place + 1, "arm"))


def test_calls_that_the_same_versions_share_are_answered_together(threads: Coalescer) -> None:
    champion, challenger, other = quick(), quick(), quick()
    first = threads.submit(split(champion, challenger), [{"n": 1}, {"n": 2}])
    assert champion.began.wait(30)
    waiting = [
        threads.submit(split(champion, challenger), [{"n": 3}, {"n": 4}]),
        threads.submit(split(challenger, champion, challenger), [{"n": 5}, {"n": 6}, {"n": 7}]),
        threads.submit(split(champion, challenger), [{"n": 8}, {"n": -1}]),
    ]
    apart = threads.submit(split(champion, other), [{"n": 9}, {"n": 10}])
    for model in (champion, challenger, other):
        model.release.set()
    assert [values(each) for each in (first, *waiting[:2], apart)] == [[2, 4], [6, 8], [10, 12, 14], [18, 20]]
    with pytest.raises(ModelFailed) as failed:
        waiting[2].result(30)
    assert failed.value.of == (2, "arm")
    # The first alone; those that waited all at once, and each by itself since one of them failed.
    assert challenger.calls == [1, 4, 1, 2, 1]


def test_a_request_that_makes_the_model_fail_fails_alone(threads: Coalescer, model: Counting) -> None:
    busy(threads, model)
    good, bad, other = ask(threads, model, 2), ask(threads, model, 3, -1), ask(threads, model, 4)
    model.release.set()
    assert (values(good), values(other)) == ([4], [8])
    with pytest.raises(ModelFailed):
        bad.result(30)


def test_a_call_has_a_bounded_number_of_rows_unless_one_request_has_more(
    threads: Coalescer, model: Counting
) -> None:
    busy(threads, model)
    waiting = [ask(threads, model, *range(count)) for count in (200, 100, coalescer.ROWS + 1, 1)]
    model.release.set()
    assert [len(values(each)) for each in waiting] == [200, 100, coalescer.ROWS + 1, 1]
    assert model.calls == [1, 200, 100, coalescer.ROWS + 1, 1]


def test_who_stops_waiting_does_not_disturb_the_others(threads: Coalescer, model: Counting) -> None:
    busy(threads, model)
    gone, here = ask(threads, model, 2), ask(threads, model, 3)
    gone.cancel()
    model.release.set()
    assert values(here) == [6]


def test_one_slow_version_does_not_keep_another_waiting(threads: Coalescer, model: Counting) -> None:
    busy(threads, model)
    other = Counting()
    other.release.set()
    assert values(ask(threads, other, 5)) == [10]


def test_what_was_asked_before_the_end_is_answered_and_nothing_after(model: Counting) -> None:
    threads = Coalescer()
    first = busy(threads, model)
    waiting = ask(threads, model, 2)
    model.release.set()
    threads.close()
    assert (values(first), values(waiting)) == ([2], [4])
    with pytest.raises(Overloaded):
        ask(threads, model, 3)
