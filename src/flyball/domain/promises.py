"""Futures between threads: keeping a promise, and one that follows from another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


def settle(future: Future[Any], result: Any) -> None:
    """Keep a promise: with an error, where the result is one. Whoever has asked may have gone."""
    if not future.set_running_or_notify_cancel():
        return  # what was recorded stays
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)


def chain(first: Future[A], convert: Callable[[A], B], follow: Callable[[B], Future[C]]) -> Future[C]:
    """The future of ``follow(convert(result of first))``; both run in the thread that ends the first.

    So nobody is woken in between. An error of the first, of ``convert``, of ``follow`` or of the future that
    it gives is the error of the whole.
    """
    whole: Future[C] = Future()

    def followed(done: Future[A]) -> None:
        try:
            follow(convert(done.result())).add_done_callback(lambda last: _copy(last, whole))
        except (Exception, CancelledError) as error:  # noqa: BLE001 - somebody waits for it, whatever it is
            settle(whole, error)

    first.add_done_callback(followed)
    return whole


def _copy(last: Future[Any], whole: Future[Any]) -> None:
    try:
        result = last.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001 - as above
        result = error
    settle(whole, result)
