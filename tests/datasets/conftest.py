"""A project's directory of its own for each test, and a shop with three customers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flyball.control.datasets import selectors
from flyball.control.datasets.models import Snapshot
from tests.applied import take_snapshot
from tests.datasets import cast


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Path:
    """The project's directory: files that declarations name are looked for here."""
    settings.BASE_DIR = tmp_path
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, home=tmp_path / "home")
    return tmp_path


@pytest.fixture
def shop(project: Path, db: None) -> cast.Shop:
    """Three customers with orders and loans, in the database that Django sees."""
    return cast.open_shop()


@pytest.fixture
def rows_of() -> Callable[[Snapshot], list[dict[str, Any]]]:
    """A snapshot's rows as they stand in its file."""
    import pyarrow.parquet as pq

    def read(snapshot: Snapshot) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(selectors.snapshot_path(snapshot)).to_pylist()
        return rows

    return read


@pytest.fixture
def taken(rows_of: Callable[[Snapshot], list[dict[str, Any]]]) -> Callable[..., list[dict[str, Any]]]:
    """Take a snapshot and give its rows."""

    def take(declaration: Any, **options: Any) -> list[dict[str, Any]]:
        return rows_of(take_snapshot(declaration, **options))

    return take
