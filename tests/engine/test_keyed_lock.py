"""Keyed locks: one after another for the same key, together for others, whoever gives up."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from flyball.serving.keyed_lock import KeyedLock


def test_a_key_is_given_in_the_order_in_which_it_is_asked_for_and_others_do_not_wait() -> None:
    locks = KeyedLock()
    done: list[str] = []

    async def visit(thing: str, name: str, until: asyncio.Event | None = None) -> None:
        async with locks.holding(thing):
            if until is not None:
                await until.wait()
            done.append(name)

    async def play() -> None:
        until = asyncio.Event()
        first = [asyncio.create_task(visit("a", "first", until)), asyncio.create_task(visit("a", "second"))]
        await asyncio.sleep(0)
        await visit("b", "other")
        until.set()
        await asyncio.gather(*first)

    asyncio.run(play())
    assert done == ["other", "first", "second"]
    assert len(locks) == 0


def test_who_gives_up_waiting_lets_nobody_pass_the_one_before() -> None:
    locks = KeyedLock()
    inside: list[str] = []

    async def visit(name: str, until: asyncio.Event) -> None:
        async with locks.holding("a"):
            inside.append(name)
            await until.wait()

    async def play() -> list[str]:
        until = asyncio.Event()
        first, impatient, last = (asyncio.create_task(visit(name, until)) for name in ("1", "2", "3"))
        await asyncio.sleep(0)
        impatient.cancel()
        with suppress(asyncio.CancelledError):
            await impatient
        await asyncio.sleep(0)
        before = list(inside)
        until.set()
        await asyncio.gather(first, last)
        return before

    assert asyncio.run(play()) == ["1"]
    assert inside == ["1", "3"]
    assert len(locks) == 0


def test_a_holder_that_fails_releases_the_key() -> None:
    locks = KeyedLock()

    async def play() -> None:
        with suppress(ValueError):
            async with locks.holding("a"):
                raise ValueError
        async with locks.holding("a"):
            pass

    asyncio.run(play())
    assert len(locks) == 0
