"""An entity is found under one spelling, and a request has one digest."""

from flyball.domain.records import digest, entity_key


def test_an_entity_in_a_body_and_in_a_url_is_one_entity() -> None:
    assert entity_key({"customer_id": 4711}) == entity_key({"customer_id": "4711"})
    assert entity_key({}) is None


def test_a_request_has_a_digest_before_it_is_checked() -> None:
    every = [{"a": 1, "b": 2}, {"a": float("inf")}, {"a": -float("inf")}, {"a": "\ud800"}, {"a": True}]
    assert len({digest(value) for value in every}) == len(every)
    assert digest({"b": 2, "a": 1}) == digest(every[0])
