"""A caller's CSV file spells values as a snapshot's may: the same text is the same value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flyball.domain.schema import Field, Kind, Schema
from flyball.serving.preparing import csv_rows

WHOLE = Field(name="value", kind=Kind.INTEGER)
GRADE = Field(name="value", kind=Kind.CATEGORY, categories=(1, 2))
GIFT = Field(name="value", kind=Kind.CATEGORY, categories=(True, False))
TOWN = Field(name="value", kind=Kind.CATEGORY, categories=("1.0", "north", "True"))
PAID = Field(name="value", kind=Kind.BOOLEAN)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (WHOLE, "39", 39),
        (WHOLE, "39.0", 39),
        (WHOLE, "-39.", -39),
        (WHOLE, "39.5", "39.5"),
        (WHOLE, "1e3", "1e3"),
        (WHOLE, "1_000", "1_000"),
        (WHOLE, "inf", "inf"),
        (WHOLE, str(2**63 - 1), 2**63 - 1),
        (GRADE, "2.0", 2),
        (GRADE, "2", 2),
        (GRADE, "3", "3"),
        (GIFT, "True", True),
        (GIFT, "FALSE", False),
        (GIFT, "false", False),
        (TOWN, "1.0", "1.0"),
        (TOWN, "True", "True"),
        (TOWN, "south", "south"),
        (PAID, "TRUE", True),
        (PAID, "0", False),
        (PAID, "1.0", True),
    ],
)
def test_a_text_is_the_value_that_it_spells(field: Field, text: str, value: Any) -> None:
    found = csv_rows.typed(csv_rows.readers(Schema((field,))), {"value": text})["value"]
    assert (type(found), found) == (type(value), value)


def test_a_file_whose_lines_end_in_several_ways_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b'a,b\r\n1,x\n2,"y\nz"\r3,\n')
    assert list(csv_rows.read(tmp_path / "rows.csv")) == [
        {"a": "1", "b": "x"},
        {"a": "2", "b": "y\nz"},
        {"a": "3", "b": None},
    ]
