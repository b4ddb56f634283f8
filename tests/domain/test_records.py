"""Ids are ordered by time, and an entity is found under one spelling."""

from flyball.domain.records import digest, entity_key, uuid7


def test_ids_of_later_milliseconds_sort_later() -> None:
    ids = [uuid7(milliseconds) for milliseconds in (1, 2, 1_800_000_000_000)]
    assert ids == sorted(ids)
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}


def test_an_entity_in_a_body_and_in_a_url_is_one_entity() -> None:
    assert entity_key({"customer_id": 4711}) == entity_key({"customer_id": "4711"})
    assert entity_key({}) is None


def test_a_request_has_a_digest_before_it_is_checked() -> None:
    every = [{"a": 1, "b": 2}, {"a": float("inf")}, {"a": -float("inf")}, {"a": "\ud800"}, {"a": True}]
    assert len({digest(value) for value in every}) == len(every)
    assert digest({"b": 2, "a": 1}) == digest(every[0])
