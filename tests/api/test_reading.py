"""Versions, builds and snapshots over the API."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas
import pytest
from django.contrib.auth import get_user_model

from flyball.control.declarations.discovery import find
from flyball.control.registry.models import Version
from flyball.control.registry.services import request_build
from flyball.control.routing.services import import_version
from tests.api.conftest import Ask

HERE = "endpoints/purchase"


def test_versions_are_listed_with_stage_and_score(ask: Ask, version: Version) -> None:
    ask("owner", "POST", f"{HERE}/promote", {"version": 1})
    (one,) = ask("viewer", "GET", f"{HERE}/versions").json()["versions"]
    assert (one["number"], one["stage"], one["candidate"], one["metric"]) == (
        1,
        "production",
        "linear",
        "roc_auc",
    )
    assert 0 <= one["held_out_score"] <= 1


def test_versions_say_what_answers_and_how_that_was_proven(ask: Ask, version: Version) -> None:
    (one,) = ask("viewer", "GET", f"{HERE}/versions").json()["versions"]
    assert one["runtime"] == "compiled"
    assert (one["compiling"]["rows"], one["compiling"]["flips"]) == (60, 0)


def test_a_version_tells_everything_but_rows_of_the_data(ask: Ask, version: Version) -> None:
    one = ask("viewer", "GET", f"{HERE}/versions/1").json()
    assert [field["name"] for field in one["manifest"]["schema"]["fields"]] == ["age", "job"]
    assert len(one["facts"]["fold_scores"]) == 2
    assert "golden" not in one["manifest"]


def test_a_build_has_its_leaderboard(ask: Ask, version: Version) -> None:
    (build,) = ask("viewer", "GET", f"{HERE}/builds").json()["builds"]
    board = ask("viewer", "GET", f"{HERE}/builds/{build['id']}").json()["leaderboard"]
    assert [(one["candidate"], one["rank"]) for one in board] == [("linear", 1), ("baseline", 2)]
    assert all(len(one["fold_scores"]) == 2 for one in board)


def test_a_build_says_who_asked_for_it_and_with_what_before_anybody_runs_it(
    ask: Ask, version: Version
) -> None:
    user = get_user_model().objects.create_user(username="ada")
    declaration = find("purchase")
    asked = request_build(declaration=declaration, user=user, arguments={"trials": 3})
    build = ask("viewer", "GET", f"{HERE}/builds/{asked.pk}").json()
    assert (build["status"], build["asked_by"], build["arguments"]) == ("queued", "ada", {"trials": 3})
    assert build["asked_at"]
    assert build["started_at"] is None


def test_a_snapshot_is_handed_out_as_it_was_learned_from(ask: Ask, version: Version) -> None:
    (listed,) = ask("viewer", "GET", f"{HERE}/snapshots").json()["snapshots"]
    one = ask("viewer", "GET", f"{HERE}/snapshots/{listed['digest']}").json()
    assert (one["rows"], len(one["schema"]["fields"])) == (60, 2)
    for name in (listed["digest"], "latest"):
        answer = ask("viewer", "GET", f"{HERE}/snapshots/{name}/rows.parquet")
        rows = pandas.read_parquet(io.BytesIO(answer.getvalue()))
        assert (len(rows), list(rows.columns[-2:])) == (60, ["age", "job"])


def test_a_version_is_handed_out_as_a_folder_that_can_be_imported(
    ask: Ask, version: Version, tmp_path: Path
) -> None:
    answer = ask("member", "GET", f"{HERE}/versions/1/files.zip")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        archive.extractall(tmp_path)
    copy = import_version(folder=tmp_path / "purchase-1")
    assert copy.number == 2
    assert copy.manifest["artifacts"] == version.manifest["artifacts"]


def test_lists_come_in_pages(ask: Ask, version: Version) -> None:
    for number in (2, 3):
        Version.objects.create(endpoint_id="purchase", number=number, manifest=version.manifest, facts={})
    pages = ["limit=2", "limit=2&before=2", "before=1"]
    found = [ask("viewer", "GET", f"{HERE}/versions?{page}").json()["versions"] for page in pages]
    assert [[one["number"] for one in page] for page in found] == [[3, 2], [1], []]


def test_a_query_that_is_no_number_is_refused_and_not_echoed(ask: Ask, version: Version) -> None:
    for query in ("limit=sesame", "before=-1", "before=" + "9" * 400, "limit=²"):
        answer = ask("viewer", "GET", f"{HERE}/versions?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        assert query.partition("=")[2] not in answer.content.decode()


ABSENT = [
    f"{HERE}/versions/9",
    f"{HERE}/versions/99999999999999999999999",
    f"{HERE}/versions/" + "9" * 5000,
    f"{HERE}/versions/one",
    f"{HERE}/builds/0",
    f"{HERE}/snapshots/{'0' * 64}",
    f"{HERE}/snapshots/%00",
    "endpoints/%00/versions",
    "endpoints/%0A",
    "endpoints/purchase%0A/versions",
    "endpoints/Purchase",
]


@pytest.mark.storage
def test_what_does_not_exist_is_404(ask: Ask, version: Version) -> None:
    for path in ABSENT:
        answer = ask("viewer", "GET", path)
        assert answer.status_code == 404, path
        assert answer["Content-Type"] == "application/problem+json"
