"""Promote, apply and retire as they are typed: what they choose, name and ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flyball.domain.declaration import forget
from tests.cli.conftest import Typed

Declare = Callable[..., Any]


def test_without_a_number_the_newest_version_is_promoted_and_named(typed: Typed, champion: str) -> None:
    typed("build", champion, "--inline")
    said = typed("promote", champion).stdout
    assert said == "purchase@2, the newest version, is champion (route revision 2).\n"
    again = typed("promote", champion).stdout
    assert again == "purchase@2, the newest version, is champion already (route revision 2).\n"
    assert typed.json("promote", "purchase@champion")["new"] is False


def test_a_build_says_how_the_champion_does_on_the_same_rows(typed: Typed, champion: str) -> None:
    result = typed("build", champion, "--inline")
    assert ": purchase@2 is linear" in result.stdout
    assert "Beside the champion: roc_auc" in result.stderr
    built = typed.json("build", champion, "--inline")
    assert built["comparison"]["champion"] == 1
    assert typed.json("versions", champion)[0]["build"] == built["build"]


def test_a_build_that_promotes_asks_where_the_champion_does_better(typed: Typed, champion: str) -> None:
    result = typed("build", champion, "--candidate", "baseline", "--promote", "--inline", exits=3)
    assert "purchase@2 is worse than the champion" in result.stderr
    typed("promote", champion, exits=3)
    assert typed.json("promote", champion, "--yes")["champion"] == "purchase@2"


@pytest.mark.storage
def test_an_endpoint_that_left_the_code_is_named_and_retired(
    typed: Typed, champion: str, declare: Declare
) -> None:
    forget(declare())
    assert "purchase is declared no more" in typed("apply").stderr
    assert "yes" in typed("retire", champion, exits=3).stderr
    assert "its rows stay" in typed("retire", champion, "--yes").stdout
    assert "purchase" not in typed("apply").stderr
    declare()
    assert "is retired no more" in typed("apply").stdout


def test_a_version_that_nothing_uses_is_removed_with_a_yes(typed: Typed, champion: str) -> None:
    typed("build", champion, "--inline")
    assert "Say yes" in typed("remove", "purchase@2", exits=3).stderr
    assert typed("remove", "purchase@2", "--yes").stdout == "purchase@2 is removed.\n"
    assert [one["version"] for one in typed.json("versions", champion)] == ["purchase@1"]
    assert "promote another" in typed("remove", "purchase@1", "--yes", exits=5).stderr


def test_a_fallback_is_set_told_and_taken_away(typed: Typed, champion: str) -> None:
    typed("build", champion, "--inline")
    said = typed("fallback", champion, "--version", "2", "--deadline", "200ms").stdout
    expected = (
        "purchase@2 answers where another arm fails, or has not answered after 0.2 s (route revision 2).\n"
    )
    assert said == expected
    assert typed.json("fallback", champion, "--version", "2", "--deadline", "0200ms")["new"] is False
    found = typed.json("fallback", champion, "--version", "2", "--deadline", "2s")
    assert (found["fallback"], found["deadline"], found["revision"]) == (2, 2.0, 3)
    assert "answers where another arm fails (route" in typed("fallback", champion, "--version", "2").stdout
    assert typed.json("status")["endpoints"][0]["fallback"] == 2
    assert "1, fallback 2" in typed("status").stdout
    assert typed.json("versions", champion)[0]["stage"] == "fallback"
    assert typed("fallback", champion, "--none").stdout == "purchase has no fallback (route revision 5).\n"
    assert "as before" in typed("fallback", champion, "--none").stdout


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--none", "--version", "2"),
        ("--none", "--deadline", "2s"),
        ("--version", "2", "--deadline", "soon"),
        ("--version", "2", "--deadline", "ms"),
    ],
)
def test_a_fallback_that_is_not_said_is_refused(typed: Typed, champion: str, words: tuple[str, ...]) -> None:
    typed("fallback", champion, *words, exits=2)
