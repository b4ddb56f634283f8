"""Processes that end with the test, or with the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from flyball.inference.apart.model import Apart
from flyball.inference.apart.processes import Processes
from tests.inference.apart.processes import doubling


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Room for two."""
    with closing(Processes(2, "tests.inference.apart.own:prepare")) as made:
        yield made


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    """The model of a user's own in a process, which the tests of a module share."""
    with closing(Processes(1)) as made:
        yield doubling(made)
