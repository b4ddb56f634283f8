"""What is published is read in one moment, and what goes wrong meanwhile is told."""

from __future__ import annotations

import pytest

from flyball.stores import routes
from flyball.stores.database import Database
from tests.fakes import Breaking

pytestmark = pytest.mark.storage


def test_an_error_is_told_where_the_moment_cannot_be_ended_either(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        routes.published(database, Breaking(database.connect()))
