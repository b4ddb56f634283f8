"""Every family of the catalogue is served as scikit-learn says, and the table in the documents says so."""

from __future__ import annotations

import os

import pytest

from tests.learning.census import CENSUS
from tests.learning.compiling.catalogue import FAMILIES, Found, on_bundled, on_census
from tests.learning.compiling.table import BOUNDS, COMMAND, compiled, documented, error, family

WITHIN = 1e-6
EVERY = pytest.mark.parametrize(("task", "name"), FAMILIES, ids=[" ".join(each) for each in FAMILIES])


def served_as_said(found: Found) -> bool:
    """Nothing differs, or the version says why the library answers."""
    return bool(found.reason) or (found.rows > 0 and found.flips == 0 and found.error <= WITHIN)


@EVERY
def test_a_family_is_served_as_the_library_says_together_and_alone(task: str, name: str) -> None:
    assert [each for each in on_bundled(task, name) if not served_as_said(each)] == []


@EVERY
@pytest.mark.skipif(
    not (os.environ.get("FLYBALL_TEST_DATA") and CENSUS.exists()),
    reason="FLYBALL_TEST_DATA names no folder with the census; over all of it this takes minutes",
)
def test_a_family_is_served_as_the_library_says_on_all_rows_of_the_census(task: str, name: str) -> None:
    assert [each for each in on_census(task, name) if not served_as_said(each)] == []


def test_the_documents_have_a_row_for_every_family_and_no_other() -> None:
    assert [*documented()] == [family(*each) for each in FAMILIES]


@EVERY
def test_the_documents_say_what_is_proven_of_a_family(task: str, name: str) -> None:
    found = on_bundled(task, name)
    by, bound, _ = documented()[family(task, name)]
    assert by == compiled(found), f"Write the table again: {COMMAND}"
    assert error(found) <= BOUNDS[bound], f"Write the table again: {COMMAND}"
