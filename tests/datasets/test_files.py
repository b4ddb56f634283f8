"""CSV and Parquet files as sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import Classification, Clustering, Field, Outcome, Rows
from flyball.domain.errors import DataError
from tests.applied import take_snapshot

pytestmark = pytest.mark.django_db

Taken = Callable[..., list[dict[str, Any]]]

ADULT = Path(__file__).parents[3] / "shared" / "data" / "adult.csv"

VALUES: list[tuple[list[str], list[Any], str]] = [
    (["1", "-20", "0"], [1, -20, 0], "whole numbers"),
    (["1", "2.5", "1e3"], [1.0, 2.5, 1000.0], "numbers"),
    (["39.0", "", "-20.0"], [39, None, -20], "whole numbers, as pandas writes them beside a gap"),
    (["39", "39.0", "20."], [39, 39, 20], "whole numbers, some with a point"),
    (["39.0", "-0.0", "20.0"], [39.0, 0.0, 20.0], "numbers that happen to be whole"),
    (["39.0", "", "20.5"], [39.0, None, 20.5], "numbers beside a gap"),
    (["9223372036854775807.0", "", "1"], [2**63 - 1, None, 1], "the largest whole number beside a gap"),
    (["9223372036854775808.0", "", "1"], [2.0**63, None, 1.0], "too large to count with, with a point"),
    (["007.0", "", "1"], ["007.0", None, "1"], "a code with a point"),
    (["true", "False", "TRUE"], [True, False, True], "booleans"),
    (["007", "12", "3"], ["007", "12", "3"], "leading zeros are part of a code"),
    (["12345678901234567890", "1", "2"], ["12345678901234567890", "1", "2"], "too long to count with"),
    (["1.5.2", "2", "3"], ["1.5.2", "2", "3"], "text"),
    (["inf", "1", "2"], ["inf", "1", "2"], "infinity is no number"),
    (["0", "1", "1"], [0, 1, 1], "numbers, not booleans"),
    (["yes", "no", "no"], ["yes", "no", "no"], "text, not booleans"),
    (["  a b ", "c", "\td"], ["a b", "c", "d"], "spaces around values"),
    (["?", "1", "NA"], [None, 1, None], "missing"),
    (["", "x", "null"], [None, "x", None], "missing text"),
    (
        ["2026-01-31", "2026-02-01", "?"],
        [datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), None],
        "dates",
    ),
    (
        ["2026-01-31T10:00:00+02:00", "2026-01-31 10:00", "2026-01-31T10:00:00.5Z"],
        [
            datetime(2026, 1, 31, 8, tzinfo=UTC),
            datetime(2026, 1, 31, 10, tzinfo=UTC),
            datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC),
        ],
        "moments",
    ),
    (["2026-13-01", "2026-01-01", "2026-01-02"], ["2026-13-01", "2026-01-01", "2026-01-02"], "no such date"),
    (['"a, b"', '"say ""x"""', '" c "'], ["a, b", 'say "x"', "c"], "quoted"),
]


@pytest.mark.parametrize(("texts", "values"), [row[:2] for row in VALUES], ids=[row[2] for row in VALUES])
def test_a_csv_column_finds_its_type(
    texts: list[str], values: list[Any], project: Path, taken: Taken
) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv", key="id")

    lines = [f"{i},{text}" for i, text in enumerate(texts)]
    (project / "x.csv").write_text("\n".join(["id,value", *lines]) + "\n")
    assert [row["value"] for row in taken(Groups)] == values
    assert [type(row["value"]) for row in taken(Groups)] == [type(value) for value in values]


ENDS = ["\n", "\r\n", "\r"]


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
@pytest.mark.parametrize("inside", ENDS)
def test_lines_may_end_in_several_ways_and_quoted_ones_stay_as_they_are(
    first: str, second: str, inside: str, project: Path, taken: Taken
) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv", key="id")

    lines = [f"id,text{first}", f'1,"a{inside}b ""c"""{second}', f"2,d{first}", f'3,"e,{inside}f"{second}']
    (project / "x.csv").write_bytes("".join(lines).encode())
    assert [row["text"] for row in taken(Groups)] == [f'a{inside}b "c"', "d", f"e,{inside}f"]


def test_a_mixed_file_that_breaks_off_is_refused_with_its_line(project: Path) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv", key="id")

    (project / "x.csv").write_bytes(b'id,text\n1,a\r\n2,"secret\r\n')
    with pytest.raises(DataError, match=r"x.csv\): cannot be read at line") as refused:
        take_snapshot(Groups)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_file_may_have_any_usual_delimiter(delimiter: str, project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv")

    (project / "x.csv").write_text(f"a{delimiter} b-c \n1{delimiter}x\n", encoding="utf-8-sig")
    (row,) = taken(Groups)
    assert (row["a"], row["b-c"]) == (1, "x")


def test_columns_that_differ_only_in_case_are_two(project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv", columns=["A", "a"])

    class Others(Clustering):
        rows = Rows("x.parquet", columns=["A", "a"])

    (project / "x.csv").write_text("a,A\n1,2\n")
    pq.write_table(pa.table({"a": [1], "A": [2]}), project / "x.parquet")
    for declaration in (Groups, Others):
        (row,) = taken(declaration)
        assert (row["a"], row["A"]) == (1, 2)


def test_a_file_without_a_key_uses_its_row_number(project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv")

    (project / "x.csv").write_text("a\n30\n10\n20\n")
    assert {row["_key"]: row["a"] for row in taken(Groups)} == {"1": 30, "2": 10, "3": 20}


def test_a_parquet_files_types_are_taken_over(project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.parquet")

    table = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "half": pa.array([0.5], pa.float32()),
            "exact": pa.array([Decimal("1.25")], pa.decimal128(5, 2)),
            "sort": pa.array(["x"]).dictionary_encode(),
            "flag": [True],
            "day": [date(2026, 1, 1)],
            "local": [datetime(2026, 1, 1, 12)],  # noqa: DTZ001 - a naive moment, as files have them
            "zoned": pa.array([datetime(2026, 1, 1, 12, tzinfo=UTC)], pa.timestamp("ns", "Europe/Paris")),
            "nan": [float("nan")],
        }
    )
    pq.write_table(table, project / "x.parquet")
    (row,) = taken(Groups)
    assert {name: row[name] for name in table.column_names} == {
        "small": 1,
        "half": 0.5,
        "exact": 1.25,
        "sort": "x",
        "flag": True,
        "day": datetime(2026, 1, 1, tzinfo=UTC),
        "local": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "zoned": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "nan": None,
    }


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("id,a,a\n1,2,3\n", "x.csv", {}, "Groups.rows (x.csv): has the column 'a' twice."),
    (
        "id,a\n1,2\n1,3\n",
        "x.csv",
        {"key": "id"},
        "several rows have the same key 'id' (1 times). Each row needs",
    ),
    ("id,a\n,2\n2,3\n", "x.csv", {"key": "id"}, "1 rows have no key 'id'. Every row needs its own."),
    ("id,a\n1,2\n", "x.csv", {"key": "no"}, "has no column 'no'. It has: a, id."),
    ("id,a\n", "x.csv", {}, "is empty."),
    ("id,\n1,2\n", "x.csv", {}, "a column has no name in the first line."),
    ("id,a\n1,2\n3\n", "x.csv", {}, "cannot be read at line 3."),
    ("id,a\n1,2\n", "x.csv", {"time": "a"}, "the time 'a' is a number."),
    ("id,a\n1,x\n", "x.csv", {"time": "a"}, "1 values of the column 'a' are not of type moment."),
    ("id,a\n1,2\n", "y.csv", {}, "there is no such file."),
]


@pytest.mark.parametrize(("content", "file", "options", "message"), REFUSED)
def test_a_file_that_cannot_be_a_source_is_refused(
    content: str, file: str, options: dict[str, Any], message: str, project: Path
) -> None:
    class Groups(Clustering):
        rows = Rows(file, **options)

    (project / "x.csv").write_text(content)
    with pytest.raises(DataError) as refused:
        take_snapshot(Groups)
    assert message in str(refused.value)


def test_a_message_never_holds_what_stands_in_the_file(project: Path) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv")

    (project / "x.csv").write_text("id,a\n1,secret,more\n")
    with pytest.raises(DataError) as refused:
        take_snapshot(Groups)
    assert "secret" not in str(refused.value)


def test_other_texts_can_mean_missing(project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv", missing=["-"])

    (project / "x.csv").write_text("a,b\n-,?\n2,x\n")
    assert [(row["a"], row["b"]) for row in sorted(taken(Groups), key=lambda row: row["_key"])] == [
        (None, "?"),
        (2, "x"),
    ]


def test_infinite_numbers_are_refused(project: Path) -> None:
    class Groups(Clustering):
        rows = Rows("x.parquet")

    pq.write_table(pa.table({"a": [1.0, float("inf")]}), project / "x.parquet")
    with pytest.raises(DataError, match="the column 'a' is infinite in 1 rows"):
        take_snapshot(Groups)


def test_a_stated_kind_turns_a_column_into_it(project: Path, taken: Taken) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv")
        fields = {"code": Field(kind="text"), "flag": Field(kind="boolean"), "level": Field(kind="number")}

    (project / "x.csv").write_text("code,flag,level\n7,1,3\n")
    (row,) = taken(Groups)
    assert (row["code"], row["flag"], row["level"]) == ("7", True, 3.0)


def test_a_stated_kind_that_does_not_fit_is_refused(project: Path) -> None:
    class Groups(Clustering):
        rows = Rows("x.csv")
        fields = {"a": Field(kind="number")}

    (project / "x.csv").write_text("a\n7\nx\ny\n")
    with pytest.raises(DataError, match="2 values of the column 'a' are not of type number"):
        take_snapshot(Groups)


@pytest.mark.skipif(not ADULT.exists(), reason="The census data are not here.")
def test_the_census_file_is_read_with_its_spaces_and_question_marks(project: Path, rows_of: Any) -> None:
    class Income(Classification):
        rows = Rows(str(ADULT))
        outcome = Outcome("income", positive=">50K")

    snapshot = take_snapshot(Income)
    assert snapshot.row_count == 32_561
    fields = {field["name"]: field for field in snapshot.schema["fields"]}
    assert (fields["age"]["kind"], fields["age"]["low"], fields["age"]["high"]) == ("integer", 17, 90)
    assert fields["native-country"]["nullable"]
    assert "?" not in fields["workclass"]["categories"]
    assert "State-gov" in fields["workclass"]["categories"]
    assert snapshot.profile["workclass"]["missing"] == 1836
    assert snapshot.profile["income"]["categories"] == [["<=50K", 24_720], [">50K", 7_841]]
    assert {row["_outcome"] for row in rows_of(snapshot)} == {"<=50K", ">50K"}
