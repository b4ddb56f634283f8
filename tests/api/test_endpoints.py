"""Endpoints, routes, promotion and rollback over the API."""

from __future__ import annotations

from typing import Any

from flyball.control.declarations import discovery
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing.models import RouteRevision
from flyball.domain.declaration import forget
from tests.api.conftest import Ask

PROMOTE, ROLLBACK = "endpoints/purchase/promote", "endpoints/purchase/rollback"


def test_an_endpoint_says_what_it_is_and_who_answers(ask: Ask, version: Version) -> None:
    before = ask("viewer", "GET", "endpoints/purchase").json()
    assert before == {
        "name": "purchase",
        "team": "lending",
        "task": "classification",
        "description": "",
        "retired_at": None,
        "route": None,
    }
    ask("owner", "POST", PROMOTE, {"version": 1})
    route = ask("viewer", "GET", "endpoints/purchase").json()["route"]
    assert (route["number"], route["champion"]) == (1, 1)


def test_a_promotion_answers_with_the_new_revision(ask: Ask, version: Version) -> None:
    answer = ask("owner", "POST", PROMOTE, {"version": 1, "expected": 0, "yes": False})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["number"], body["champion"], body["reason"]) == (1, 1, "promotion of version 1")
    assert body["arms"] == [
        {
            "name": "champion",
            "version": 1,
            "weight": 1.0,
            "decision": None,
            "segment": None,
            "threshold": None,
            "deadline": None,
        }
    ]


def test_promoting_the_champion_again_answers_with_the_revision_in_force(ask: Ask, version: Version) -> None:
    first, again = (ask("owner", "POST", PROMOTE, {"version": 1}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["fields"], first.json()["dropped"]) == (["age", "job"], [])


def test_an_endpoint_that_left_the_code_is_retired_with_a_yes(ask: Ask, version: Version) -> None:
    retire = "endpoints/purchase/retire"
    assert ask("owner", "POST", retire, {"yes": True}).json()["code"] == "conflict"
    forget(discovery.find("purchase"))
    assert ask("owner", "POST", retire, {}).json()["code"] == "confirmation_needed"
    answer = ask("owner", "POST", retire, {"yes": True})
    assert (answer.status_code, answer.json()["retired_at"] is None) == (200, False)
    again = ask("owner", "POST", retire, {"yes": True})
    assert again.json()["retired_at"] == answer.json()["retired_at"]
    refused = ask("owner", "POST", ROLLBACK, {})
    assert (refused.status_code, refused.json()["code"]) == (410, "retired")


def test_no_answer_holds_the_sql_of_lookups(ask: Ask, version: Version) -> None:
    ask("owner", "POST", PROMOTE, {"version": 1})
    assert "lookups" not in ask("owner", "GET", "endpoints/purchase/routes").json()["routes"][0]


REFUSED: list[tuple[str, str, Any, int, str, list[str]]] = [
    # where, why, body, status, code, pointers
    (PROMOTE, "no body", None, 422, "invalid_input", ["/version"]),
    (PROMOTE, "no JSON", b"{", 400, "malformed_body", []),
    (PROMOTE, "a key twice", b'{"version": 1, "version": 1}', 400, "malformed_body", []),
    (PROMOTE, "NaN", b'{"version": NaN}', 400, "malformed_body", []),
    (PROMOTE, "too large", b" " * 1_048_577, 413, "body_too_large", []),
    (PROMOTE, "a list", [], 422, "invalid_input", [""]),
    (PROMOTE, "no version", {}, 422, "invalid_input", ["/version"]),
    (PROMOTE, "a text", {"version": "1", "yes": 1}, 422, "invalid_input", ["/version", "/yes"]),
    (PROMOTE, "true for 1", {"version": True}, 422, "invalid_input", ["/version"]),
    (PROMOTE, "a field too many", {"version": 1, "force": True}, 422, "invalid_input", ["/force"]),
    (PROMOTE, "an unknown version", {"version": 7}, 404, "unknown_version", []),
    (PROMOTE, "a huge version", {"version": 2**62}, 404, "unknown_version", []),
    (PROMOTE, "an old route", {"version": 1, "expected": 3}, 409, "conflict", []),
    (ROLLBACK, "nothing before", {}, 409, "conflict", []),
]


def test_a_change_that_cannot_be_is_refused_with_its_reasons(ask: Ask, version: Version) -> None:
    for path, why, body, status, code, pointers in REFUSED:
        answer = ask("owner", "POST", path, body)
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), why
        assert answer["Content-Type"] == "application/problem+json"
        assert sorted(one["pointer"] for one in problem.get("errors", [])) == pointers, why


def test_a_body_that_is_not_json_by_its_type_is_refused(ask: Ask, version: Version) -> None:
    answer = ask("owner", "POST", PROMOTE, b"<version/>", **{"Content-Type": "text/xml"})
    assert answer.status_code in {400, 415}


def test_a_rollback_answers_with_the_revision_that_brought_it_back(ask: Ask, version: Version) -> None:
    second = Version.objects.get(pk=version.pk)
    second.pk, second.number = None, 2
    second.manifest["number"] = 2
    second.save()
    for number in (1, 2):
        ask("owner", "POST", PROMOTE, {"version": number})
    answer = ask("owner", "POST", ROLLBACK, {"expected": 2})
    assert (answer.status_code, answer.json()["champion"], answer.json()["number"]) == (201, 1, 3)
    champions = [
        one["champion"] for one in ask("viewer", "GET", "endpoints/purchase/routes").json()["routes"]
    ]
    assert champions == [1, 2, 1]


def test_a_version_that_the_route_does_not_name_is_removed(ask: Ask, version: Version) -> None:
    place = "endpoints/purchase/versions/1"
    ask("owner", "POST", "endpoints/purchase/promote", {"version": 1})
    kept = ask("owner", "DELETE", place)
    assert (kept.status_code, kept.json()["code"]) == (409, "conflict")
    RouteRevision.objects.all().delete()
    assert ask("owner", "DELETE", place).status_code == 204
    assert ask("owner", "GET", place).json()["code"] == "unknown_version"


def test_a_version_is_archived_and_restored(ask: Ask, version: Version) -> None:
    path = f"endpoints/purchase/versions/{version.number}"
    for archived, stage in ((True, "archived"), (True, "archived"), (False, "testing")):
        assert ask("owner", "PATCH", path, {"archived": archived}).json()["stage"] == stage
    assert ask("owner", "PATCH", path, {}).status_code == 422
    ask("owner", "POST", "endpoints/purchase/promote", {"version": version.number})
    assert ask("owner", "PATCH", path, {"archived": True}).status_code == 409


def test_a_fallback_is_put_and_taken_away(ask: Ask, version: Version) -> None:
    path = "endpoints/purchase/fallback"
    assert ask("owner", "PUT", path, {"version": 1}).json()["code"] == "conflict"
    assert version.candidate is not None
    registry.register(build=version.candidate.build)
    ask("owner", "POST", PROMOTE, {"version": 1})
    refused = ask("owner", "PUT", path, {"version": 1, "deadline": 0})
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/version", "/deadline"]
    first, again = (ask("owner", "PUT", path, {"version": 2, "deadline": 0.2}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    arm = first.json()["arms"][1]
    assert (arm["name"], arm["version"], arm["deadline"]) == ("fallback", 2, 0.2)
    old = ask("owner", "PUT", path, {"version": 2, "deadline": 1, "expected": 1})
    assert (old.status_code, old.json()["code"]) == (409, "conflict")
    gone, still = (ask("owner", "DELETE", path) for _ in range(2))
    assert (gone.status_code, still.status_code) == (201, 200)
    assert len(gone.json()["arms"]) == 1
