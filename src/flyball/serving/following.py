"""One promise after another, without waking anybody in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def then(first: Future[A], follow: Callable[[A], Future[B]]) -> Future[B]:
    """What ``follow`` promises once the first is there; it runs in the thread that the first is done in.

    An error of the first, of ``follow`` or of what it promises is the error of the whole.
    """
    whole: Future[B] = Future()

    def followed(done: Future[A]) -> None:
        try:
            follow(done.result()).add_done_callback(lambda last: _copy(last, whole))
        except (Exception, CancelledError) as error:  # noqa: BLE001 - somebody waits for it, whatever it is
            _settle(whole, error=error)

    first.add_done_callback(followed)
    return whole


def _copy(last: Future[Any], whole: Future[Any]) -> None:
    try:
        _settle(whole, last.result())
    except (Exception, CancelledError) as error:  # noqa: BLE001 - as above
        _settle(whole, error=error)


def _settle(whole: Future[Any], result: Any = None, error: BaseException | None = None) -> None:
    if not whole.set_running_or_notify_cancel():
        return  # who asked has gone; what was recorded stays
    if error is None:
        whole.set_result(result)
    else:
        whole.set_exception(error)
