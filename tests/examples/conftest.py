"""The examples, copied, so that a test leaves nothing in the repository."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shell import Shell

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
MADE = shutil.ignore_patterns(".flyball", ".data", "__pycache__", "*.csv", "*.parquet")


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Shell]:
    """A shell in a copy of the example of that name."""

    return lambda name: Shell(copied(name, tmp_path))


def copied(name: str, folder: Path) -> Path:
    """Where a copy of the example of that name is, inside a folder."""
    return shutil.copytree(EXAMPLES / name, folder / name, ignore=MADE)
