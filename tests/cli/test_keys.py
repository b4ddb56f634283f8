"""Keys that are limited, issued and listed on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Typed


def test_a_key_may_be_limited_to_endpoints_and_end(typed: Typed, champion: str) -> None:
    limits = ("--endpoint", "purchase", "--endpoint", "purchase", "--ends", "2999-12-31")
    issued = typed.json("keys", "issue", "--role", "caller", *limits)
    assert (issued["endpoints"], issued["ends_at"]) == (["purchase"], "2999-12-31T23:59:59.999999Z")
    listed = typed.json("keys", "list")[0]
    assert (listed["endpoints"], listed["ends"], listed["last_used"]) == (
        ["purchase"],
        "2999-12-31 23:59",
        None,
    )


@pytest.mark.parametrize("limits", [("--endpoint", "Purchase"), ("--ends", "2001-01-01")])
def test_a_key_that_nothing_would_be_open_to_is_not_made(
    typed: Typed, champion: str, limits: tuple[str, ...]
) -> None:
    before = typed.json("keys", "list")
    typed("keys", "issue", "--role", "caller", *limits, exits=1)
    assert typed.json("keys", "list") == before


@pytest.mark.parametrize("end", ["soon", "9999-12-31T23:59-12:00"])  # which no calendar has in UTC
def test_an_end_that_is_no_moment_is_wrong_usage(typed: Typed, champion: str, end: str) -> None:
    typed("keys", "issue", "--role", "caller", "--ends", end, exits=2)
