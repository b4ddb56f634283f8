"""A time limit ends what takes too long, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from flyball.serving.http.deadline import Within


async def waiting(seconds: float, event: asyncio.Event) -> str:
    with Within(seconds):
        await event.wait()
    return "in time"


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        asyncio.run(waiting(0.01, asyncio.Event()))


def test_each_of_many_has_its_own_limit() -> None:
    async def both() -> tuple[str | BaseException, str | BaseException]:
        event = asyncio.Event()
        late, patient = asyncio.create_task(waiting(0.01, event)), asyncio.create_task(waiting(30, event))
        await asyncio.wait({late})
        event.set()
        return await asyncio.gather(late, patient, return_exceptions=True)

    late, patient = asyncio.run(both())
    assert (type(late), patient) == (TimeoutError, "in time")


def test_a_task_that_was_ended_in_time_goes_on() -> None:
    async def after() -> str:
        with pytest.raises(TimeoutError):
            await waiting(0.01, asyncio.Event())
        await asyncio.sleep(0)
        event = asyncio.Event()
        event.set()
        return await waiting(30, event)

    assert asyncio.run(after()) == "in time"


def test_who_is_cancelled_meanwhile_is_cancelled() -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(waiting(30, asyncio.Event()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
