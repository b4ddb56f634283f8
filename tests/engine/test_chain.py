"""A chain of futures ends as its last link does, or as the first that fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future

import pytest

from flyball.domain.errors import Overloaded
from flyball.domain.promises import chain, settle


def doubled(number: int) -> Future[int]:
    made: Future[int] = Future()
    made.set_result(number * 2)
    return made


def refused(number: int) -> Future[int]:
    raise Overloaded


def failing(number: int) -> Future[int]:
    made: Future[int] = Future()
    made.set_exception(Overloaded())
    return made


def test_the_second_gets_what_the_first_gave_and_was_made_into() -> None:
    first: Future[int] = Future()
    whole = chain(first, abs, doubled)
    assert not whole.done()
    first.set_result(-21)
    assert whole.result(0) == 42


@pytest.mark.parametrize("follow", [refused, failing])
def test_an_error_of_the_second_is_the_error_of_the_whole(follow: Callable[[int], Future[int]]) -> None:
    first: Future[int] = Future()
    whole = chain(first, abs, follow)
    first.set_result(1)
    with pytest.raises(Overloaded):
        whole.result(0)


def test_an_error_of_the_first_is_the_error_of_the_whole() -> None:
    first: Future[int] = Future()
    whole = chain(first, abs, doubled)
    first.set_exception(Overloaded())
    with pytest.raises(Overloaded):
        whole.result(0)


def test_a_first_that_is_given_up_gives_up_the_whole() -> None:
    first: Future[int] = Future()
    whole = chain(first, abs, doubled)
    first.cancel()
    with pytest.raises(CancelledError):
        whole.result(0)


def test_who_gives_up_the_whole_does_not_disturb_what_is_under_way() -> None:
    first: Future[int] = Future()
    whole = chain(first, abs, doubled)
    whole.cancel()
    first.set_result(1)
    assert whole.cancelled()


def test_an_error_between_the_two_is_the_error_of_the_whole() -> None:
    first: Future[str] = Future()
    whole = chain(first, int, doubled)
    first.set_result("no number")
    with pytest.raises(ValueError, match="invalid literal"):
        whole.result(0)


def test_a_promise_is_kept_with_a_result_or_an_error_and_not_to_who_has_gone() -> None:
    kept, broken, gone = Future[int](), Future[int](), Future[int]()
    gone.cancel()
    settle(kept, 1)
    settle(broken, ValueError("no"))
    settle(gone, 1)
    assert kept.result() == 1
    assert isinstance(broken.exception(), ValueError)
    assert gone.cancelled()
