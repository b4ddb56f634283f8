"""A door with a fake engine behind it."""

from __future__ import annotations

import pytest

from tests.serving.doors import Knock


@pytest.fixture
def knock() -> Knock:
    """Knock at a door of its own."""
    return Knock()
