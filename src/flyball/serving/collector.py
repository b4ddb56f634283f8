"""Python's collector of garbage, in a process that is a server's alone."""

from __future__ import annotations

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
