"""Declarations are found in each installed app's ``endpoints`` module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flyball.control.declarations import discovery
from flyball.domain.errors import DeclarationError, UnknownEndpoint
from tests.registry import small

SOURCE = """
from flyball import Classification, Outcome, Rows


class Harvest(Classification):
    rows = Rows("harvest.csv")
    outcome = Outcome("good")
"""


@pytest.fixture
def market(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An app of its own, installed."""
    package = tmp_path / "market"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "market"]
    yield package
    for name in ("market", "market.endpoints"):
        sys.modules.pop(name, None)


def test_an_apps_endpoints_are_found(market: Path) -> None:
    (market / "endpoints.py").write_text(SOURCE)
    assert discovery.autodiscover()["harvest"].__module__ == "market.endpoints"


def test_an_app_without_endpoints_is_no_error(market: Path) -> None:
    assert "harvest" not in discovery.autodiscover()


def test_an_error_in_a_declaration_is_not_hidden(market: Path) -> None:
    (market / "endpoints.py").write_text("import something_that_is_not_there")
    with pytest.raises(ModuleNotFoundError, match="something_that_is_not_there"):
        discovery.autodiscover()


def test_two_endpoints_of_one_name_are_refused_by_place(market: Path, tmp_path: Path) -> None:
    (market / "endpoints.py").write_text(SOURCE)
    small.declare(tmp_path / "rows.csv", name="harvest")
    with pytest.raises(DeclarationError, match=r"market\.endpoints\.Harvest"):
        discovery.autodiscover()


def test_an_unknown_name_is_answered_with_those_that_are_known(tmp_path: Path) -> None:
    small.declare(tmp_path / "rows.csv")
    with pytest.raises(UnknownEndpoint, match="purchase") as caught:
        discovery.find("sesame")
    assert "sesame" not in str(caught.value)
