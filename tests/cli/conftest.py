"""The command run in this process, against the test database and a small declared endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flyball.cli.main import main
from flyball.control.declarations.services import record
from flyball.stores.database import Database
from tests.registry import small


@dataclass(frozen=True)
class Typed:
    """Types commands."""

    def __call__(self, *words: str, exits: int = 0) -> Result:
        """What a command printed; it must end with ``exits``."""
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == exits, result.output + str(result.exception)
        return result

    def json(self, *words: str, exits: int = 0) -> Any:
        """The document that ``--json`` printed."""
        return json.loads(self(*words, "--json", exits=exits).stdout)


@pytest.fixture
def typed(database: Database) -> Typed:
    """Types commands against the test database."""
    return Typed()


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., Any]:
    """Declares ``purchase`` over a small CSV file."""
    return lambda **attributes: small.declare(small.write_csv(tmp_path / "rows.csv"), **attributes)


@pytest.fixture
def applied(database: Database, declare: Callable[..., Any]) -> Callable[..., Any]:
    """Declares and applies ``purchase``."""

    def apply(**attributes: Any) -> Any:
        declaration = declare(**attributes)
        record(declaration=declaration)
        return declaration

    return apply


@pytest.fixture
def champion(typed: Typed, declare: Callable[..., Any]) -> str:
    """``purchase``, applied, built and promoted."""
    declare()
    typed("apply")
    typed("build", "purchase", "--promote")
    return "purchase"
