"""Failures are counted by whoever fails, for a while, in bounded memory."""

from __future__ import annotations

import pytest

from flyball.domain.tries import Tries, network


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_after_so_many_failures_there_is_a_wait_which_ends() -> None:
    clock = Clock()
    tries = Tries(most=3, seconds=60, clock=clock)
    assert [tries.fail("a") for _ in range(3)] == [0, 0, 60]
    assert (tries.wait("a"), tries.wait("b")) == (60, 0)
    clock.now += 59
    assert tries.wait("a") == 1
    clock.now += 1
    assert tries.wait("a") == 0
    assert tries.fail("a") == 0


def test_failing_on_makes_the_wait_no_longer() -> None:
    clock = Clock()
    tries = Tries(most=1, seconds=60, clock=clock)
    tries.fail("a")
    clock.now += 30
    assert tries.fail("a") == 30


def test_who_succeeds_has_never_failed() -> None:
    tries = Tries(most=1, seconds=60)
    tries.fail("a")
    tries.forget("a")
    assert tries.wait("a") == 0


def test_of_many_who_fail_the_latest_are_known() -> None:
    tries = Tries(most=1, seconds=60, known=100)
    for number in range(1000):
        tries.fail(str(number))
    assert [bool(tries.wait(key)) for key in ("0", "899", "900", "999")] == [False, False, True, True]


ADDRESSES: list[tuple[str, str]] = [
    ("192.0.2.7", "192.0.2.7"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ("2001:db8:1:2::", "2001:db8:1:2::"),
    ("::ffff:192.0.2.7", "192.0.2.7"),  # the same machine by either family
    ("fe80::1%eth0", "fe80::"),
    ("", ""),  # a server behind a socket in a folder knows no address
    ("x" * 1000, "x" * 64),
]


@pytest.mark.parametrize(("address", "counted"), ADDRESSES)
def test_an_address_is_counted_with_those_that_its_owner_can_choose(address: str, counted: str) -> None:
    assert network(address) == counted
