"""Snapshots on pages: by whom and for what, what each holds, and how two differ; no row is read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.console.frame.paging import SHOWN
from flyball.console.pages.data.snapshots import FIELDS
from flyball.control.datasets.models import Snapshot
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ODD_NAMES = ["straße", "日本" * 200, "a/b%20c", "<script>alert(1)</script>", '"quoted"', "items"]


def add(digest: str, fields: list[dict[str, Any]], profile: Any, rows: int = 100) -> Snapshot:
    return Snapshot.objects.create(
        endpoint_id="purchase",
        digest=digest * 64,
        row_count=rows,
        outcome_count=0,
        schema={"fields": fields},
        profile=profile,
    )


def page(browser: Browser, digest: str = "", **query: str) -> str:
    answer = browser("viewer").get(f"/endpoints/purchase/snapshots{digest and '/' + digest}", query)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_a_snapshot_is_asked_for_once_as_over_the_api(browser: Browser, version: Version) -> None:
    client = browser("owner")
    first = client.post("/endpoints/purchase/snapshots")
    second = client.post("/endpoints/purchase/snapshots")
    job = Job.objects.get()
    assert (job.kind, str(job.asked_by)) == ("snapshot", "owner")
    assert first["Location"] == second["Location"] == f"/jobs/{job.pk}"


def test_the_list_says_by_which_job_and_for_which_builds(browser: Browser, version: Version) -> None:
    assert version.candidate is not None
    build = version.candidate.build
    assert build.snapshot is not None
    assert "no job that is kept" in page(browser)
    made = [
        Job.objects.create(
            kind=kind,
            queue="build",
            team=build.endpoint.team,
            endpoint=build.endpoint,
            attempts=3,
            result={name: build.snapshot.digest},
        )
        for kind, name in (("build", "snapshot"), ("snapshot", "digest"))
    ]
    text = page(browser)
    assert f"/jobs/{made[0].pk}" in text  # the one that made it, not the one that found it again
    assert f"/jobs/{made[1].pk}" not in text
    assert f'/builds/{build.pk}"' in text


def test_snapshots_come_in_pages(browser: Browser, version: Version) -> None:
    Snapshot.objects.bulk_create(
        Snapshot(
            endpoint_id="purchase",
            digest=f"{number:064}",
            row_count=1,
            outcome_count=0,
            schema={},
            profile={},
        )
        for number in range(SHOWN + 5)
    )
    first = page(browser)
    (more,) = re.findall(r'href="(/endpoints/purchase/snapshots\?before=\d+)"', first)
    rest = browser("viewer").get(more).content.decode()
    names = re.compile(r"/snapshots/([0-9a-f]{64})")
    assert len(names.findall(first)) == SHOWN
    assert not set(names.findall(first)) & set(names.findall(rest))
    assert len(names.findall(rest)) == 6
    assert "There is none before that." in page(browser, before="0")
    for odd in ("", "x", "-1", "\x00", "٣", "9" * 5000):
        assert browser("viewer").get("/endpoints/purchase/snapshots", {"before": odd}).status_code == 404


def test_a_page_shows_what_is_stored_and_reads_no_rows(browser: Browser, version: Version) -> None:
    text = page(browser, "latest")
    assert "<code>age</code>" in text
    assert "20 to 69" in text
    assert "clerk" in text
    assert '<span class="champion">outcome</span>' in text
    assert text.count("<svg") == 3
    assert "rows.parquet" in text


@pytest.mark.parametrize(
    ("fields", "profile"),
    [
        ([], {}),
        ([{"name": "age", "kind": "number"}], {}),
        ([{"kind": "number"}, "age"], {"age": 3, "job": {"kind": "category", "categories": {"a": 1}}}),
        (
            [{"name": "age", "kind": "number"}],
            {"age": {"quantiles": {"0.5": None, "x": 1, "2": 3}, "mean": None}},
        ),
        (
            [{"name": "age", "kind": "number"}],
            {"age": {"count": None, "missing": "many", "quantiles": {"0.0": "NaN"}}},
        ),
        ([{"name": "age", "kind": "number"}], {"age": {"count": 0, "missing": 0, "quantiles": {}}}),
        (
            [{"name": "age", "kind": "number"}],
            {"age": {"quantiles": {"0.0": -1.7e308, "0.5": 0, "1.0": 1.7e308}}},
        ),
        (
            [{"name": "job", "kind": "category"}],
            {"job": {"categories": [["a"], None, ["b", None], [None, 3]]}},
        ),
        ([{"name": "at", "kind": "timestamp"}], {"at": {"first": "yesterday", "last": None}}),
        ([{"name": "t", "kind": "text"}], {"t": {"distinct": 3, "length": None}}),
    ],
)
def test_what_another_release_has_stored_or_not_is_no_error(
    browser: Browser, version: Version, fields: list[Any], profile: Any
) -> None:
    odd = add("a", fields, profile, rows=0)
    Snapshot.objects.filter(pk=odd.pk).update(schema={"fields": fields})
    other = Snapshot.objects.exclude(pk=odd.pk).get()
    page(browser, odd.digest)
    page(browser, odd.digest, against=other.digest)
    page(browser, other.digest, against=odd.digest)
    Snapshot.objects.filter(pk=odd.pk).update(schema=[], profile=[])
    assert "has not described its fields" in page(browser, odd.digest)
    page(browser, odd.digest, against=odd.digest)


def test_two_snapshots_beside_each_other(browser: Browser, version: Version) -> None:
    numbers = {"0.0": 0.0, "0.5": 5.0, "1.0": 10.0}
    higher = {"0.0": 10.0, "0.5": 15.0, "1.0": 20.0}
    add(
        "a",
        [
            {"name": "age", "kind": "number"},
            {"name": "old", "kind": "text"},
            {"name": "job", "kind": "category", "categories": ["cook", True, "1"]},
            {"name": "code", "kind": "text"},
        ],
        {
            "age": {"kind": "number", "count": 90, "missing": 10, "quantiles": numbers},
            "job": {"kind": "category", "count": 3, "missing": 0, "categories": [["cook", 3]]},
        },
        rows=100,
    )
    add(
        "b",
        [
            {"name": "age", "kind": "number"},
            {"name": "new", "kind": "boolean"},
            {"name": "job", "kind": "category", "categories": ["cook", "pilot", 1]},
            {"name": "code", "kind": "integer"},
        ],
        {
            "age": {"kind": "number", "count": 60, "missing": 60, "quantiles": higher},
            "job": {"kind": "category", "count": 4, "missing": 0, "categories": [["cook", 2], ["pilot", 2]]},
        },
        rows=120,
    )
    text = page(browser, "b" * 64, against="a" * 64)
    assert "+20" in text
    assert "−20" in page(browser, "a" * 64, against="b" * 64)
    lines = {found[0]: found[1] for found in re.findall(r"<code>(\w+)</code><br>(.*?)</tr>", text, re.S)}
    assert list(lines)[:3] == ["new", "code", "old"]  # what is not in both comes first
    assert ">added<" in lines["new"]
    assert ">removed<" in lines["old"]
    assert "text → integer" in lines["code"]
    assert "10 % → 50 %" in " ".join(lines["age"].split())
    assert ">100 %<" in lines["age"]
    assert "0 to 10" in lines["age"]
    assert "10 to 20" in lines["age"]
    assert ">50 %<" in lines["job"]  # half of the values are pilots now
    assert re.findall(r"(new|gone)</span> (.*?)</div>", lines["job"]) == [
        ("new", "<code>pilot</code> <code>1</code> "),
        ("gone", "<code>true</code> <code>1</code> "),
    ]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_and_categories_may_be_anything(browser: Browser, version: Version, name: str) -> None:
    field = {"name": name, "kind": "category", "categories": [name, "x"]}
    column = {"kind": "category", "count": 3, "missing": 0, "categories": [[name, 2], ["x", 1]]}
    one = add("a", [field], {name: column})
    other = Snapshot.objects.exclude(pk=one.pk).get()
    for against in ("", other.digest):
        text = page(browser, one.digest, against=against)
        assert "<script>alert" not in text
        assert " style=" not in text


@pytest.mark.parametrize("digest", ["0" * 64, "%00", "ä", "9" * 5000, "%2e%2e"])
def test_a_snapshot_that_there_is_not_is_not_found(browser: Browser, version: Version, digest: str) -> None:
    client = browser("viewer")
    assert client.get(f"/endpoints/purchase/snapshots/{digest}").status_code == 404
    assert client.get("/endpoints/purchase/snapshots/latest", {"against": digest}).status_code == 404
    assert client.get("/endpoints/purchase/snapshots/latest", {"against": "\x00"}).status_code == 404


def test_three_hundred_fields_come_in_pages_and_take_no_more_queries(
    browser: Browser, version: Version
) -> None:
    quantiles = {f"{share}": share * 100 for share in (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)}
    names = [f"field_{number}" for number in range(300)]
    profile = {
        name: {
            "kind": "number",
            "count": 9,
            "missing": 1,
            "mean": 1.5,
            "deviation": 2,
            "quantiles": quantiles,
        }
        for name in names
    }
    fields = [{"name": name, "kind": "number"} for name in names]
    few = add("a", fields[:1], profile)
    many, third = add("b", fields, profile), add("c", fields, profile)
    client: Any = browser("viewer")
    for query in ("", f"?against={third.digest}"):
        counts = []
        for each in (few, many):
            address = f"/endpoints/purchase/snapshots/{each.digest}{query}"
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                text = client.get(address).content.decode()
            counts.append(len(asked))
        assert counts[0] == counts[1]
        (more,) = re.findall(r'href="(\?[^"]*from=50)"', text)
        path = address.partition("?")[0]
        rest = client.get(path + more.replace("&amp;", "&")).content.decode()
        shown = [re.findall(r"<code>(field_\d+)</code>", each) for each in (text, rest)]
        assert [len(each) for each in shown] == [FIELDS, FIELDS]
        assert not set(shown[0]) & set(shown[1])
        assert client.get(f"{path}?from=x").status_code == 404
