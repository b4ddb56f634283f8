"""What a process gives back: Python's collector of garbage, and the memory that nothing is in any more."""

from __future__ import annotations

import ctypes
import gc

SELDOM = (5_000, 20, 20)
"""New objects before the collector looks among the youngest, and how often it goes on to older ones."""


def calm_collector() -> None:
    """Have Python look for garbage seldom, and never in what the process holds when it begins to answer.

    Requests leave none: they end when nobody knows them any more. Looking took a quarter of their time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def give_back() -> None:
    """Free what only garbage still knows, and have the C library give it back to the system, where it can.

    Futures that somebody waited for know each other, and what they gave; and the library keeps most of it.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
