"""All versions, and some beside each other: what differs, and whether their scores can be compared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flyball.console.frame.paging import SHOWN
from flyball.control.registry.models import Version
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ADDRESS = "/endpoints/purchase/compare"


def another(version: Version, number: int, **facts: Any) -> Version:
    """A version with some other facts; ``None`` leaves one out."""
    changed = {**version.facts, **facts}
    kept = {name: value for name, value in changed.items() if value is not None}
    return Version.objects.create(
        endpoint=version.endpoint, number=number, manifest=version.manifest, facts=kept
    )


def compared(browser: Browser, *numbers: int) -> str:
    query = "&".join(f"version={number}" for number in numbers)
    answer = browser("viewer").get(f"{ADDRESS}?{query}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def line(text: str, name: str) -> str:
    found = re.search(rf'<tr[^>]*><th scope="row">{name}\b.*?</tr>', text, re.S)
    assert found, name
    return found[0]


def test_what_differs_is_marked_by_a_word(browser: Browser, version: Version) -> None:
    another(version, 2, parameters={**version.facts["parameters"], "only": 3}, seconds=90.0)
    text = compared(browser, 2, 1)
    assert "Their scores can be compared" in text
    assert "differs" in line(text, "only")
    assert "differs" in line(text, "Fitted in")
    assert "differs" not in line(text, "Candidate")
    assert re.findall(r'<th scope="col"><a[^>]*>(@\d)', text)[:2] == ["@1", "@2"]
    assert "2 fields are the same in all" in text
    assert re.search(r"\d KiB|\d B", line(text, "Size"))


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"metric": "accuracy"}, "different metrics"),
        ({"seed": 77}, "different seeds"),
        ({"snapshot": {"digest": "f" * 64, "rows": 60}}, "different snapshots"),
        ({"snapshot": None}, "different snapshots"),
        ({"held_out_score": None}, "has a score of its own"),
    ],
)
def test_scores_that_cannot_be_compared_are_said_so(
    browser: Browser, version: Version, facts: dict[str, Any], said: str
) -> None:
    another(version, 2, **facts)
    text = compared(browser, 1, 2)
    assert "Their scores cannot be compared" in text
    assert said in text


def test_fields_that_only_one_version_has_are_shown(browser: Browser, version: Version) -> None:
    fewer = another(version, 2)
    fewer.manifest["schema"]["fields"] = fewer.manifest["schema"]["fields"][:1]
    fewer.save()
    text = compared(browser, 1, 2)
    assert "not there" in line(text, "job")
    assert "1 field is the same in all" in text


@pytest.mark.parametrize(
    "facts",
    [
        {"held_out_score": "high", "fold_scores": "many", "parameters": ["a"], "environment": "here"},
        {"fold_scores": [None, "x", 1e300, {}], "seconds": "long", "trials": [1], "seed": {}},
        {"snapshot": "none", "metric": ["<b>"], "candidate": {"items": 1}, "compiling": {"reason": "<i>"}},
        {"snapshot": {"digest": 3, "rows": "all", "taken_at": {"a": 5}}},
        {"parameters": {"items": {"deep": ["<u>"]}, "": None}},
        {
            "parameters": {"name " * 40: "x" * 5000},
            "fold_scores": 3,
            "environment": {"libraries": 3, "commit": {}},
        },
        {"compiling": {"rows": "all", "largest_error": None, "microseconds": "few"}, "compiling_": 1},
    ],
)
def test_facts_may_hold_anything(browser: Browser, version: Version, facts: dict[str, Any]) -> None:
    another(version, 2, **facts)
    for text in (
        compared(browser, 1, 2),
        browser("owner").get("/endpoints/purchase/versions").content.decode(),
        browser("owner").get("/endpoints/purchase/versions/2").content.decode(),
        browser("owner").get("/endpoints/purchase").content.decode(),
    ):
        assert "@2" in text
        assert not re.search(r"<[biu]>", text)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("version=1", 422),
        ("version=1&version=1", 422),
        ("&".join(f"version={number}" for number in range(1, 8)), 422),
        ("version=1&version=9", 404),
        ("version=1&version=x", 404),
        ("version=1&version=%00", 404),
        ("version=1&version=" + "9" * 5000, 404),
        ("version=1&version=" + "9" * 18, 404),
    ],
)
def test_versions_that_cannot_stand_beside_each_other(
    browser: Browser, version: Version, query: str, status: int
) -> None:
    assert browser("viewer").get(f"{ADDRESS}?{query}").status_code == status


def test_a_removed_version_is_said_to_be(browser: Browser, version: Version) -> None:
    Version.objects.create(
        endpoint=version.endpoint, number=2, manifest={}, facts={}, removed_at=version.created_at
    )
    answer = browser("viewer").get(f"{ADDRESS}?version=1&version=2")
    assert answer.status_code == 404
    assert "was removed" in answer.content.decode()


def test_six_take_no_more_queries_than_two(browser: Browser, version: Version) -> None:
    for number in range(2, 7):
        another(version, number)
    counts = []
    for numbers in ((1, 2), range(1, 7)):
        compared(browser, *numbers)
        with CaptureQueriesContext(connection) as asked:
            compared(browser, *numbers)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_versions_come_in_pages_from_either_end(browser: Browser, version: Version) -> None:
    for number in range(2, SHOWN + 6):
        another(version, number)
    client = browser("viewer")
    for order, first in (("newest", range(SHOWN + 5, 5, -1)), ("oldest", range(1, SHOWN + 1))):
        page = client.get("/endpoints/purchase/versions", {"order": order}).content.decode()
        numbers = re.compile(r'name="version" value="(\d+)"')
        assert list(map(int, numbers.findall(page))) == list(first)
        (more,) = re.findall(r'href="([^"]*before=\d+)"', page)
        rest = client.get(more.replace("&amp;", "&")).content.decode()
        assert len(numbers.findall(rest)) == 5
        assert not set(numbers.findall(rest)) & set(numbers.findall(page))
    assert "There is none beyond" in client.get("/endpoints/purchase/versions?before=1").content.decode()
